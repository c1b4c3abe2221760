import Foundation
import GRDB
import Testing

@testable import Ledger

@Suite("Crashes and damage")
struct RecoveryTests {
    private let fixture: LedgerFixture
    private let tick = LedgerFixture.tick

    init() throws {
        fixture = try LedgerFixture()
    }

    /// The files of a ledger, as a crash at this moment would leave them.
    private func snapshot() throws -> (database: Data, log: Data) {
        (
            try Data(contentsOf: URL(filePath: fixture.path)),
            try Data(contentsOf: URL(filePath: fixture.path + "-wal"))
        )
    }

    private func open(_ database: Data, _ log: Data) throws -> (LedgerFixture, LedgerStore) {
        let copy = try LedgerFixture()
        try database.write(to: URL(filePath: copy.path))
        try log.write(to: URL(filePath: copy.path + "-wal"))
        return (copy, try copy.open())
    }

    @Test(
        "cut anywhere, the ledger opens whole, with all that was acknowledged by then"
    )
    func cutAnywhere() throws {
        let store = try fixture.open()
        _ = try store.endTick(tick)
        var acknowledged: [(logBytes: Int, entries: [Entry])] = []
        for group in 0..<6 {
            let items = (0..<3).map { Sample.tip("\(group)/\($0)", rows: [[UInt8(group)], [1]]) }
            let entries = try store.appendGroup(items, tick: tick).compactMap(\.entry)
            acknowledged.append((try snapshot().log.count, entries))
        }
        let (database, log) = try snapshot()
        let frame = 24 + 4_096
        var cuts = Array(stride(from: 32, through: log.count, by: 7 * frame))
        cuts += cuts.map { $0 + 1_000 } + acknowledged.map(\.logBytes) + [0, 10]
        for cut in cuts where cut <= log.count {
            let (_, copy) = try open(database, log.prefix(cut))
            for group in acknowledged where group.logBytes <= cut {
                for entry in group.entries {
                    #expect(try copy.entry(entry.commitment) == entry, "cut at \(cut)")
                }
            }
            #expect(try copy.verifyAll().faults == [], "cut at \(cut)")
            // And it goes on: numbers, promises and the tick follow what is there.
            _ = try copy.take(Sample.tip("after"))
            _ = try copy.endTick(tick + 1)
            #expect(try copy.verifyAll().faults == [], "cut at \(cut)")
        }
    }

