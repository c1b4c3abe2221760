public import Notes
import Sodium

/// What the public pages are, as the authorities signed it: a note of type `page` (formats §1).
///
/// Its text is type, origin, and one line of JCS. That enough authorities signed is for `PageVerification` to say.
public struct PageNote: NoteBody, Hashable {
    /// The gateway's log name.
    public let origin: String
    /// 1 for the first, then one more each.
    public let version: UInt64
    /// SHA-256 of the previous version's note text, 32 bytes; empty in version 1.
    public let previous: [UInt8]
    /// The day that the pages were made for, `YYYY-MM-DD`: which telephone numbers are fresh depends on it.
    public let date: String
    /// SHA-256 of the text of the roster that the pages were made from, 32 bytes.
    public let roster: [UInt8]
    /// The pages.
    public let pages: PagePrint

    /// Puts a statement together; `previous` is the version before, nil for the first.
    public init(
        origin: String, after previous: PageNote?, date: String, roster: [UInt8], pages: PagePrint
    ) throws(PageNoteError) {
        self.origin = origin
        version = (previous?.version ?? 0) + 1
        self.previous = previous?.textHash ?? []
        self.date = date
        self.roster = roster
        self.pages = pages
        // What could not be read back must not be signed.
        guard (try? PageNote(text: text)) == self else { throw .malformed("pages") }
    }

    /// Reads a note's text; any other spelling than `text` gives is refused.
    public init(text: [UInt8]) throws(NoteError) {
        do throws(RosterError) {
            try self.init(pageText: text)
        } catch {
            throw .malformedLine("page")
        }
    }

    /// The note's text.
    public var text: [UInt8] {
        var members = pages.json
        members["date"] = .string(date)
        members["previous"] = .string(Base64.encode(previous))
        members["roster"] = .string(Base64.encode(roster))
        members["version"] = .integer(Int(clamping: version))
        let json = CanonicalJSON.object(members).encodedString
        return Array("\(NoteType.page.line)\n\(origin)\n\(json)\n".utf8)
    }

    /// SHA-256 of the text, which the next version names, 32 bytes.
    public var textHash: [UInt8] { SmallHash.sha256(text) }

    private static let keys: Set<String> = [
        "date", "documents", "keys", "limits", "previous", "roster", "version", "words",
    ]

    private init(pageText text: [UInt8]) throws(RosterError) {
        guard (try? NoteType(of: text)) == .page else { throw .malformed("type") }
        let lines = text.split(separator: 0x0a, omittingEmptySubsequences: false)
        // Three lines and the nothing after the last newline.
        guard lines.count == 4, lines[3].isEmpty,
            let json = try? CanonicalJSON(parsingCanonical: Array(lines[2]))
        else { throw .malformed("page") }
        origin = String(decoding: lines[1], as: UTF8.self)
        let fields = try Fields(json, "page", Self.keys)
        version = try fields.number("version")
        previous = try fields.string("previous").isEmpty ? [] : fields.hash("previous")
        date = try fields.string("date")
        roster = try fields.hash("roster")
        pages = try PagePrint(fields)
        guard version >= 1, previous.isEmpty == (version == 1), Self.isDay(date),
            self.text == text
        else { throw .malformed("page") }
    }

    /// `YYYY-MM-DD`, a day that exists.
    private static func isDay(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        let isShaped =
            bytes.count == 10
            && bytes.enumerated().allSatisfy { index, byte in
                [4, 7].contains(index)
                    ? byte == UInt8(ascii: "-")
                    : (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            }
        let numbers = text.split(separator: "-").compactMap { Int($0) }
        guard isShaped, numbers.count == 3, (1...12).contains(numbers[1]) else { return false }
        let isLeap = numbers[0] % 4 == 0 && (numbers[0] % 100 != 0 || numbers[0] % 400 == 0)
        let lengths = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        return (1...lengths[numbers[1] - 1]).contains(numbers[2])
    }
}

/// Decides whether a page note may be believed.
public enum PageVerification {
    /// Reads an encoded note; the text alone is `notSigned`.
    public static func note(_ bytes: [UInt8]) throws(PageNoteError) -> Note {
        if let note = try? Note(parsing: bytes) { return note }
        guard (try? PageNote(text: bytes)) == nil else { throw .notSigned(found: 0, needed: 1) }
        throw .malformed("note")
    }

