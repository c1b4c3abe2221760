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

/// An entry with what the gateway says about it, all in one JSON object: unchecked.
@dynamicMemberLookup
public struct Offered<About: Codable & Equatable & Sendable>: Codable, Equatable, Sendable {
    /// The entry.
    public let entry: OfferedEntry
    /// What stands beside it.
    public let about: About

    /// Puts it together.
    public init(entry: OfferedEntry, about: About) {
        self.entry = entry
        self.about = about
    }

    /// Reads both parts from the same object.
    public init(from decoder: any Decoder) throws {
        entry = try OfferedEntry(from: decoder)
        about = try About(from: decoder)
    }

    /// Writes both parts into the same object.
    public func encode(to encoder: any Encoder) throws {
        try entry.encode(to: encoder)
        try about.encode(to: encoder)
    }

    /// A member of what stands beside the entry.
    public subscript<Value>(dynamicMember path: KeyPath<About, Value>) -> Value {
        about[keyPath: path]
    }
}

/// One line of a desk's list of tips.
public typealias OfferedTip = Offered<TipListing>

/// The tip that a report is about.
public typealias OfferedReportTip = Offered<TipExtent>

/// One line of a unit's queue, with the report's entry.
public typealias OfferedReport = Offered<ReportListing>

/// The newest roster with its entry.
public typealias OfferedRoster = Offered<RosterListing>

/// The page note with its entry.
public typealias OfferedPage = Offered<PageListing>

/// What stands beside the entry of a roster.
public struct RosterListing: Codable, Equatable, Sendable {
    /// The note, encoded.
    public let note: String
    /// The staff part, JCS.
    public let staff: String

    /// Puts it together.
    public init(note: String, staff: String) {
        self.note = note
        self.staff = staff
    }
}

/// What stands beside the entry of a page note.
public struct PageListing: Codable, Equatable, Sendable {
    /// The note, encoded.
    public let note: String

    /// Puts it together.
    public init(note: String) {
        self.note = note
    }
}

/// What a desk's list says about a tip.
public struct TipListing: Codable, Equatable, Sendable {
    /// Place in the list.
    public let cursor: UInt64
    /// The desk key's key_id, base64.
    public let key: String
    /// Rows of the sealed body, row 0 included.
    public let chunks: Int
    /// The bits that the sender worked, if the tip is in quarantine; nil in the ordinary lane.
    public let quarantine: Int?

    /// Puts it together.
    public init(cursor: UInt64, key: String, chunks: Int, quarantine: Int? = nil) {
        self.cursor = cursor
        self.key = key
        self.chunks = chunks
        self.quarantine = quarantine
    }
}

/// What a unit's queue says about the tip of a report.
public struct TipExtent: Codable, Equatable, Sendable {
    /// Rows of the sealed body, row 0 included.
    public let chunks: Int

    /// Puts it together.
    public init(chunks: Int) {
        self.chunks = chunks
    }
}

/// What a unit's queue says about a report.
public struct ReportListing: Codable, Equatable, Sendable {
    /// Place in the queue.
    public let cursor: UInt64
    /// The report note, encoded.
    public let note: String
    /// The sealed triage, base64.
    public let triage: String
    /// The tip that it is about; nil once that was shredded, as the gateway says.
    public let tip: OfferedReportTip?
    /// True once an acknowledgement of this unit is in the log, as the gateway says: nothing is left undone on its word.
    public let acknowledged: Bool

    /// Puts it together.
    public init(
        cursor: UInt64, note: String, triage: String, tip: OfferedReportTip?, acknowledged: Bool
    ) {
        self.cursor = cursor
        self.note = note
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

/// The work that a tip is asked for.
struct EffortAnswer: Codable {
    let bits: Int
    /// Of the newest checkpoint, base64.
    let root: String
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
