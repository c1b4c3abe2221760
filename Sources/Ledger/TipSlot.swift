import Foundation
import GRDB

/// A tip's place inside the transaction that appends it: its number, and where its sealed body
/// goes, row by row, so that a large body is never whole in memory.
///
/// Valid only until `TipAppend.seal` returns.
public final class TipSlot {
    /// Gap-free per desk key, from 1 (formats.md §5, `desk_seq`).
    public let number: UInt64
    /// The tick that the tip is promised for.
    public let tick: UInt64
    /// Rows written so far.
    public private(set) var rowCount: UInt32 = 0
    /// Bytes written so far.
    public private(set) var byteCount: UInt64 = 0

    /// The first error of the storage.
    ///
    /// It ends the whole group, even if the sealing swallowed it.
    private(set) var failure: (any Error)?

    /// Bytes of a body that wait in memory until the tip is certain; larger ones are written as they
    /// come, under a savepoint.
    static let heldBytesMax = 1 << 18

    /// Whether something was written that a refusal has to take back.
    private(set) var hasSavepoint = false
    /// The lane that the tip was given before its sealing began.
    public internal(set) var lane = TipLane.ordinary
    /// The rows that go into the record's row.
    private(set) var firstRows: [[UInt8]] = []
    private var held: [[UInt8]] = []

    private var db: Database?
    private let seq: Int64
    private let upload: Int64?

    init(_ db: Database, seq: Int64, number: UInt64, tick: UInt64, upload: Int64?) {
        self.db = db
        self.seq = seq
        self.number = number
        self.tick = tick
        self.upload = upload
    }

    /// Adds the next row of the sealed body: row 0 is wrap ‖ header, row n message n.
    ///
    /// At most `LedgerLimits.rowBytesMax` bytes.
    public func write(row: [UInt8]) throws(LedgerError) {
        guard row.count <= LedgerLimits.rowBytesMax, rowCount < LedgerLimits.rowCountMax else {
            throw .misuse("a body has more or longer rows than the limits allow")
        }
        guard db != nil else { throw .misuse("a tip's slot was used after its transaction") }
        if rowCount < RowPosition.rowsInRecord {
            firstRows.append(row)
        } else if !hasSavepoint, byteCount + UInt64(row.count) <= Self.heldBytesMax {
            held.append(row)
        } else {
            try onStorage { db in
                if !hasSavepoint {
                    try db.run("SAVEPOINT item")
                    hasSavepoint = true
                    try writeHeld(db)
                }
                try insert(db, row, at: rowCount)
            }
        }
        rowCount += 1
        byteCount += UInt64(row.count)
    }

    /// Row `row` of the upload that the tip is made from; nil after the last, and where one is
    /// missing.
    public func uploadRow(_ row: UInt32) throws(LedgerError) -> [UInt8]? {
        guard let upload else { throw .misuse("this tip has no upload") }
        return try onStorage { db in try Staging.row(db, upload: upload, row: row) }
    }

    /// Writes what waits in memory.
    func writeHeld(_ db: Database) throws {
        for (index, row) in held.enumerated() {
            try insert(db, row, at: RowPosition.rowsInRecord + UInt32(index))
        }
        held = []
    }

    private func insert(_ db: Database, _ row: [UInt8], at index: UInt32) throws {
        try db.run(
            "INSERT INTO body(position, bytes) VALUES (?, ?)",
            [RowPosition.of(seq, row: index), Data(row)])
    }

    func close() {
        db = nil
    }

    private func onStorage<T>(_ work: (Database) throws -> T) throws(LedgerError) -> T {
        guard let db else { throw .misuse("a tip's slot was used after its transaction") }
        do {
            return try work(db)
        } catch {
            failure = failure ?? error
            throw LedgerStore.translate(error, writing: true)
        }
    }
}
