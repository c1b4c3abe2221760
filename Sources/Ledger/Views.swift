import Foundation
import GRDB

/// A tip as its desk lists it.
public struct DeskTip: Equatable, Sendable {
    /// Where to go on reading; grows with each tip.
    public let cursor: UInt64
    /// SHA-256 of the desk's envelope key line.
    public let deskKey: Hash256
    /// Gap-free per desk key.
    public let number: UInt64
    /// Rows of the sealed body.
    public let rowCount: UInt32
    /// Its lane.
    public let lane: TipLane
    /// The entry.
    public let entry: Entry
}

/// A report as its unit lists it.
public struct QueuedReport: Equatable, Sendable {
    /// Where to go on reading; grows with each report.
    public let cursor: UInt64
    /// The entry of the report.
    public let entry: Entry
    /// The encoded report note.
    public let note: [UInt8]
    /// The sealed triage.
    public let triage: [UInt8]
    /// Office that sent it.
    public let sender: String
    /// Gap-free from this sender to this unit.
    public let number: UInt64
    /// The tip; nil if it was shredded since.
    public let tip: Entry?
    /// Rows of the tip's sealed body.
    public let tipRowCount: UInt32
    /// Whether an acknowledgement is in the ledger.
    public let isAcknowledged: Bool
}

/// Where a report goes: what an acknowledgement is judged by.
public struct ReportLink: Equatable, Sendable {
    /// Commitment of the report's entry.
    public let report: Hash256
    /// Commitment of the tip's entry.
    public let tip: Hash256
    /// Office that sent it.
    public let sender: String
    /// Office that received it.
    public let recipient: String
    /// Gap-free from sender to recipient.
    public let number: UInt64
}

/// A roster in the ledger.
public struct RosterEntry: Equatable, Sendable {
    /// Counts up from 1.
    public let version: UInt64
    /// The encoded note.
    public let note: [UInt8]
    /// The staff part.
    public let staff: [UInt8]
    /// The entry.
    public let entry: Entry
}

/// A page note in the ledger.
public struct PageEntry: Equatable, Sendable {
    /// The encoded note.
    public let note: [UInt8]
    /// The entry.
    public let entry: Entry
}

/// Replies that wait in a mailbox.
public struct MailboxPage: Equatable, Sendable {
    /// The cursor to ask with next time.
    public let cursor: UInt32
    /// At most `LedgerLimits.mailboxSlots` blobs of `LedgerLimits.replyBytes`, oldest first.
    public let blobs: [[UInt8]]
}

extension LedgerStore {
    /// An entry by its commitment; nil if there is none or its record was shredded.
    public func entry(_ commitment: Hash256) throws(LedgerError) -> Entry? {
        try read { db in
            try position(of: commitment, db).flatMap { try EntryReader.entry(db, seq: $0) }
        }
    }

    /// Row `row` of a tip's sealed body; nil after the last, for an unknown tip, and once it is
    /// shredded.
    public func bodyRow(_ commitment: Hash256, row: UInt32) throws(LedgerError) -> [UInt8]? {
        guard row < LedgerLimits.rowCountMax else { return nil }
        return try read { db in
            guard let seq = try position(of: commitment, db) else { return nil }
            let found =
                switch row {
                case 0: try db.row("SELECT row0 FROM record WHERE seq = ?", [seq])
                case 1: try db.row("SELECT row1 FROM record WHERE seq = ?", [seq])
                default:
                    try db.row(
                        "SELECT bytes FROM body WHERE position = ?",
                        [RowPosition.of(seq, row: row)])
                }
            let bytes: Data? = found?[0]
            return bytes.map { [UInt8]($0) }
        }
    }

    /// What the vault needs to judge who may read a tip's body: its desk's key, and its rows.
    ///
    /// Nil if there is no such tip or it was shredded.
    public func tip(_ commitment: Hash256) throws(LedgerError) -> DeskTip? {
        try read { db in
            guard let seq = try position(of: commitment, db) else { return nil }
            let row = try db.row(Self.tipColumns + "WHERE entry.seq = ?", [seq])
            return try row.flatMap { try Self.deskTip(db, $0) }
        }
    }

    /// Tips to any of a desk's keys after a cursor (0 for all), oldest first, before their tick has
    /// ended too.
    ///
    /// Shredded ones are left out.
    public func deskTips(
        keys: [Hash256], after cursor: UInt64, limit: Int
    ) throws(LedgerError) -> [DeskTip] {
        let limit = min(max(limit, 0), LedgerLimits.pageRowsMax)
        return try read { db in
            var tips: [DeskTip] = []
            for key in Set(keys) {
                let rows = try db.rows(
                    Self.tipColumns + """
                        WHERE entry.desk = (SELECT id FROM desk_sequence WHERE key_id = ?)
                        AND entry.seq > ? AND record.seq IS NOT NULL ORDER BY entry.seq LIMIT ?
                        """, [key.data, Int64(clamping: cursor), limit])
                for row in rows {
                    if let tip = try Self.deskTip(db, row) { tips.append(tip) }
                }
            }
            return Array(tips.sorted { $0.cursor < $1.cursor }.prefix(limit))
        }
    }

