import Crypto
import Notes

/// The kinds of entry.
///
/// The raw value is the record's `type`.
public enum EntryKind: String, Sendable, CaseIterable, Hashable {
    /// What the public sent, sealed.
    case tip
    /// A triaged tip, addressed to a unit.
    case report
    /// A report from one unit to another.
    case transfer
    /// A unit's answer to a report.
    case acknowledgement
    /// An office's answer to a reporter, which only the receipt opens.
    case reply
    /// A desk's highest sequence number.
    case status
    /// A version of the roster.
    case roster
    /// A published page's hash.
    case page
    /// The deletion of another entry's record and body.
    case shred
    /// A filler that hides how many others there are.
    case cover

    /// Number of the kind in the database.
    ///
    /// Numbers are never given to another kind.
    var code: Int {
        switch self {
        case .tip: 1
        case .report: 2
        case .transfer: 3
        case .acknowledgement: 4
        case .reply: 5
        case .status: 6
        case .roster: 7
        case .page: 8
        case .shred: 9
        case .cover: 10
        }
    }

    init?(code: Int) {
        guard let kind = Self.allCases.first(where: { $0.code == code }) else { return nil }
        self = kind
    }
}

/// What a record says about its entry (formats.md §5, §7).
///
/// Hashes are SHA-256.
public enum RecordBody: Equatable, Sendable {
    /// A sealed tip.
    case tip(TipRecord)
    /// Hash of the report's encoded note, the tip's commitment, hash of the sealed triage.
    case report(note: Hash256, tip: Hash256, triage: Hash256)
    /// The same for a transfer.
    case transfer(note: Hash256, tip: Hash256, triage: Hash256)
    /// Hash of the encoded note, commitment of the report's entry.
    case acknowledgement(note: Hash256, report: Hash256)
    /// Hash of the blob, the mailbox's 32-byte id.
    case reply(blob: Hash256, id: Hash256)
    /// Hash of the encoded note.
    case status(note: Hash256)
    /// Hash of the encoded note and the roster's version.
    case roster(note: Hash256, version: UInt64)
    /// Hash of the encoded note.
    case page(note: Hash256)
    /// Hash of the encoded note.
    case shred(note: Hash256)
    /// Nothing.
    case cover

    /// The record's `type`.
    public var kind: EntryKind {
        switch self {
        case .tip: .tip
        case .report: .report
        case .transfer: .transfer
        case .acknowledgement: .acknowledgement
        case .reply: .reply
        case .status: .status
        case .roster: .roster
        case .page: .page
        case .shred: .shred
        case .cover: .cover
        }
    }
}

/// The fields of a tip's record (formats.md §5).
public struct TipRecord: Equatable, Sendable {
    /// SHA-256 of the sealed body.
    public let body: Hash256
    /// The envelope's commitment to its content key.
    public let commit: Hash256
    /// The commitment to the sealing key.
    public let commitS: Hash256
    /// The desk's envelope key, by its hash.
    public let deskKey: Hash256
    /// SHA-256 of the envelope.
    public let envelope: Hash256
    /// Bytes of the envelope.
    public let size: UInt64

    /// Puts the fields together.
    public init(
        body: Hash256, commit: Hash256, commitS: Hash256, deskKey: Hash256, envelope: Hash256,
        size: UInt64
    ) {
        self.body = body
        self.commit = commit
        self.commitS = commitS
        self.deskKey = deskKey
        self.envelope = envelope
        self.size = size
    }
}

/// What an entry commits to, with the members that every record has: origin, tick, type and
/// version.
public struct Record: Equatable, Sendable {
    /// The log's name.
    public let origin: String
    /// The tick that the entry is promised for.
    public let tick: UInt64
    /// What the entry is about.
    public let body: RecordBody

    /// Puts a record together.
    ///
    /// `tick` must be below 2^53.
    public init(origin: String, tick: UInt64, body: RecordBody) {
        self.origin = origin
        self.tick = tick
        self.body = body
    }

    /// The entry's kind.
    public var kind: EntryKind { body.kind }
}

/// The 32-byte value that the tree holds for an entry (formats.md §6).
public enum Commitment {
    /// Bytes of a salt.
    public static let saltBytes = 32
    private static let context = Array("resguardo/1 entry".utf8) + [0]

    /// SHA-256("resguardo/1 entry" ‖ 00 ‖ salt ‖ JCS of the record).
    public static func of(record: [UInt8], salt: [UInt8]) -> Hash256 {
        var hasher = SHA256()
        hasher.update(data: context)
        hasher.update(data: salt)
        hasher.update(data: record)
        return Hash256(hasher.finalize())
    }
}