    @Test("a tick is all there or not at all, wherever it is cut")
    func cutTick() throws {
        let store = try fixture.open()
        let entries = try store.appendGroup(
            (0..<5).map { Sample.tip("\($0)", rows: [[1]]) }, tick: tick
        ).compactMap(\.entry)
        try store.emptyWriteAheadLog()
        // A reader keeps the tick's pages in the write-ahead log, where they can be cut.
        let (database, log) = try store.pool.read { db in
            _ = try Int.fetchOne(db, sql: "SELECT count(*) FROM entry")
            _ = try store.endTick(tick + 1)
            return try snapshot()
        }
        #expect(log.count > 40_000)
        var sizes: Set<UInt64> = []
        for cut in stride(from: 0, through: log.count, by: 3 * (24 + Schema.pageBytes)) {
            let (_, copy) = try open(database, log.prefix(cut + 32))
            let size = try copy.treeSize()
            sizes.insert(size)
            #expect(try copy.verifyAll().faults == [])
            if size == 0 { #expect(try copy.endTick(tick + 1)?.size == 256) }
            for entry in entries { #expect(try copy.proof(of: entry.commitment) != nil) }
        }
        #expect(sizes == [0, 256])
    }

    @Test("killed in the middle of appends and ticks, nothing that was acknowledged is lost")
    func killed() async throws {
        await #expect(processExitsWith: .signal(SIGKILL)) {
            let base = "/tmp/ledger-kill-\(getppid())"
            try FileManager.default.createDirectory(
                atPath: base, withIntermediateDirectories: true)
            let signer = try LedgerFixture.makeSigner(LedgerFixture.origin, seed: 7)
            let store = try LedgerStore(path: base + "/ledger.sqlite", signer: signer)
            try Data().write(to: URL(filePath: base + "/acknowledged"))
            let journal = try #require(FileHandle(forWritingAtPath: base + "/acknowledged"))
            let reached = DispatchSemaphore(value: 0)
            let appender = Thread {
                var group = 0
                while true {
                    let items = (0..<4).map { Sample.tip("\(group)/\($0)") }
                    let outcomes = try? store.appendGroup(items, tick: LedgerFixture.tick)
                    for entry in (outcomes ?? []).compactMap(\.entry) {
                        journal.write(Data(entry.commitment.bytes))
                    }
                    group += 1
                    if group == 40 { reached.signal() }
                    if group.isMultiple(of: 10) {
                        _ = try? store.endTick(LedgerFixture.tick + UInt64(group))
                    }
                }
            }
            appender.start()
            reached.wait()
            kill(getpid(), SIGKILL)
        }
        let base = "/tmp/ledger-kill-\(getpid())"
        defer { try? FileManager.default.removeItem(atPath: base) }
        let acknowledged = try [UInt8](Data(contentsOf: URL(filePath: base + "/acknowledged")))
        #expect(acknowledged.count >= 40 * 4 * 32)
        let store = try LedgerStore(path: base + "/ledger.sqlite", signer: fixture.signer)
        for start in stride(from: 0, to: acknowledged.count - 31, by: 32) {
            let commitment = try #require(Hash256(Array(acknowledged[start..<start + 32])))
            #expect(try store.entry(commitment) != nil)
        }
        #expect(try store.verifyAll().faults == [])
        _ = try store.endTick(tick + 1_000_000)
        #expect(try store.verifyAll().pending == 0)
    }

    /// A ledger with one entry of each kind, two ticks and something that waits.
    private func furnish(_ store: LedgerStore) throws {
        let tip = try store.take(Sample.tip("a", rows: Sample.longBody("a"))).commitment
        let report = try store.take(Sample.report("1", tip: tip, number: 1)).commitment
        _ = try store.take(.acknowledgement(note: [1], report: report))
        _ = try store.take(.reply(id: tip, blob: Sample.row("r", 4_144)))
        _ = try store.take(.roster(note: [2], staff: [3], version: 1))
        let doomed = try store.take(.status(note: [4])).commitment
        _ = try store.take(.shred(note: [5], entries: [doomed]))
        _ = try store.endTick(tick + 1)
        _ = try store.take(Sample.tip("b"), tick: tick + 1)
        _ = try store.endTick(tick + 2)
        _ = try store.take(Sample.tip("c"), tick: tick + 2)
    }

    @Test(
        "whatever is changed behind the ledger's back, the check finds it",
        arguments: [
            "UPDATE record SET record = CAST(replace(record, '\"v\":1', '\"v\":2') AS BLOB) WHERE seq = 1",
            "UPDATE record SET salt = zeroblob(32) WHERE seq = 2",
            "DELETE FROM record WHERE seq = 1",
            "UPDATE record SET note = x'00' WHERE seq = 2",
            "UPDATE record SET attachment = x'00' WHERE seq = 2",
            "UPDATE record SET attachment = x'00' WHERE seq = 4",
            "UPDATE entry SET commitment = zeroblob(32) WHERE seq = 3",
            "UPDATE entry SET tick = tick + 1 WHERE seq = 3",
            "UPDATE entry SET kind = 5 WHERE seq = 3",
            "UPDATE entry SET kind = 99 WHERE seq = 3",
            "PRAGMA foreign_keys = OFF; DELETE FROM entry WHERE seq = 3",
            "UPDATE record SET row0 = x'00' WHERE seq = 1",
            "UPDATE record SET row1 = NULL WHERE seq = 1",
            "UPDATE body SET bytes = x'00' WHERE position = 1048578",
            "DELETE FROM body WHERE position = 1048579", "INSERT INTO body VALUES (5 << 20, x'00')",
            "UPDATE tile SET hashes = zeroblob(8192) WHERE position = 0",
            "DELETE FROM tile WHERE position = 1", "INSERT INTO tile VALUES (77, zeroblob(32))",
            "UPDATE place SET seq = 1 WHERE leaf = 9", "DELETE FROM place WHERE leaf = 300",
            "UPDATE placed SET leaf = 300 WHERE leaf = 200", "DELETE FROM placed WHERE leaf = 5",
            "UPDATE checkpoint SET note = CAST(replace(note, '256', '512') AS BLOB) WHERE size = 256",
            "UPDATE checkpoint SET tick = 1 WHERE size = 512",
            "DELETE FROM checkpoint WHERE size = 512",
            "UPDATE checkpoint SET next = 9999 WHERE size = 512",
            "UPDATE recent SET envelopes = x'00'",
            "UPDATE recent SET envelopes = CAST(substr(envelopes, 1, 8) || zeroblob(32) AS BLOB)",
            "UPDATE recent SET envelopes = x''",
            "UPDATE desk_sequence SET last = 9", "UPDATE entry SET number = 7 WHERE seq = 1",
            "UPDATE entry SET desk = NULL WHERE seq = 1",
            "UPDATE entry SET rows = 5 WHERE seq = 1",
            "UPDATE route SET last = 5", "UPDATE report SET number = 4",
            "DELETE FROM shredded", "UPDATE mailbox SET id = zeroblob(32)",
            "UPDATE mailbox SET cursor = 3", "UPDATE roster SET version = 4",
            "UPDATE tally SET count = count + 1 WHERE kind = 1", "DELETE FROM acknowledgement",
        ])
    func tampering(sql: String) throws {
        do {
            let store = try fixture.open()
            try furnish(store)
            #expect(try store.verifyAll().faults == [])
        }
        let queue = try DatabaseQueue(path: fixture.path)
        try queue.writeWithoutTransaction { db in
            for name in try String.fetchAll(
                db, sql: "SELECT name FROM sqlite_schema WHERE type = 'trigger'")
            {
                try db.execute(sql: "DROP TRIGGER \(name)")
            }
            try db.execute(sql: "PRAGMA foreign_keys = OFF; " + sql)
            #expect(db.totalChangesCount > 0)
        }
        try queue.close()
        expectFound("the change") { try fixture.open() }
    }

    @Test("a record that is not what was committed to stops the reader with a clear word")
    func damagedRecord() throws {
        let store = try fixture.open()
        let entry = try store.take(Sample.tip("a"))
        try store.pool.write {
            try $0.execute(
                sql: "DROP TRIGGER record_no_update; UPDATE record SET salt = zeroblob(32)")
        }
        let error = LedgerError.damaged("the record of entry 1 is not what was committed to")
        #expect(throws: error) { try store.entry(entry.commitment) }
        #expect(throws: error) { try store.deskTips(keys: [Sample.desk], after: 0, limit: 1) }
    }

    @Test(
        "pages that are garbage stop the ledger with a clear word, at the latest when they are read"
    )
    func garbagePages() throws {
        do {
            let store = try fixture.open()
            try furnish(store)
            try store.emptyWriteAheadLog()
        }
        let whole = try Data(contentsOf: URL(filePath: fixture.path))
        let size = Schema.pageBytes
        for page in stride(from: 1, to: whole.count / size, by: 5) {
            var broken = whole
            broken.replaceSubrange(
                page * size..<(page + 1) * size, with: Sample.row("page", size))
            let copy = try LedgerFixture()
            try broken.write(to: URL(filePath: copy.path))
            expectFound("page \(page)") { try copy.open() }
        }
    }

    /// What opening reads, opening refuses; the check finds the rest.
    private func expectFound(_ what: String, opening open: () throws -> LedgerStore) {
        do {
            let check = try open().verifyAll()
            #expect(!check.faults.isEmpty, "\(what) went unnoticed")
        } catch LedgerError.damaged, LedgerError.otherLog, LedgerError.notALedger {
            return
        } catch {
            Issue.record("\(what): \(error)")
        }
    }
}
