/// An entry as the gateway hands it out: unchecked.
public struct OfferedEntry: Codable, Equatable, Sendable {
    /// The promise note with its signature.
    public let promise: String
    /// The record, JCS.
    public let record: String
    /// The 32-byte salt, base64.
    public let salt: String

    /// Puts an entry together.
    public init(promise: String, record: String, salt: String) {
        self.promise = promise
        self.record = record
        self.salt = salt
    }
}

/// One line of a desk's list of tips: unchecked.
public struct OfferedTip: Codable, Equatable, Sendable {
    /// Place in the list.
    public let cursor: UInt64
    /// The desk key's key_id, base64.
    public let key: String
    /// The promise note.
    public let promise: String
    /// The record.
    public let record: String
    /// The salt, base64.
    public let salt: String
    /// Rows of the sealed body, row 0 included.
    public let chunks: Int

    /// The entry in it.
    public var entry: OfferedEntry { OfferedEntry(promise: promise, record: record, salt: salt) }

    /// Puts a line together.
    public init(cursor: UInt64, key: String, entry: OfferedEntry, chunks: Int) {
        self.cursor = cursor
        self.key = key
        promise = entry.promise
        record = entry.record
        salt = entry.salt
        self.chunks = chunks
    }
}

/// The tip that a report is about: unchecked.
public struct OfferedReportTip: Codable, Equatable, Sendable {
    /// The promise note.
    public let promise: String
    /// The record.
    public let record: String
    /// The salt, base64.
    public let salt: String
    /// Rows of the sealed body, row 0 included.
    public let chunks: Int

    /// The entry in it.
    public var entry: OfferedEntry { OfferedEntry(promise: promise, record: record, salt: salt) }

    /// Puts it together.
    public init(entry: OfferedEntry, chunks: Int) {
        promise = entry.promise
        record = entry.record
        salt = entry.salt
        self.chunks = chunks
    }
}

/// One line of a unit's queue: unchecked.
public struct OfferedReport: Codable, Equatable, Sendable {
    /// Place in the queue.
    public let cursor: UInt64
    /// The report note, encoded.
    public let note: String
    /// The promise note of the report's entry.
    public let promise: String
    /// The report's record.
    public let record: String
    /// The record's salt, base64.
    public let salt: String
    /// The sealed triage, base64.
    public let triage: String
    /// The tip that it is about; nil once that was shredded.
    public let tip: OfferedReportTip?
    /// True once this unit's acknowledgement is in the log.
    public let acknowledged: Bool

    /// The report's entry.
    public var entry: OfferedEntry { OfferedEntry(promise: promise, record: record, salt: salt) }

    /// Puts a line together.
    public init(
        cursor: UInt64, note: String, entry: OfferedEntry, triage: String, tip: OfferedReportTip?,
        acknowledged: Bool
    ) {
        self.cursor = cursor
        self.note = note
        promise = entry.promise
        record = entry.record
        salt = entry.salt
        self.triage = triage
        self.tip = tip
        self.acknowledged = acknowledged
    }
}

/// A page of a desk's list.
public struct TipPage: Codable, Sendable {
    /// At most 100 lines.
    public let tips: [OfferedTip]
    /// Where the next page begins.
    public let next: UInt64

    /// Puts a page together.
    public init(tips: [OfferedTip], next: UInt64) {
        self.tips = tips
        self.next = next
    }
}

/// A page of a unit's queue.
public struct ReportPage: Codable, Sendable {
    /// At most 100 lines.
    public let reports: [OfferedReport]
    /// Where the next page begins.
    public let next: UInt64

    /// Puts a page together.
    public init(reports: [OfferedReport], next: UInt64) {
        self.reports = reports
        self.next = next
    }
}

/// The public roster as it is served.
struct RosterAnswer: Codable {
    let note: String
}

/// The roster with its staff part as it is served.
struct StaffRosterAnswer: Codable {
    let note: String
    let staff: String
}

/// A new upload.
struct UploadAnswer: Codable {
    let upload: String
}

/// The end of an upload.
struct UploadFinish: Codable {
    let upload: String
    let sha256: String
}
