import Foundation
import Testing

/// The ledger under strace: its calls counted, failed and killed one by one.
@Suite("System calls that fail", .enabled(if: TracedChild.canRun), .serialized)
struct FaultTests {
    @Test("a group is one fsync of the write-ahead log")
    func fsyncs() throws {
        // The log's header and the last copying are synced once, whatever the number of groups.
        func syncs(_ groups: Int) throws -> Int {
            let child = try TracedChild(groups: groups, ticks: false)
            try #require(try child.run(["-y", "-e", "trace=fsync,fdatasync"]) == 0)
            return try child.calls().filter { $0.contains("ledger.sqlite-wal") }.count
        }
        #expect(try syncs(15) - syncs(5) == 10)
    }

    @Test(
        "an fsync error is fatal: nothing more is acknowledged, and all that was is there",
        arguments: [1, 4, 7, 12])
    func failedSync(nth: Int) throws {
        let child = try TracedChild(groups: 30, ticks: true)
        let status = try child.run([
            "-e", "inject=fsync,fdatasync:error=EIO:when=\(nth)+", "-e", "trace=fsync,fdatasync",
        ])
        #expect(status == 0)
        try child.verify(endedBy: "fatal")
    }

    @Test(
        "an fsync error at the opening is fatal too, whatever was found",
        arguments: ["fsync", "fdatasync"])
    func failedOpening(call: String) throws {
        let child = try TracedChild(groups: 4, ticks: false)
        try #require(try child.run(["-e", "trace=fsync"]) == 0)
        try #require(
            try child.run(["-e", "inject=\(call):error=EIO", "-e", "trace=\(call)"]) == 0)
        #expect(child.errors.hasPrefix("fatal at the opening"))
        try child.verify(endedBy: nil)
    }

    @Test(
        "a read that fails at the opening is no damage: the next process reads everything anew",
        arguments: [1, 3, 5, 7, 9, 11, 13, 15])
    func failedRead(nth: Int) throws {
        // SQLite itself calls EIO damage.
        let child = try TracedChild(groups: 4, ticks: true)
        try #require(try child.run(["-e", "trace=fsync"]) == 0)
        let files = ["-P", child.ledger, "-P", child.ledger + "-wal"]
        let fault = ["-e", "inject=pread64:error=ETIMEDOUT:when=\(nth)+", "-e", "trace=pread64"]
        #expect(try child.run(files + fault) == 0)
        try child.verify(endedBy: "fatal")
    }

    @Test(
        "killed at any sync or write, in an append or a tick, nothing that was acknowledged is lost",
        arguments: [
            ("fdatasync", 2), ("fdatasync", 3), ("fdatasync", 8), ("fdatasync", 13),
            ("pwrite64", 20), ("pwrite64", 70), ("pwrite64", 160), ("pwrite64", 290),
            ("ftruncate", 1),
        ])
    func killed(call: String, nth: Int) throws {
        let child = try TracedChild(groups: 12, ticks: true)
        let status = try child.run([
            "-e", "inject=\(call):signal=KILL:when=\(nth)", "-e", "trace=\(call)",
        ])
        // strace ends as its child did.
        #expect(status == SIGKILL)
        try child.verify(endedBy: nil)
    }

    @Test("a disk without room for a while: refused as full, then everything goes on")
    func noSpace() throws {
        let child = try TracedChild(groups: 12, ticks: false)
        let status = try child.run([
            "-e", "inject=pwrite64:error=ENOSPC:when=120..123", "-e", "trace=pwrite64", "-P",
            child.ledger + "-wal",
        ])
        #expect(status == 0)
        // Four writes fail, and with each of them one group of three.
        #expect(try child.verify(endedBy: "full") == 8 * 3)
    }

    @Test("what the tests above trace")
    func child() throws {
        guard let order = TracedChild.order else { return }
        try order.obey()
    }
}
