import Envelope
import Testing

@testable import Gateway

@Suite struct KeyFileTests {
    private func lines(_ origin: String, _ office: String, _ state: String) throws -> [KeyLine] {
        try [KeyUse.envelopeX25519, .envelopeXWing].map { use in
            try KeyLine(
                origin: origin, office: office, state: state, use: use,
                publicKey: [UInt8](repeating: 9, count: use.publicKeyBytes))
        }
    }

    @Test func theLongestNamesAndTheShortestHaveOneLength() throws {
        let origin = String(repeating: "g", count: 128)
        let office = String(repeating: "d", count: 64)
        for lines in [try lines(origin, office, "region"), try lines("g", "d", "AR")] {
            let file = try Site.Desk.keyFile(lines)
            #expect(file.count == Site.Desk.keyFileBytes)
            let start = "\(lines[0].line)\n\(lines[1].line)\n "
            #expect(String(decoding: file, as: UTF8.self).hasPrefix(start))
        }
    }

    @Test func whatDoesNotFitIsRefused() throws {
        let lines = try lines("g", "desk-ar", "AR")
        #expect(throws: SiteError.keyFileTooLong(office: "desk-ar")) {
            try Site.Desk.keyFile(lines + lines)
        }
    }
}
