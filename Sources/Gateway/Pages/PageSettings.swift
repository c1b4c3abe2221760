import Foundation
public import Vocabulary

/// What the pages of one gateway say about it: everything that is not in the source tree.
public struct PageSettings: Sendable {
    /// The gateway's log name, which every derivation and check in the page is bound to.
    public var origin: String
    /// The log's verifier key (C2SP vkey), which the page checks promises with.
    public var logVerifierKey: String
    /// The desks with their current envelope keys; without the region's, nobody reads for a place that has none of its own.
    public var desks: [PageDesk]
    /// The codes of the States that take attachments; empty turns attachments off.
    public var statesWithAttachments: Set<String>
    /// Greatest sum of attachments of one tip, in bytes.
    public var attachmentBytesMax: Int
    /// The languages to offer, in the order of the switch; each needs a catalogue.
    public var languages: [String]
    /// Today, which decides which verified telephone numbers are still fresh.
    public var today: Day

    /// Makes settings; 64 MiB of attachments and every language of the form unless told otherwise.
    public init(
        origin: String, logVerifierKey: String, desks: [PageDesk],
        statesWithAttachments: Set<String> = [], attachmentBytesMax: Int = 64 << 20,
        languages: [String] = Vocabulary.formLanguages, today: Day
    ) {
        self.origin = origin
        self.logVerifierKey = logVerifierKey
        self.desks = desks
        self.statesWithAttachments = statesWithAttachments
        self.attachmentBytesMax = attachmentBytesMax
        self.languages = languages
        self.today = today
    }
}

extension PageSettings {
    /// The State that this gateway serves, if it is one; nil if there are several, or the region's desk alone.
    var state: String? {
        let states = Set(desks.map(\.state)).subtracting([Territory.region])
        return states.count == 1 ? states.first : nil
    }

    /// Whether somebody reads what is sent for a place without a desk of its own.
    var servesEveryPlace: Bool { desks.contains { $0.state == Territory.region } }

    /// The list of desks that the page fetches at "Send": a line `AR:<base64 of the key file's hash>` each.
    ///
    /// The page carries the hash of this list and not those of all desks: 33 hashes are a kilobyte that nothing shortens.
    /// Where nobody reads for the region, its line names a file that there cannot be: a script is refused it as any key
    /// that is not there, and costs no byte for it.
    var deskList: [UInt8] {
        let named = desks.map { (place: $0.state, hash: $0.keyFileHash) }
        let lines =
            servesEveryPlace
            ? named : named + [(place: Territory.region, hash: [UInt8](repeating: 0, count: 32))]
        let text = lines.map { "\($0.place):\(Data($0.hash).base64EncodedString())\n" }
        return Array(text.joined().utf8)
    }
}

/// One desk as the page needs it.
public struct PageDesk: Sendable, Equatable {
    /// ISO 3166-1 alpha-2, or `region` for the desk of every other place.
    public var state: String
    /// The office's name in the roster.
    public var office: String
    /// The hash in the path `/v1/keys/{hash}` and in the list of desks: SHA-256 of the key file, 32 bytes.
    public var keyFileHash: [UInt8]

    /// Makes a desk from the hash of its key file.
    public init(state: String, office: String, keyFileHash: [UInt8]) {
        self.state = state
        self.office = office
        self.keyFileHash = keyFileHash
    }
}

/// A page as it is served, or the file of a script.
public struct Page: Sendable, Equatable {
    /// What it is.
    public enum Kind: String, Sendable {
        /// A document.
        case html = "text/html; charset=utf-8"
        /// A worker's script.
        case script = "text/javascript; charset=utf-8"
    }

    /// What it is.
    public var kind = Kind.html
    /// The document, UTF-8.
    public let bytes: [UInt8]
    /// The value of `Content-Security-Policy` that belongs to exactly these bytes.
    public let contentSecurityPolicy: String
}

/// Why pages could not be made at start.
public enum PageError: Error, Equatable, Sendable {
    /// A file of `Web` is missing or is not what it should be.
    case asset(name: String, reason: String)
    /// A catalogue lacks a string, or has one that no page uses.
    case string(language: String, key: String)
    /// A setting cannot be used.
    case setting(String)
}

extension PageError: CustomStringConvertible {
    /// The error in one plain sentence, without a full stop.
    public var description: String {
        switch self {
        case .asset(let name, let reason): "\(name) of the pages cannot be used: \(reason)"
        case .string(let language, let key): "the pages in \(language) lack or do not use \(key)"
        case .setting(let reason): reason
        }
    }
}
