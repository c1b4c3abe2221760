/// Why the ledger as a whole could not do what was asked.
///
/// A single item that is refused has an `AppendRefusal`.
public enum LedgerError: Error, Equatable, Sendable {
    /// No room on the disk. Nothing of the group was kept or acknowledged; the next attempt may
    /// succeed.
    case full
    /// The storage failed in a way that leaves unknown what is on it (an I/O or fsync error). The
    /// caller must end the process without acknowledging anything; the ledger refuses every later
    /// write.
    case fatal(String)
    /// Something stored cannot be read or is not what was written. Nothing is repaired or skipped:
    /// an operator decides.
    case damaged(String)
    /// The database was written by a newer version of this program.
    case newerVersion(found: Int, known: Int)
    /// The file is an SQLite database, but not a ledger.
    case notALedger
    /// The ledger belongs to another log: other origin, or a checkpoint that this key did not sign.
    case otherLog(String)
    /// Another process has this ledger open for writing.
    case inUse
    /// SQLite did not take the setting that durability rests on.
    case notDurable(String)
    /// The ledger could not be opened or a read failed for another reason.
    case unavailable(String)
    /// The caller asked for something outside a limit or sense; the sentence says what.
    case misuse(String)
}

/// What an operator reads in the daemon's log.
extension LedgerError: CustomStringConvertible {
    /// One sentence, without data of an entry.
    public var description: String {
        switch self {
        case .full: "the disk is full"
        case .fatal(let reason): "the storage failed: \(reason)"
        case .damaged(let what): "the ledger is damaged: \(what)"
        case .newerVersion(let found, let known):
            "the ledger has version \(found), written by a newer program; this one knows \(known)"
        case .notALedger: "the database is not a ledger"
        case .otherLog(let reason): reason
        case .inUse: "another process has the ledger open"
        case .notDurable(let setting): "the ledger would not be durable: \(setting)"
        case .unavailable(let reason): "the ledger cannot be opened or read: \(reason)"
        case .misuse(let sentence): sentence
        }
    }
}

/// Why one item of a group was not appended.
///
/// The other items of the group are not affected.
public enum AppendRefusal: Error, Equatable, Sendable {
    /// A report's number is not the next one from this sender to this recipient.
    case number(expected: UInt64)
    /// A roster's version is not the one after the last.
    case rosterVersion(expected: UInt64)
    /// The tip that a report or shredding names is not in the ledger, is no such thing, or was
    /// shredded.
    case unknownSubject
    /// No such upload is staged, or a row of it is missing.
    case unknownUpload
    /// The same note was appended before, and its entry was shredded since.
    case shredded
    /// An entry of this kind is never shredded.
    case notShreddable
    /// A size or number is outside the limits; the sentence says which.
    case limit(String)
    /// The sealing above the ledger refused, for its own reason.
    case sealing(any Error)
    /// The upload is not what it was announced as, of which the sealing says why: it is dropped.
    case unfitUpload(any Error)

    /// Two refusals are equal if they are the same case with the same numbers; sealing errors are
    /// compared by text.
    public static func == (a: Self, b: Self) -> Bool {
        switch (a, b) {
        case (.number(let x), .number(let y)), (.rosterVersion(let x), .rosterVersion(let y)):
            x == y
        case (.unknownSubject, .unknownSubject), (.unknownUpload, .unknownUpload),
            (.shredded, .shredded), (.notShreddable, .notShreddable):
            true
        case (.limit(let x), .limit(let y)): x == y
        case (.sealing(let x), .sealing(let y)), (.unfitUpload(let x), .unfitUpload(let y)):
            "\(x)" == "\(y)"
        default: false
        }
    }
}
