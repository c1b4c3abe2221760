import Foundation
import GRDB

/// An upload that is staged.
public struct StagedUpload: Equatable, Sendable {
    /// Its 16-byte id.
    public let id: [UInt8]
    /// The tick it was begun in.
    public let tick: UInt64
    /// Bytes of its rows.
    public let bytes: UInt64
}

/// A step of an upload.
public enum UploadStep: Equatable, Sendable {
    /// Opens one under a random id of `LedgerStore.uploadIDBytes` that the caller drew.
    case begin(id: [UInt8])
    /// Keeps one row of it; the same row may come again and replaces what was there.
    case row(id: [UInt8], index: UInt32, bytes: [UInt8])
}

/// Rows of envelopes that come in pieces (formats.md §8).
///
/// They are ciphertext, and no entry of the log. An upload that is dropped is gone at once for everybody; its rows are
/// deleted bit by bit (`LedgerStore.sweepUploads`): `secure_delete` writes each of their pages once more, for which all
/// at once there may be no room on the disk.
enum Staging {
    static func number(_ db: Database, of id: [UInt8]) throws -> Int64? {
        try db.integer("SELECT number FROM upload WHERE id = ? AND NOT is_dropped", [Data(id)])
    }

    static func row(_ db: Database, upload: Int64, row: UInt32) throws -> [UInt8]? {
        let found = try db.row(
            "SELECT bytes FROM staged WHERE position = ?", [RowPosition.of(upload, row: row)])
        return found.map { row in
            let bytes: Data = row[0]
            return [UInt8](bytes)
        }
    }

    /// Does a step, and returns by how many bytes the upload grew; nil if there is none.
    static func take(_ step: UploadStep, tick: UInt64, _ db: Database) throws -> Int? {
        switch step {
        case .begin(let id):
            try db.run("INSERT INTO upload(id, tick) VALUES (?, ?)", [Data(id), Int64(tick)])
            return 0
        case .row(let id, let index, let bytes):
            return try number(db, of: id).map {
                try keep(db, upload: $0, row: index, bytes: bytes)
            }
        }
    }

    private static func keep(
        _ db: Database, upload: Int64, row: UInt32, bytes: [UInt8]
    ) throws -> Int {
        let position = RowPosition.of(upload, row: row)
        let data = Data(bytes)
        let before = try db.row(
            "SELECT length(bytes), bytes = ? FROM staged WHERE position = ?", [data, position])
        // Whoever sends again what is there writes nothing.
        if let before, before[1] { return 0 }
        try db.run(
            "INSERT OR REPLACE INTO staged(position, bytes) VALUES (?, ?)", [position, data])
        let bytesBefore: Int = before?[0] ?? 0
        let growth = bytes.count - bytesBefore
        try db.run("UPDATE upload SET bytes = bytes + ? WHERE number = ?", [growth, upload])
        return growth
    }

    static func drop(_ db: Database, upload: Int64) throws {
        try db.run("UPDATE upload SET is_dropped = 1 WHERE number = ?", [upload])
    }

    /// Deletes rows of an upload, and itself with the last of them; how many rows there were to delete.
    static func delete(_ db: Database, upload: Int64, rowsMax: Int) throws -> Int {
        let all = RowPosition.all(of: upload)
        let last = try db.integer(
            """
            SELECT position FROM staged WHERE position BETWEEN ? AND ?
            ORDER BY position LIMIT 1 OFFSET ?
            """, [all.lowerBound, all.upperBound, rowsMax - 1])
        try db.run(
            "DELETE FROM staged WHERE position BETWEEN ? AND ?",
            [all.lowerBound, last ?? all.upperBound])
        let count = db.changesCount
        if last == nil { try db.run("DELETE FROM upload WHERE number = ?", [upload]) }
        return count
    }
}

extension LedgerStore {
    /// Bytes of an upload's id.
    public static let uploadIDBytes = 16
    /// Rows that one sweep deletes: with rows of 64 KiB, 4 MiB.
    private static let sweepRowsMax = 64
    /// Uploads that one sweep looks at.
    private static let sweepUploadsMax = 256

    /// Forgets uploads, those of them that are there, and does steps of others, in one transaction: one fsync for all.
    ///
    /// Returns for each step by how many bytes its upload grew; nil if there is no such upload.
    public func stage(
        _ steps: [UploadStep], dropping dropped: [[UInt8]] = [], tick: UInt64
    ) throws(LedgerError) -> [Int?] {
        for step in steps where !step.isWithinLimits {
            throw .misuse("an upload's id, row or piece is not within the limits")
        }
        guard !steps.isEmpty || !dropped.isEmpty else { return [] }
        return try write { db in
            for id in dropped {
                guard let number = try Staging.number(db, of: id) else { continue }
                try Staging.drop(db, upload: number)
            }
            return try steps.map { try Staging.take($0, tick: tick, db) }
        }
    }

    /// One row of an upload; nil if there is no such row or upload.
    public func stagedRow(upload id: [UInt8], row: UInt32) throws(LedgerError) -> [UInt8]? {
        try read { db in
            try Staging.number(db, of: id).flatMap { try Staging.row(db, upload: $0, row: row) }
        }
    }

    /// Every upload that is staged: what the vault's budget starts from.
    public func stagedUploads() throws(LedgerError) -> [StagedUpload] {
        try read { db in
            try db.rows(
                "SELECT id, tick, bytes FROM upload WHERE NOT is_dropped ORDER BY number", []
            ).map { row in
                let id: Data = row[0]
                let tick: Int64 = row[1]
                let bytes: Int64 = row[2]
                return StagedUpload(
                    id: [UInt8](id), tick: UInt64(tick), bytes: UInt64(max(0, bytes)))
            }
        }
    }

    /// Deletes a piece of what was dropped; false if there was nothing to delete.
    public func sweepUploads() throws(LedgerError) -> Bool {
        try write { db in
            let uploads = try db.rows(
                "SELECT number FROM upload WHERE is_dropped LIMIT ?", [Self.sweepUploadsMax])
            guard !uploads.isEmpty else { return false }
            var rows = 0
            for upload in uploads where rows < Self.sweepRowsMax {
                rows += try Staging.delete(
                    db, upload: upload[0], rowsMax: Self.sweepRowsMax - rows)
            }
            return true
        }
    }
}

extension UploadStep {
    fileprivate var isWithinLimits: Bool {
        switch self {
        case .begin(let id): id.count == LedgerStore.uploadIDBytes
        case .row(_, let index, let bytes):
            index < LedgerLimits.rowCountMax && bytes.count <= LedgerLimits.rowBytesMax
        }
    }
}
