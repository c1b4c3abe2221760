import Foundation
import GRDB
import Sodium

/// An entry before it has a salt.
struct NewEntry {
    let kind: EntryKind
    let tick: UInt64
    let record: [UInt8]
    var note: [UInt8]?
    var attachment: [UInt8]?
    var tip: TipColumns?
}

/// What a tip's rows hold beyond those of every entry.
struct TipColumns {
    /// Its desk key's row.
    let desk: Int64
    /// Gap-free per desk key.
    let number: Int64
    /// Rows of the sealed body.
    let rowCount: UInt32
    /// The first rows of the body, `RowPosition.rowsInRecord` at most.
    let firstRows: [[UInt8]]
    let lane: TipLane
}

/// Writes the rows that every entry has.
enum EntryWriter {
    static func insert(_ db: Database, seq: Int64, _ new: NewEntry) throws -> Entry {
        let salt = Randomness.bytes(Commitment.saltBytes)
        let commitment = Commitment.of(record: new.record, salt: salt)
        if let tip = new.tip {
            try insertTip(db, seq: seq, commitment, new, salt: salt, tip)
        } else {
            try db.run(
                "INSERT INTO entry(seq, commitment, kind, tick) VALUES (?, ?, ?, ?)",
                [seq, commitment.data, new.kind.code, Int64(new.tick)])
            try db.run(
                "INSERT INTO record(seq, salt, record, note, attachment) VALUES (?, ?, ?, ?, ?)",
                [
                    seq, Data(salt), Data(new.record), new.note.map { Data($0) },
                    new.attachment.map { Data($0) },
                ])
        }
        return Entry(
            commitment: commitment, tick: new.tick, kind: new.kind, record: new.record, salt: salt)
    }

    private static func insertTip(
        _ db: Database, seq: Int64, _ commitment: Hash256, _ new: NewEntry, salt: [UInt8],
        _ tip: TipColumns
    ) throws {
        try db.run(
            """
            INSERT INTO entry(seq, commitment, kind, tick, desk, number, rows)
            VALUES (?, ?, ?, ?, ?, ?, ?)
            """,
            [
                seq, commitment.data, new.kind.code, Int64(new.tick), tip.desk, tip.number,
                Int64(tip.rowCount),
            ])
        try db.run(
            "INSERT INTO record(seq, salt, record, row0, row1) VALUES (?, ?, ?, ?, ?)",
            [
                seq, Data(salt), Data(new.record), tip.firstRows.first.map { Data($0) },
                tip.firstRows.dropFirst().first.map { Data($0) },
            ])
        if case .quarantine(let effort) = tip.lane {
            try db.run("INSERT INTO quarantined(seq, effort) VALUES (?, ?)", [seq, effort])
        }
    }
}

/// Reads entries; every one that is read is held against its commitment.
enum EntryReader {
    /// The columns that `entry(from:)` reads, of tables `entry` and `record`.
    static let columns =
        "entry.seq, entry.commitment, entry.kind, entry.tick, record.salt, record.record"

    static func isEntry(_ db: Database, _ seq: Int64, _ commitment: Hash256) throws -> Bool {
        try db.integer(
            "SELECT 1 FROM entry WHERE seq = ? AND commitment = ?", [seq, commitment.data]) != nil
    }

    /// Nil if there is no such entry, or its record was shredded.
    static func entry(_ db: Database, seq: Int64) throws -> Entry? {
        guard
            let row = try db.row(
                "SELECT \(columns) FROM entry LEFT JOIN record USING (seq) WHERE seq = ?", [seq])
        else { return nil }
        return try entry(db, from: row)
    }

    /// Nil if the record was shredded.
    static func entry(_ db: Database, from row: Row) throws -> Entry? {
        let seq: Int64 = row[0]
        let commitment = try Hash256(row[1], of: "the commitment of entry \(seq)")
        guard let kind = EntryKind(code: row[2]) else {
            throw LedgerError.damaged("entry \(seq) is of no known kind")
        }
        let tick: Int64 = row[3]
        guard let salt: Data = row[4], let record: Data = row[5] else {
            if try db.integer("SELECT 1 FROM shredded WHERE seq = ?", [seq]) != nil { return nil }
            throw LedgerError.damaged("the record of entry \(seq) is missing")
        }
        let entry = Entry(
            commitment: commitment, tick: UInt64(tick), kind: kind, record: [UInt8](record),
            salt: [UInt8](salt))
        guard Commitment.of(record: entry.record, salt: entry.salt) == commitment else {
            throw LedgerError.damaged("the record of entry \(seq) is not what was committed to")
        }
        return entry
    }
}
