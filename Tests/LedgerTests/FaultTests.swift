import Foundation
import Testing

@testable import Ledger

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

/// This test program once more, under strace, running `FaultTests.child` only.
final class TracedChild {
    private static let program = "/usr/bin/strace"
    private static let variable = "LEDGER_TRACED"

    /// What the child is told.
    struct Order: Codable {
        let folder: String
        let groups: Int
        let ticks: Bool
    }

    private let folder: URL
    private let order: Order

    /// Where the child keeps its ledger.
    var ledger: String { folder.appending(path: "ledger.sqlite").path }

    init(groups: Int, ticks: Bool) throws {
        folder = FileManager.default.temporaryDirectory.appending(
            path: "trace-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        order = Order(folder: folder.path, groups: groups, ticks: ticks)
    }

    deinit {
        try? FileManager.default.removeItem(at: folder)
    }

    /// Nil in the program that is not traced.
    static var order: Order? {
        ProcessInfo.processInfo.environment[variable].flatMap {
            try? JSONDecoder().decode(Order.self, from: Data($0.utf8))
        }
    }

    static var canRun: Bool {
        if order != nil { return true }
        guard FileManager.default.isExecutableFile(atPath: program) else { return false }
        return (try? strace(["-o", "/dev/null", "/bin/true"], order: nil)) == 0
    }

    /// Runs the child to its end, and returns its status.
    func run(_ options: [String]) throws -> Int32 {
        let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        return try Self.strace(
            ["-f", "-qq", "-o", folder.appending(path: "trace").path] + options + [
                own, "--testing-library", "swift-testing", "--filter", "FaultTests/child",
            ], order: order)
    }

    /// The traced calls, a line each.
    func calls() throws -> [String] {
        try String(contentsOf: folder.appending(path: "trace"), encoding: .utf8)
            .split(separator: "\n").map(String.init)
    }

    /// Opens what the child left: whole, with all that it was promised, and able to go on.
    ///
    /// Returns how many entries were acknowledged.
    @discardableResult
    func verify(endedBy word: String?) throws -> Int {
        let store = try LedgerStore(
            path: ledger, signer: LedgerFixture.makeSigner(LedgerFixture.origin, seed: 7))
        let told = (try? Data(contentsOf: folder.appending(path: "acknowledged"))) ?? Data()
        for start in stride(from: 0, to: told.count - 31, by: 32) {
            let commitment = try #require(Hash256([UInt8](told[start..<start + 32])))
            #expect(try store.entry(commitment) != nil)
        }
        #expect(try store.verifyAll().faults == [])
        _ = try store.take(Sample.tip("after"))
        _ = try store.endTick(LedgerFixture.tick + 1_000)
        let check = try store.verifyAll()
        #expect(check.faults == [])
        #expect(check.pending == 0)
        let said = try? String(contentsOf: folder.appending(path: "errors"), encoding: .utf8)
        if let word { #expect(said?.contains(word) == true) }
        return told.count / 32
    }

    private static func strace(_ arguments: [String], order: Order?) throws -> Int32 {
        let process = Process()
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        if let order {
            let text = String(decoding: try JSONEncoder().encode(order), as: UTF8.self)
            process.environment = ProcessInfo.processInfo.environment.merging([variable: text]) {
                $1
            }
        }
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        return process.terminationStatus
    }
}

extension TracedChild.Order {
    /// Appends, and writes down what was acknowledged and what went wrong.
    func obey() throws {
        let acknowledged = try journal("acknowledged")
        let errors = try journal("errors")
        let store: LedgerStore
        do {
            store = try LedgerStore(
                path: folder + "/ledger.sqlite",
                signer: LedgerFixture.makeSigner(LedgerFixture.origin, seed: 7))
        } catch LedgerError.fatal(let reason), LedgerError.damaged(let reason),
            LedgerError.unavailable(let reason)
        {
            return errors.write(Data("fatal at the opening: \(reason)".utf8))
        }
        for group in 0..<groups {
            do {
                let items = (0..<3).map { Sample.tip("\(group)/\($0)") }
                let outcomes = try store.appendGroup(items, tick: LedgerFixture.tick)
                for entry in outcomes.compactMap(\.entry) {
                    acknowledged.write(Data(entry.commitment.bytes))
                }
                if ticks, group % 4 == 3 {
                    _ = try store.endTick(LedgerFixture.tick + UInt64(group))
                }
            } catch LedgerError.full {
                errors.write(Data("full ".utf8))
            } catch LedgerError.fatal {
                errors.write(Data("fatal".utf8))
                // It stays so, whatever is asked.
                let again = #expect(throws: LedgerError.self) {
                    try store.appendGroup([Sample.tip("again")], tick: LedgerFixture.tick)
                }
                guard case .fatal = again else { throw Surprise("it went on after an I/O error") }
                return
            }
        }
    }

    private func journal(_ name: String) throws -> FileHandle {
        let path = folder + "/" + name
        try Data().write(to: URL(filePath: path))
        guard let handle = FileHandle(forWritingAtPath: path) else { throw Surprise("no journal") }
        return handle
    }
}
