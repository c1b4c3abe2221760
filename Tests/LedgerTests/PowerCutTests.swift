import Foundation
import Testing

@testable import Ledger

/// At every acknowledgement the power is cut, in a model of the disk: what was acknowledged by then is on it.
@Suite("A power cut at each acknowledgement", .enabled(if: TracedChild.canRun), .serialized)
struct PowerCutTests {
    /// Traces a child, and cuts the power after each thing that it acknowledged.
    private struct Trial {
        let child: TracedChild
        var disk = TracedDisk()
        var acknowledged: Set<Hash256> = []
        /// Pieces of uploads that are no tip yet.
        var pieces: [[UInt8]] = []

        init(groups: Int, ticks: Bool, uploads: Bool = false) throws {
            child = try TracedChild(groups: groups, ticks: ticks, uploads: uploads)
        }

        /// Runs the child, with what strace shall do to it, and returns its status and how many times the power was cut.
        mutating func run(
            _ options: [String] = [], groups: Int? = nil
        ) throws -> (status: Int32, cuts: Int) {
            let names = ["ledger.sqlite", "ledger.sqlite-wal", "acknowledged", "pieces"]
            let status = try child.run(
                ["-y", "-xx", "-s", "\(4 << 20)", "-e", "trace=\(TracedDisk.calls)"]
                    + names.flatMap { ["-P", child.path($0)] } + options, groups: groups)
            var cuts = 0
            var isNew = false
            for call in TracedDisk.Call.all(in: try child.calls()) {
                if isNew, call.path.contains("ledger.sqlite"), !call.name.hasSuffix("seek") {
                    try cutPower()
                    (cuts, isNew) = (cuts + 1, false)
                }
                isNew = hear(call) || isNew
                disk.apply(call)
            }
            if isNew { try cutPower() }
            for name in names.prefix(2) {
                let there = (try? Data(contentsOf: URL(filePath: child.path(name)))) ?? Data()
                #expect(disk.cached(child.path(name)) == [UInt8](there), "the model of \(name)")
            }
            return (status, cuts + (isNew ? 1 : 0))
        }

        private mutating func hear(_ call: TracedDisk.Call) -> Bool {
            guard call.name == "write" else { return false }
            if call.path == child.path("acknowledged"), let entry = Hash256(call.bytes) {
                pieces = []
                acknowledged.insert(entry)
                return true
            }
            guard call.path == child.path("pieces") else { return false }
            pieces.append(call.bytes)
            return true
        }

        private func cutPower() throws {
            let left = try LedgerFixture()
            for end in ["", "-wal"] {
                try Data(disk.stored(child.ledger + end)).write(to: URL(filePath: left.path + end))
            }
            let store = try left.open()
            for entry in acknowledged { #expect(try store.entry(entry) != nil) }
            for piece in pieces {
                let (id, row) = (Array(piece.dropLast()), UInt32(piece.last ?? 0))
                #expect(try store.stagedRow(upload: id, row: row) != nil)
            }
            // Bodies are held against their records here.
            #expect(try store.verifyAll().faults == [])
        }
    }

    @Test("tips, those of uploads and the pieces of these are synced before they are acknowledged")
    func inOrder() throws {
        var trial = try Trial(groups: 4, ticks: true, uploads: true)
        let (status, cuts) = try trial.run()
        #expect(status == 0 && trial.acknowledged.count == 4 * 4)
        // Four pieces and a group of tips each time.
        #expect(cuts == 4 * (4 + 1))
    }

    @Test(
        "a tip that a killed vault wrote and did not sync is promised again only once it is synced",
        arguments: [10, 12])
    func repeatedAfterAKill(nth: Int) throws {
        var trial = try Trial(groups: 8, ticks: false)
        #expect(
            try trial.run(["-e", "inject=fdatasync:signal=KILL:when=\(nth)"]).status == SIGKILL)
        let before = trial.acknowledged.count
        #expect(before < 8 * 3)
        let (status, cuts) = try trial.run()
        #expect(status == 0 && cuts > 0 && trial.acknowledged.count == 8 * 3)
    }

    @Test(
        "what an fsync error left in the kernel's memory is on the disk before anything is built on it",
        arguments: [(10, false), (12, true)])
    func repeatedAfterAnError(nth: Int, ticks: Bool) throws {
        var trial = try Trial(groups: 8, ticks: ticks)
        #expect(try trial.run(["-e", "inject=fdatasync:error=EIO:when=\(nth)"]).status == 0)
        #expect(trial.child.errors.contains("fatal"))
        #expect(trial.acknowledged.count < 8 * 3)
        let (status, cuts) = try trial.run(groups: 10)
        #expect(status == 0 && cuts > 0 && trial.acknowledged.count == 10 * 3)
    }
}
