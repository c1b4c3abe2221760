import Foundation
import Notes
import Vault
import Vocabulary

@testable import Gateway

/// What a test of pages starts from.
enum Pages {
    static let origin = "gateway.example/ar"
    static let logKey = "gateway.example/ar+4515e15d+ATtcogA6uZR1eKCMjCqsGyrB/MkYSPGzdStbRaaJxVtz"

    static func settings(
        attachments: Set<String> = ["AR"], languages: [String] = Vocabulary.formLanguages,
        day: String = "2026-11-24", states: [String] = ["AR"]
    ) -> PageSettings {
        let desks = states.map { state in
            PageDesk(
                state: state, office: "desk-\(state.lowercased())",
                keyFileHash: Array(repeating: 0xA5, count: 32))
        }
        let region = PageDesk(
            state: Territory.region, office: "desk-region",
            keyFileHash: Array(repeating: 0x5A, count: 32))
        return PageSettings(
            origin: origin, logVerifierKey: logKey, desks: desks + [region],
            statesWithAttachments: attachments, languages: languages,
            today: Day(iso: day) ?? Day(number: 0))
    }

    static let proof = ProofOffer(
        commitment: "Q2vKZ8Jq4mX1sT7eW0yB5nR3hL6uA9fC-dG_iO2pE4k",
        entry: .text(#"{"promise":"resguardo/1 promise\n","record":"{}","salt":"c2FsdA=="}"#))

    /// As the edge gives it, of a gateway and a tip like that.
    static func proof(origin: String, size: Int, tick: Int) -> ProofOffer {
        let hash = String(repeating: "A", count: 43) + "="
        let signature = String(repeating: "A", count: 92)
        let promised = Promised(
            promise: .text(
                "resguardo/1 promise\n\(origin)\n\(hash)\n\(tick)\n\n— \(origin) \(signature)\n"),
            record: .text(
                #"{"body":"\#(hash)","commit":"\#(hash)","commit_s":"\#(hash)","desk_key":"\#(hash)","#
                    + #""envelope":"\#(hash)","origin":"\#(origin)","size":\#(size),"tick":\#(tick),"#
                    + #""type":"tip","v":1}"#),
            salt: Array(repeating: 0, count: 32))
        return ProofOffer(commitment: proof.commitment, entry: promised.json.encoded)
    }

    // Every test case makes its suite anew, and thirteen languages take a moment: what never differs is made once.
    private static let loaded = Result { try PageSource.load() }
    private static let usual = Result { try renderer(settings()) }

    static func source() throws -> PageSource { try loaded.get() }

    static func renderer() throws -> PageRenderer { try usual.get() }

    static func renderer(_ settings: PageSettings) throws -> PageRenderer {
        try PageRenderer(source: source(), settings: settings)
    }
}

extension Page {
    var text: String { String(decoding: bytes, as: UTF8.self) }

    /// Where the way out leads.
    var wayOut: String? {
        text.firstMatch(of: /id="exit" href="([^"]*)"/).map { String($0.output.1) }
    }

    /// The contents of each element of a name, as the browser hashes them for the policy.
    func contents(of element: String) -> [String] {
        text.components(separatedBy: "<\(element)>").dropFirst().map {
            $0.components(separatedBy: "</\(element)>").first ?? ""
        }
    }
}

extension [UInt8] {
    static func text(_ text: String) -> [UInt8] { Array(text.utf8) }
}
