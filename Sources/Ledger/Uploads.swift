import Foundation
import GRDB

/// An upload that is staged.
public struct StagedUpload: Equatable, Sendable {
    /// Its 16-byte id.
    public let id: [UInt8]
    /// The tick it was begun in.
    public let tick: UInt64
    /// Rows that are there.
    public let rowCount: UInt32
}

/// Rows of envelopes that come in pieces (formats.md §8).
///
/// They are ciphertext, and no entry of the log.
enum Staging {
    static func number(_ db: Database, of id: [UInt8]) throws -> Int64? {
        try db.integer("SELECT number FROM upload WHERE id = ?", [Data(id)])
    }

    static func row(_ db: Database, upload: Int64, row: UInt32) throws -> [UInt8]? {
        let found = try db.row(
            "SELECT bytes FROM staged WHERE position = ?", [RowPosition.of(upload, row: row)])
        return found.map { row in
            let bytes: Data = row[0]
            return [UInt8](bytes)
        }
    }

    static func drop(_ db: Database, upload: Int64) throws {
        let rows = RowPosition.all(of: upload)
        try db.run(
            "DELETE FROM staged WHERE position BETWEEN ? AND ?",
            [rows.lowerBound, rows.upperBound])
        try db.run("DELETE FROM upload WHERE number = ?", [upload])
    }
}

extension LedgerStore {
    /// Bytes of an upload's id.
    public static let uploadIDBytes = 16

    /// Opens an upload under a random id of `uploadIDBytes` that the caller drew.
    public func beginUpload(id: [UInt8], tick: UInt64) throws(LedgerError) {
        guard id.count == Self.uploadIDBytes else { throw .misuse("an upload's id has 16 bytes") }
        try write { db in
            try db.run("INSERT INTO upload(id, tick) VALUES (?, ?)", [Data(id), Int64(tick)])
        }
    }

    /// Keeps one row of an upload; the same row may come again and replaces what was there.
    ///
    /// False if there is no such upload.
    public func stage(upload id: [UInt8], row: UInt32, bytes: [UInt8]) throws(LedgerError) -> Bool {
        guard row < LedgerLimits.rowCountMax, bytes.count <= LedgerLimits.rowBytesMax else {
            throw .misuse("an upload has more or longer rows than the limits allow")
        }
        let isKnown = try write { db in
            guard let number = try Staging.number(db, of: id) else { return false }
            try db.run(
                "INSERT OR REPLACE INTO staged(position, bytes) VALUES (?, ?)",
                [RowPosition.of(number, row: row), Data(bytes)])
            return true
        }
        try mergeIfDue(written: bytes.count)
        return isKnown
    }

    /// One row of an upload; nil if there is no such row or upload.
    public func stagedRow(upload id: [UInt8], row: UInt32) throws(LedgerError) -> [UInt8]? {
        try read { db in
            try Staging.number(db, of: id).flatMap { try Staging.row(db, upload: $0, row: row) }
        }
    }

    /// Forgets an upload; nothing happens if there is none.
    public func dropUpload(_ id: [UInt8]) throws(LedgerError) {
        try write { db in
            guard let number = try Staging.number(db, of: id) else { return }
            try Staging.drop(db, upload: number)
        }
    }

    /// Every upload that is staged: what the vault's budgets start from.
    public func stagedUploads() throws(LedgerError) -> [StagedUpload] {
        try read { db in
            try db.rows("SELECT number, id, tick FROM upload ORDER BY number", []).map { row in
                let rows = RowPosition.all(of: row[0])
                let count = try db.integer(
                    "SELECT count(*) FROM staged WHERE position BETWEEN ? AND ?",
                    [rows.lowerBound, rows.upperBound])
                let id: Data = row[1]
                let tick: Int64 = row[2]
                return StagedUpload(
                    id: [UInt8](id), tick: UInt64(tick), rowCount: UInt32(count ?? 0))
            }
        }
    }
}
