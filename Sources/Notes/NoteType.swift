/// The types of notes, by the word after `resguardo/1 ` on their first line.
public enum NoteType: String, CaseIterable, Sendable {
    /// The signed list of offices, members and keys.
    case roster
    /// The log's word that an entry will be in the tree.
    case promise
    /// A member's authorisation of one request.
    case request
    /// A triaged tip, addressed to a unit.
    case report
    /// A report passed on by a unit.
    case transfer
    /// A unit's answer to a report.
    case acknowledgement
    /// A desk's highest sequence number.
    case status
    /// A deletion by policy.
    case shred
    /// The hashes of the public pages.
    case page

    /// What every first line begins with; the number is the version of all formats together.
    static let prefix = "resguardo/1 "

    /// The first line, without its newline.
    public var line: String { Self.prefix + rawValue }

    /// Reads the type of a note's text; unknown ones are refused.
    public init(of text: [UInt8]) throws(NoteError) {
        let first = String(decoding: text.prefix { $0 != 0x0a }, as: UTF8.self)
        guard let type = Self.allCases.first(where: { $0.line == first }) else {
            throw .wrongType
        }
        self = type
    }
}

/// A statement that can be the text of a note: the only thing a `NoteSigner` signs.
public protocol NoteBody: Equatable, Sendable {
    /// The gateway's log name.
    var origin: String { get }
    /// The text to be signed, in its one spelling.
    var text: [UInt8] { get }
    /// Reads a text; any other spelling than `text` gives is refused.
    init(text: [UInt8]) throws(NoteError)
}

extension NoteBody {
    /// Reads a text given as a string.
    public init(text: String) throws(NoteError) {
        try self.init(text: Array(text.utf8))
    }
}
