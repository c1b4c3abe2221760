import Foundation
import GRDB
import Testing

@testable import Ledger

@Suite("Durability and guards")
struct DurabilityTests {
    private let fixture: LedgerFixture
    private let tick = LedgerFixture.tick

    init() throws {
        fixture = try LedgerFixture()
    }

    @Test("the writer runs with synchronous=FULL and the other settings that the promises rest on")
    func settings() throws {
        let store = try fixture.open()
        let expected = [
            ("synchronous", "2"), ("journal_mode", "wal"), ("recursive_triggers", "1"),
            ("secure_delete", "1"), ("foreign_keys", "1"), ("wal_autocheckpoint", "0"),
            ("mmap_size", "0"), ("temp_store", "2"), ("page_size", "\(Schema.pageBytes)"),
        ]
        try store.pool.writeWithoutTransaction { db throws in
            for (name, value) in expected {
                #expect(try String.fetchOne(db, sql: "PRAGMA \(name)") == value, "\(name)")
            }
        }
    }

    @Test("what was appended cannot be updated, deleted or replaced, not even by a mistake of ours")
    func guards() throws {
        let store = try fixture.open()
        let tip = try store.take(Sample.tip("a", rows: Sample.longBody("a"))).commitment
        let report = try store.take(Sample.report("1", tip: tip, number: 1)).commitment
        _ = try store.take(.acknowledgement(note: [1], report: report))
        _ = try store.take(.reply(id: tip, blob: Sample.row("r", 4_144)))
        _ = try store.take(.roster(note: [2], staff: [], version: 1))
        let status = try store.take(.status(note: [3])).commitment
        _ = try store.take(.shred(note: [4], entries: [status]))
        _ = try store.endTick(tick + 1)
        let tables = [
            "entry", "record", "place", "placed", "checkpoint", "note", "shredded", "roster",
            "report", "acknowledgement", "mailbox", "body",
        ]
        let statements =
            tables.flatMap { table in
                [
                    "UPDATE \(table) SET rowid = rowid", "DELETE FROM \(table)",
                    "INSERT OR REPLACE INTO \(table) SELECT * FROM \(table)",
                    "REPLACE INTO \(table) SELECT * FROM \(table) LIMIT 1",
                ]
            } + ["UPDATE tile SET hashes = hashes", "DELETE FROM tile WHERE position = 0"]
        for statement in statements {
            // Tables without rowid have another column to try.
            let sql = statement.replacingOccurrences(
                of: "placed SET rowid = rowid", with: "placed SET leaf = leaf"
            )
            .replacingOccurrences(of: "note SET rowid = rowid", with: "note SET seq = seq")
            let error = #expect(throws: DatabaseError.self, "\(sql)") {
                try store.pool.write { try $0.execute(sql: sql) }
            }
            #expect(
                error?.message?.hasSuffix("is append-only") == true,
                "\(sql): \(String(describing: error))")
        }
        #expect(try store.verifyAll().faults == [])
    }

    @Test("a database from a newer version is refused, and not touched")
    func newerVersion() throws {
        let newer = Schema.version + 1
        do {
            let store = try fixture.open()
            try store.pool.writeWithoutTransaction {
                try $0.execute(sql: "PRAGMA user_version = \(newer)")
            }
        }
        #expect(throws: LedgerError.newerVersion(found: newer, known: newer - 1)) {
            try fixture.open()
        }
        let queue = try DatabaseQueue(path: fixture.path)
        #expect(try queue.read { try Int.fetchOne($0, sql: "PRAGMA user_version") } == newer)
    }

    @Test("a file that is no ledger, and one that is no database, are refused")
    func foreignFiles() throws {
        let queue = try DatabaseQueue(path: fixture.path)
        try queue.write { try $0.execute(sql: "CREATE TABLE mine(x)") }
        try queue.close()
        #expect(throws: LedgerError.notALedger) { try fixture.open() }
        let other = try LedgerFixture()
        try Data(Sample.row("garbage", 8_192)).write(to: URL(filePath: other.path))
        #expect(throws: LedgerError.notALedger) { try other.open() }
    }

    @Test("another log's name or key is refused")
    func otherLog() throws {
        do {
            let store = try fixture.open()
            _ = try store.endTick(tick)
        }
        let otherName = try LedgerFixture.makeSigner("gateway.example/other", seed: 7)
        #expect(throws: LedgerError.otherLog("this is the ledger of \(LedgerFixture.origin)")) {
            try LedgerStore(path: fixture.path, signer: otherName)
        }
        let otherKey = try LedgerFixture.makeSigner(LedgerFixture.origin, seed: 8)
        #expect(throws: LedgerError.otherLog("this key did not sign the newest checkpoint")) {
            try LedgerStore(path: fixture.path, signer: otherKey)
        }
    }

    @Test("a ledger that is open is not opened a second time")
    func inUse() throws {
        let store = try fixture.open()
        #expect(throws: LedgerError.inUse) { try fixture.open() }
        withExtendedLifetime(store) {}
    }

    @Test("a full database refuses the group with nothing kept, and takes it once there is room")
    func full() throws {
        let store = try fixture.open()
        let kept = try store.take(Sample.tip("kept"))
        func limit(_ pages: Int) throws {
            try store.pool.writeWithoutTransaction {
                try $0.execute(sql: "PRAGMA max_page_count = \(pages)")
            }
        }
        try limit(1)
        let items = (0..<64).map { Sample.tip("big \($0)") }
        for _ in 0..<3 {
            #expect(throws: LedgerError.full) { try store.appendGroup(items, tick: tick) }
            #expect(throws: LedgerError.full) { try store.endTick(tick + 1) }
        }
        #expect(try store.deskSequence(Sample.desk) == 1)
        #expect(try store.entry(kept.commitment) == kept)
        #expect(try store.verifyAll().entries == 1)
        try limit(1_000_000)
        // The tick that failed closed its promises: what comes now is promised for the next.
        let outcomes = try store.appendGroup(items, tick: tick)
        #expect(outcomes.allSatisfy { if case .appended = $0 { true } else { false } })
        _ = try store.endTick(tick + 2)
        let check = try store.verifyAll()
        #expect(check.faults == [])
        #expect(check.pending == 0)
    }

    @Test(
        "a sealing that swallows the storage's error cannot make a group that is not whole durable")
    func swallowedError() throws {
        let store = try fixture.open()
        _ = try store.take(Sample.tip("kept"))
        try store.pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA max_page_count = 1") }
        let careless = AppendItem.tip(
            TipAppend(envelope: Hash256(hashing: [1]), deskKey: Sample.desk) { slot in
                for _ in 0..<100 { try? slot.write(row: Sample.row("x", 65_536)) }
                return Sample.sealed([])
            })
        #expect(throws: LedgerError.full) {
            try store.appendGroup([.status(note: [1]), careless], tick: tick)
        }
        #expect(try store.verifyAll().entries == 1)
    }

    @Test(
        "a disk that is full in earnest: refused, nothing acknowledged is lost, recovers by itself",
        .enabled(if: SmallDisk.canMount))
    func fullDisk() throws {
        let disk = try SmallDisk(mebibytes: 6)
        let path = disk.folder.appending(path: "ledger.sqlite").path
        let ballast = disk.folder.appending(path: "ballast")
        try Data(count: 2 << 20).write(to: ballast)
        var promised: [Entry] = []
        var wasFull = 0
        do {
            let store = try LedgerStore(path: path, signer: fixture.signer)
            for group in 0..<200 where wasFull < 5 {
                do throws(LedgerError) {
                    let items = (0..<8).map { Sample.tip("\(group)/\($0)") }
                    promised += try store.appendGroup(items, tick: tick).compactMap(\.entry)
                } catch {
                    #expect(error == .full)
                    wasFull += 1
                }
            }
            #expect(wasFull == 5)
            #expect(promised.count > 8)
            for entry in promised { #expect(try store.entry(entry.commitment) == entry) }
            try FileManager.default.removeItem(at: ballast)
            promised.append(try store.take(Sample.tip("after")))
            _ = try store.endTick(tick + 1)
        }
        let store = try LedgerStore(path: path, signer: fixture.signer)
        for entry in promised { #expect(try store.proof(of: entry.commitment) != nil) }
        #expect(try store.verifyAll().faults == [])
    }
}

/// A file system of a few megabytes.
final class SmallDisk {
    let folder: URL

    static var canMount: Bool {
        guard let disk = try? SmallDisk(mebibytes: 1) else { return false }
        withExtendedLifetime(disk) {}
        return true
    }

    init(mebibytes: Int) throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "disk-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        guard
            try Self.run(
                "/bin/mount", "-t", "tmpfs", "-o", "size=\(mebibytes)m", "tmpfs", folder.path) == 0
        else {
            try? FileManager.default.removeItem(at: folder)
            throw Surprise("no small disk can be mounted")
        }
    }

    deinit {
        _ = try? Self.run("/bin/umount", "-l", folder.path)
        try? FileManager.default.removeItem(at: folder)
    }

    private static func run(_ program: String, _ arguments: String...) throws -> Int32 {
        let process = Process()
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        return process.terminationStatus
    }
}
