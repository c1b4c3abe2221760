/// One entry to append.
///
/// Everything the vault had to check is checked: authorisation, signatures, formats.
public enum AppendItem {
    /// A tip; its number and its body's rows are made inside the transaction.
    case tip(TipAppend)
    /// A report, or a transfer between units.
    case report(ReportAppend)
    /// A unit's acknowledgement note, about a report's entry.
    case acknowledgement(note: [UInt8], report: Hash256)
    /// A blob of `LedgerLimits.replyBytes` for a mailbox.
    case reply(id: Hash256, blob: [UInt8])
    /// A desk's status note.
    case status(note: [UInt8])
    /// A roster note with its staff part; versions count up from 1.
    case roster(note: [UInt8], staff: [UInt8], version: UInt64)
    /// A page note.
    case page(note: [UInt8])
    /// A shred note and the entries whose record, salt and body are deleted with it.
    case shred(note: [UInt8], entries: [Hash256])
}

/// A tip to be sealed and appended.
public struct TipAppend {
    /// SHA-256 of the envelope: the same one again gets the same promise for a day.
    public let envelope: Hash256
    /// SHA-256 of the desk's envelope key line: whose numbers the tip takes.
    public let deskKey: Hash256
    /// The upload that holds the envelope; it is dropped with the append.
    ///
    /// Nil if the caller has the bytes.
    public let upload: [UInt8]?
    /// Decides the tip's lane, inside the transaction and before anything is sealed, once the tip is known to be a new
    /// one.
    ///
    /// What it throws refuses this tip alone.
    public let lane: () throws -> TipLane
    /// Seals the envelope into `TipSlot`, inside the transaction, on the caller's thread.
    ///
    /// What it throws refuses this tip alone, and gives its number back; `AppendRefusal.unfitUpload` drops the upload too.
    public let seal: (TipSlot) throws -> SealedTip

    /// Puts a tip together.
    public init(
        envelope: Hash256, deskKey: Hash256, upload: [UInt8]? = nil,
        lane: @escaping () throws -> TipLane = { .ordinary },
        seal: @escaping (TipSlot) throws -> SealedTip
    ) {
        self.envelope = envelope
        self.deskKey = deskKey
        self.upload = upload
        self.lane = lane
        self.seal = seal
    }
}

/// Which tips a desk reads first.
///
/// Only desks get to know it: record, number and promise are the same in both lanes.
public enum TipLane: Equatable, Sendable {
    /// In the order of arrival.
    case ordinary
    /// Taken beyond the vault's budget; those for which more was worked come first.
    ///
    /// - Parameter effort: the bits that the sender proved (`EffortProof`), from 0.
    case quarantine(effort: Int)
}

/// What sealing found out, for the record.
public struct SealedTip: Sendable {
    /// SHA-256 over all rows, one after the other.
    public let body: Hash256
    /// The envelope's commitment to its content key.
    public let commit: Hash256
    /// The commitment to the sealing key.
    public let commitS: Hash256
    /// Bytes of the envelope.
    public let size: UInt64

    /// Puts it together.
    public init(body: Hash256, commit: Hash256, commitS: Hash256, size: UInt64) {
        self.body = body
        self.commit = commit
        self.commitS = commitS
        self.size = size
    }
}

/// A report or transfer whose note the vault has verified.
public struct ReportAppend: Sendable {
    /// False for a report, true for a transfer.
    public let isTransfer: Bool
    /// The encoded note, signatures included.
    public let note: [UInt8]
    /// The sealed triage.
    public let triage: [UInt8]
    /// The tip's commitment.
    public let tip: Hash256
    /// Office that sends.
    public let sender: String
    /// Office that receives; in no public record.
    public let recipient: String
    /// Gap-free from this sender to this recipient, from 1.
    public let number: UInt64

    /// Puts a report together.
    public init(
        isTransfer: Bool = false, note: [UInt8], triage: [UInt8], tip: Hash256, sender: String,
        recipient: String, number: UInt64
    ) {
        self.isTransfer = isTransfer
        self.note = note
        self.triage = triage
        self.tip = tip
        self.sender = sender
        self.recipient = recipient
        self.number = number
    }
}

/// An entry as its author and its addressees get it.
///
/// The promise is signed when asked for (`LedgerStore.promise`).
public struct Entry: Equatable, Sendable {
    /// What the tree holds.
    public let commitment: Hash256
    /// The tick that will hold it, or holds it.
    public let tick: UInt64
    /// What it is.
    public let kind: EntryKind
    /// The record, JCS.
    public let record: [UInt8]
    /// The 32-byte salt.
    public let salt: [UInt8]
}

/// What became of one item of a group that is durable.
public enum AppendOutcome: Equatable, Sendable {
    /// A new entry.
    case appended(Entry)
    /// The same envelope or note was appended before: that entry, and so the same promise.
    case duplicate(Entry)
    /// Not appended.
    case refused(AppendRefusal)

    /// The entry, new or old; nil if refused.
    public var entry: Entry? {
        switch self {
        case .appended(let entry), .duplicate(let entry): entry
        case .refused: nil
        }
    }
}
