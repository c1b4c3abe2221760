import Foundation
import Synchronization
import Testing

@testable import Ledger

/// This test program once more, under strace, running `FaultTests.child` only.
final class TracedChild {
    private static let program = "/usr/bin/strace"
    private static let variable = "LEDGER_TRACED"

    /// What the child is told.
    struct Order: Codable {
        let folder: String
        var groups: Int
        let ticks: Bool
        /// Whether the last tip of each group comes from an upload.
        var uploads = false
    }

    private let folder: URL
    private var order: Order

    /// Where the child keeps its ledger.
    var ledger: String { path("ledger.sqlite") }

    init(groups: Int, ticks: Bool, uploads: Bool = false) throws {
        folder = FileManager.default.temporaryDirectory.appending(
            path: "trace-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        order = Order(folder: folder.path, groups: groups, ticks: ticks, uploads: uploads)
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

    /// A file in the child's folder.
    func path(_ name: String) -> String { folder.appending(path: name).path }

    /// Runs the child to its end, and returns its status.
    ///
    /// Where it ran before, it goes on from what is there: the tips of the groups that it sent are the same again.
    func run(_ options: [String], groups: Int? = nil) throws -> Int32 {
        order.groups = groups ?? order.groups
        let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        return try Self.strace(
            ["-f", "-qq", "-o", path("trace")] + options + [
                own, "--testing-library", "swift-testing", "--filter", "FaultTests/child",
            ], order: order)
    }

    /// The traced calls, a line each.
    func calls() throws -> [String] {
        try String(contentsOfFile: path("trace"), encoding: .utf8)
            .split(separator: "\n").map(String.init)
    }

    /// Opens what the child left: whole, with all that it was promised, and able to go on.
    ///
    /// Returns how many entries were acknowledged.
    @discardableResult
    func verify(endedBy word: String?) throws -> Int {
        let store = try LedgerStore(
            path: ledger, signer: LedgerFixture.makeSigner(LedgerFixture.origin, seed: 7))
        let told = (try? Data(contentsOf: URL(filePath: path("acknowledged")))) ?? Data()
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
        if let word { #expect(errors.contains(word)) }
        return told.count / 32
    }

    /// What the child wrote down of what went wrong.
    var errors: String {
        (try? String(contentsOfFile: path("errors"), encoding: .utf8)) ?? ""
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
    /// A process that ends for an I/O error closes nothing, and nor does this one.
    private static let open = Mutex<[LedgerStore]>([])

    /// Appends, and writes down what was acknowledged and what went wrong.
    func obey() throws {
        let acknowledged = try journal("acknowledged")
        let pieces = try journal("pieces")
        let errors = try journal("errors")
        let store: LedgerStore
        do {
            store = try LedgerStore(
                path: folder + "/ledger.sqlite",
                signer: LedgerFixture.makeSigner(LedgerFixture.origin, seed: 7))
        } catch LedgerError.fatal(let reason) {
            return errors.write(Data("fatal at the opening: \(reason)".utf8))
        }
        Self.open.withLock { $0.append(store) }
        for group in 0..<groups {
            do {
                let items = try items(of: group, in: store, pieces)
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

    private func items(
        of group: Int, in store: LedgerStore, _ pieces: FileHandle
    ) throws -> [AppendItem] {
        let tips = (0..<3).map { Sample.tip("\(group)/\($0)") }
        guard uploads else { return tips }
        let id = [UInt8](repeating: UInt8(group), count: LedgerStore.uploadIDBytes)
        try store.beginUpload(id: id, tick: LedgerFixture.tick)
        for row in 0..<UInt32(4) {
            let bytes = Sample.row("\(group)/piece/\(row)", 3_000)
            _ = try store.stage(upload: id, row: row, bytes: bytes)
            pieces.write(Data(id + [UInt8(row)]))
        }
        return tips + [Sample.tip("\(group)/upload", upload: id)]
    }

    private func journal(_ name: String) throws -> FileHandle {
        let path = folder + "/" + name
        try Data().write(to: URL(filePath: path))
        guard let handle = FileHandle(forWritingAtPath: path) else { throw Surprise("no journal") }
        return handle
    }
}
