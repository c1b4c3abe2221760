import Foundation
import GRDB
import Testing

@testable import Ledger

/// The write-ahead log stays short between two ticks, whatever makes it grow.
@Suite("The length of the write-ahead log")
struct LogLengthTests {
    private static let bytesMax = 16 << 20
    private static let id = [UInt8](repeating: 5, count: LedgerStore.uploadIDBytes)
    private let fixture: LedgerFixture

    init() throws {
        fixture = try LedgerFixture()
    }

    private func log() throws -> Data {
        try Data(contentsOf: URL(filePath: fixture.path + "-wal"))
    }

    private func logBytes() throws -> Int {
        try URL(filePath: fixture.path + "-wal").resourceValues(forKeys: [.fileSizeKey]).fileSize
            ?? 0
    }

    /// Calls `change` so many times; the longest that the log was meanwhile.
    private func longest(_ count: Int, _ change: (Int) throws -> Void) throws -> Int {
        var longest = 0
        for number in 0..<count {
            try change(number)
            longest = max(longest, try logBytes())
        }
        return longest
    }

    @Test("a piece that is sent again and again, each time another one")
    func replacedPieces() throws {
        let store = try fixture.open()
        try store.beginUpload(id: Self.id, tick: LedgerFixture.tick)
        let length = try longest(400) { number in
            let bytes = [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: 65_536)
            _ = try store.stage(upload: Self.id, row: 0, bytes: bytes)
        }
        #expect(length < Self.bytesMax)
    }

    @Test("uploads that are begun, and dropped, and deleted")
    func beginnings() throws {
        let store = try fixture.open()
        func id(_ number: Int) -> [UInt8] {
            [UInt8(number >> 8), UInt8(number & 255)] + Self.id.dropFirst(2)
        }
        let length = try longest(600) { number in
            try store.beginUpload(id: id(number), tick: LedgerFixture.tick)
            if number.isMultiple(of: 2) { try store.dropUpload(id(number)) }
            if number.isMultiple(of: 8) { _ = try store.sweepUploads() }
        }
        #expect(length < Self.bytesMax)
    }

    @Test("small entries, each in a group of its own")
    func smallEntries() throws {
        let store = try fixture.open()
        let length = try longest(400) { number in
            _ = try store.take(.status(note: [UInt8(number >> 8), UInt8(number & 255)]))
        }
        #expect(length < Self.bytesMax)
    }

    @Test("a tick writes no more than it said, and of a long log much")
    func ticks() throws {
        let store = try fixture.open()
        let (placed, waiting) = (200_000, 640)
        try store.pool.write { db in
            for (table, rest) in [("placed", "-i"), ("answered", "i, \(LedgerFixture.tick)")] {
                try db.execute(
                    sql: """
                        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT ?)
                        INSERT INTO \(table) SELECT randomblob(32) AS hash, \(rest) FROM n ORDER BY hash
                        """, arguments: [placed])
            }
        }
        for group in 0..<waiting / 64 {
            let tips = (0..<64).map { number in
                Sample.tip("\(group)/\(number)", rows: [Sample.row("\(number)", 64)])
            }
            _ = try store.appendGroup(tips, tick: LedgerFixture.tick)
        }
        #expect(store.nextTickBytes == TickSize.bytes(waiting: waiting, placed: 0))
        try store.emptyWriteAheadLog()
        // Keeps what is written where it is.
        let reader = try store.pool.makeSnapshot()
        _ = try store.endTick(LedgerFixture.tick + 1)
        let written = UInt64(try logBytes())
        withExtendedLifetime(reader) {}
        #expect(written > 8 << 20)
        #expect(written < TickSize.bytes(waiting: waiting, placed: UInt64(placed)))
        #expect(store.nextTickBytes == 0)
    }

    @Test("the same piece once more writes nothing")
    func samePiece() throws {
        let store = try fixture.open()
        try store.beginUpload(id: Self.id, tick: LedgerFixture.tick)
        let bytes = Sample.row("piece", 65_536)
        #expect(try store.stage(upload: Self.id, row: 0, bytes: bytes) == bytes.count)
        let before = try log()
        for _ in 0..<3 { #expect(try store.stage(upload: Self.id, row: 0, bytes: bytes) == 0) }
        #expect(try log() == before)
    }
}