    /// The highest number that a tip to this desk key has; 0 before the first.
    public func deskSequence(_ key: Hash256) throws(LedgerError) -> UInt64 {
        try read { db in
            UInt64(
                try db.integer("SELECT last FROM desk_sequence WHERE key_id = ?", [key.data]) ?? 0)
        }
    }

    /// Reports and transfers to a unit after a cursor (0 for all), oldest first, with whether they
    /// were acknowledged; of each sender no more than `LedgerLimits.pageBytesMax` and the one beyond.
    public func queue(
        of recipient: String, after cursor: UInt64, limit: Int
    ) throws(LedgerError) -> [QueuedReport] {
        let limit = min(max(limit, 0), LedgerLimits.pageRowsMax)
        return try read { db in
            let routes = try db.rows(
                "SELECT id, sender FROM route WHERE recipient = ?", [recipient])
            var reports: [QueuedReport] = []
            for route in routes {
                let id: Int64 = route[0]
                let rows = try Row.fetchCursor(
                    db.cachedStatement(
                        sql: Self.reportColumns + """
                            WHERE report.route = ? AND report.seq > ? AND record.seq IS NOT NULL
                            ORDER BY report.seq LIMIT ?
                            """), arguments: [id, Int64(clamping: cursor), limit])
                var bytes = 0
                while bytes <= LedgerLimits.pageBytesMax, let row = try rows.next() {
                    guard let report = try Self.queuedReport(db, row, sender: route[1]) else {
                        continue
                    }
                    bytes += report.note.count + report.triage.count
                    reports.append(report)
                }
            }
            return Array(reports.sorted { $0.cursor < $1.cursor }.prefix(limit))
        }
    }

    /// Where a report goes, by its entry's commitment.
    public func reportLink(_ commitment: Hash256) throws(LedgerError) -> ReportLink? {
        try read { db in
            try position(of: commitment, db).flatMap { try Self.link(db, seq: $0) }
        }
    }

    /// Where a report goes, by the SHA-256 of its encoded note: what an acknowledgement names.
    public func reportLink(note: Hash256) throws(LedgerError) -> ReportLink? {
        try read { db in
            try db.integer("SELECT seq FROM note WHERE hash = ?", [note.data])
                .flatMap { try Self.link(db, seq: $0) }
        }
    }

    /// Whether a tip was reported or transferred to a unit: whether the unit may read its body.
    public func isReported(_ tip: Hash256, to recipient: String) throws(LedgerError) -> Bool {
        try read { db in
            guard let seq = try position(of: tip, db) else { return false }
            let found = try db.integer(
                """
                SELECT 1 FROM route JOIN report ON report.route = route.id
                WHERE route.recipient = ? AND report.tip = ? LIMIT 1
                """, [recipient, seq])
            return found != nil
        }
    }

    /// The next replies of a mailbox after a cursor (0 for all).
    ///
    /// A mailbox that nobody has written to is like an empty one: the caller fills the slots up so that they look the
    /// same. And it takes as long: as many rows are read and copied whatever the mailbox has, its neighbours' in the
    /// index where its own end, on from the beginning where the index ends.
    public func mailbox(_ id: Hash256, after cursor: UInt32) throws(LedgerError) -> MailboxPage {
        try read { db in
            let slots = LedgerLimits.mailboxSlots
            let after = try db.rows(Self.mailboxQuery, [id.data, Int64(cursor), slots])
            let around = try db.rows(
                Self.mailboxQuery, [Data(count: Hash256.byteCount), 0, slots - after.count])
            var last = cursor
            var own = 0
            var blobs: [[UInt8]] = []
            for (index, row) in (after + around).enumerated() {
                let owner: Data = row[0]
                let number: Int64 = row[1]
                let blob: Data = row[2]
                let isOwn = index < after.count && owner == id.data
                own += isOwn ? 1 : 0
                last = isOwn ? UInt32(number) : last
                blobs.append([UInt8](blob))
            }
            return MailboxPage(cursor: last, blobs: Array(blobs.prefix(own)))
        }
    }

    /// The next replies in the order of the mailboxes, whosever they are.
    static let mailboxQuery = """
        SELECT id, cursor, attachment FROM mailbox JOIN record USING (seq)
        WHERE (id, cursor) > (?, ?) ORDER BY id, cursor LIMIT ?
        """