    /// Accepts a note that names this roster and is signed under its rule.
    public static func accepted(
        _ note: Note, under roster: PublicRoster
    ) throws(PageNoteError) -> PageNote {
        guard let page = try? PageNote(text: note.text) else { throw .malformed("note") }
        guard page.origin == roster.origin else { throw .wrongOrigin }
        guard page.roster == roster.textHash else { throw .otherRoster }
        try requireSignatures(on: note, by: roster.trust)
        return page
    }

    /// Throws unless `page` is the version after `earlier`, or the first where there is none.
    public static func requireSuccession(
        of page: PageNote, after earlier: PageNote?
    ) throws(PageNoteError) {
        let current = earlier?.version ?? 0
        guard page.version > current else {
            throw .older(version: page.version, current: current)
        }
        guard page.version == current + 1, page.previous == earlier?.textHash ?? [] else {
            throw .wrongPredecessor
        }
    }

    /// Throws unless `page` is the same as `known` or may follow it, for who may have missed versions.
    public static func requireContinuation(
        of page: PageNote, after known: PageNote
    ) throws(PageNoteError) {
        if page == known { return }
        guard page.version > known.version else {
            throw .older(version: page.version, current: known.version)
        }
        guard page.version > known.version + 1 || page.previous == known.textHash else {
            throw .wrongPredecessor
        }
    }

    private static func requireSignatures(
        on note: Note, by trust: RosterTrust
    ) throws(PageNoteError) {
        do throws(RosterError) {
            try trust.requireSignatures(on: note)
        } catch {
            switch error {
            case .badSignature(let name): throw .badSignature(name: name)
            case .tooFewSignatures(let found, let needed):
                throw .notSigned(found: found, needed: needed)
            default: throw .notSigned(found: 0, needed: max(trust.threshold, 1))
            }
        }
    }
}

/// Why a page note is refused.
public enum PageNoteError: Error, Equatable, Sendable {
    /// It is not of the form that formats §1 gives; `what` names the part.
    case malformed(String)
    /// Another gateway's.
    case wrongOrigin
    /// Its pages were made from another roster than the one in force.
    case otherRoster
    /// Version `version` is not newer than `current`.
    case older(version: UInt64, current: UInt64)
    /// A version is left out, or the hash of its predecessor is another.
    case wrongPredecessor
    /// Fewer authorities signed than the roster's rule needs.
    case notSigned(found: Int, needed: Int)
    /// A line that names an authority is not its signature.
    case badSignature(name: String)
}

extension PageNoteError: CustomStringConvertible {
    /// One sentence for whoever operates the gateway.
    public var description: String {
        switch self {
        case .malformed(let what): "The page note is malformed: \(what)."
        case .wrongOrigin: "The page note is another gateway's."
        case .otherRoster:
            "The page note was made from another roster than the one in force; make the next one."
        case .older(let version, let current):
            "The page note has version \(version), not newer than \(current), which was there before."
        case .wrongPredecessor: "The page note does not follow from the one before."
        case .notSigned(let found, let needed):
            "The page note is signed by \(found) of the \(needed) authorities it needs."
        case .badSignature(let name): "The page note's signature by \(name) is forged."
        }
    }
}

extension PublicRoster {
    /// SHA-256 of the note's text: how page notes and the next version name it, 32 bytes.
    public var textHash: [UInt8] { SmallHash.sha256(text) }

    /// The rule that this roster makes for what is signed after it.
    public var trust: RosterTrust {
        RosterTrust(origin: origin, authorities: authorities, threshold: threshold)
    }
}