    /// Every roster, oldest first.
    public func rosters() throws(LedgerError) -> [RosterEntry] {
        try read { db in
            try db.rows(Self.rosterQuery + "ORDER BY roster.version", []).map {
                try Self.roster(db, $0)
            }
        }
    }

    /// One version of the roster; nil if there is none of that number.
    public func roster(_ version: UInt64) throws(LedgerError) -> RosterEntry? {
        try read { db in
            try db.row(Self.rosterQuery + "WHERE roster.version = ?", [Int64(clamping: version)])
                .map { try Self.roster(db, $0) }
        }
    }

    private static let rosterQuery = """
        SELECT \(EntryReader.columns), roster.version, record.note, record.attachment
        FROM roster JOIN entry USING (seq) LEFT JOIN record USING (seq)

        """

    private static func roster(_ db: Database, _ row: Row) throws -> RosterEntry {
        guard let entry = try EntryReader.entry(db, from: row), let note: Data = row[7],
            let staff: Data = row[8]
        else { throw LedgerError.damaged("a roster's note is missing") }
        let version: Int64 = row[6]
        return RosterEntry(
            version: UInt64(version), note: [UInt8](note), staff: [UInt8](staff), entry: entry)
    }

    /// Entries by kind under the newest checkpoint.
    ///
    /// They change only at a tick, so that reading them often tells nothing about when somebody
    /// reported.
    public func tallies() throws(LedgerError) -> [EntryKind: UInt64] {
        try read { db in
            var tallies: [EntryKind: UInt64] = [:]
            for row in try db.rows("SELECT kind, count FROM tally", []) {
                guard let kind = EntryKind(code: row[0]) else {
                    throw LedgerError.damaged("a tally is of no known kind")
                }
                let count: Int64 = row[1]
                tallies[kind] = UInt64(count)
            }
            return tallies
        }
    }
}

extension LedgerStore {
    private static let tipColumns = """
        SELECT \(EntryReader.columns), desk_sequence.key_id, number, rows, effort FROM entry
        JOIN desk_sequence ON desk_sequence.id = entry.desk
        LEFT JOIN record ON record.seq = entry.seq
        LEFT JOIN quarantined ON quarantined.seq = entry.seq

        """

    private static func deskTip(_ db: Database, _ row: Row) throws -> DeskTip? {
        guard let entry = try EntryReader.entry(db, from: row) else { return nil }
        let seq: Int64 = row[0]
        let number: Int64 = row[7]
        let rows: Int64 = row[8]
        let effort: Int? = row[9]
        return DeskTip(
            cursor: UInt64(seq), deskKey: try Hash256(row[6], of: "a desk key"),
            number: UInt64(number), rowCount: UInt32(rows),
            lane: effort.map { .quarantine(effort: $0) } ?? .ordinary, entry: entry)
    }

    private static let reportColumns = """
        SELECT \(EntryReader.columns), record.note, record.attachment, report.number, report.tip,
        tip.rows, EXISTS (SELECT 1 FROM acknowledgement WHERE report = report.seq) FROM report
        JOIN entry AS tip ON tip.seq = report.tip
        JOIN entry ON entry.seq = report.seq LEFT JOIN record ON record.seq = report.seq

        """

    private static func queuedReport(
        _ db: Database, _ row: Row, sender: String
    ) throws -> QueuedReport? {
        guard let entry = try EntryReader.entry(db, from: row) else { return nil }
        guard let note: Data = row[6], let triage: Data = row[7] else {
            throw LedgerError.damaged("a report's note is missing")
        }
        let seq: Int64 = row[0]
        let number: Int64 = row[8]
        let rows: Int64 = row[10]
        return QueuedReport(
            cursor: UInt64(seq), entry: entry, note: [UInt8](note), triage: [UInt8](triage),
            sender: sender, number: UInt64(number), tip: try EntryReader.entry(db, seq: row[9]),
            tipRowCount: UInt32(rows), isAcknowledged: row[11])
    }

    private static func link(_ db: Database, seq: Int64) throws -> ReportLink? {
        let row = try db.row(
            """
            SELECT report.commitment, tip.commitment, sender, recipient, link.number
            FROM report AS link
            JOIN route ON route.id = link.route
            JOIN entry AS report ON report.seq = link.seq
            JOIN entry AS tip ON tip.seq = link.tip WHERE link.seq = ?
            """, [seq])
        return try row.map { row in
            let number: Int64 = row[4]
            return ReportLink(
                report: try Hash256(row[0], of: "a report's commitment"),
                tip: try Hash256(row[1], of: "a tip's commitment"), sender: row[2],
                recipient: row[3], number: UInt64(number))
        }
    }
}
