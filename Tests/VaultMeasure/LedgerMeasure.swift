import Foundation
import Ledger
import Notes
import Sodium

/// The same appends on a short and on a long ledger.
struct LedgerMeasure {
    private static let seed = [UInt8](repeating: 1, count: 32)
    private static let batch = 64
    private static let seconds = 3.0
    private static let entriesPerTick = 51_200

    let folder: URL

    /// A tip's rows, as the vault writes them: wrap and stream header, then one message.
    private let rows = [Randomness.bytes(1_248), Randomness.bytes(17_657)]
    private let digest = Hash256(hashing: [1])

    init(folder: URL) throws {
        self.folder = folder
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    /// Appends `entries` small tips between two measurements of whole ones.
    func append(entries: Int) throws {
        let ledger = try store()
        var tick: UInt64 = 10
        _ = try ledger.tick(tick, keepTicks: 24)
        try appendSmall(1_000, to: ledger, tick: tick)
        let short = try secondsPerTip(ledger, tick: tick)
        for left in stride(from: entries, to: 0, by: -Self.entriesPerTick) {
            try appendSmall(min(left, Self.entriesPerTick), to: ledger, tick: tick)
            tick += 1
            _ = try ledger.tick(tick, keepTicks: 24)
        }
        let long = try secondsPerTip(ledger, tick: tick)
        print(
            """
            {"append_us": \(short * 1e6), "append_long_us": \(long * 1e6), \
            "leaves": \(try ledger.treeSize())}
            """)
    }

    /// Opens the ledger that is there.
    func open() throws {
        let clock = ContinuousClock()
        var leaves: UInt64 = 0
        let spent = try clock.measure { leaves = try store().treeSize() }
        print("{\"open_s\": \(spent / .seconds(1)), \"leaves\": \(leaves)}")
    }

    private func store() throws -> LedgerStore {
        try LedgerStore(
            path: folder.appending(path: "ledger.sqlite").path,
            signer: NoteSigner(
                name: "gateway.example/measure", seed: SecretBytes(copying: Self.seed)))
    }

    private func appendSmall(_ count: Int, to ledger: LedgerStore, tick: UInt64) throws {
        for left in stride(from: count, to: 0, by: -256) {
            let group = (0..<min(left, 256)).map { _ in tip([[1]]) }
            _ = try ledger.appendGroup(group, tick: tick)
        }
    }

    /// CPU seconds of this process for one tip as the page sends it, in groups of 64.
    private func secondsPerTip(_ ledger: LedgerStore, tick: UInt64) throws -> Double {
        let start = clock()
        var count = 0
        while Double(clock() - start) / Double(CLOCKS_PER_SEC) < Self.seconds {
            _ = try ledger.appendGroup((0..<Self.batch).map { _ in tip(rows) }, tick: tick)
            count += Self.batch
        }
        return Double(clock() - start) / Double(CLOCKS_PER_SEC) / Double(count)
    }

    private func tip(_ rows: [[UInt8]]) -> AppendItem {
        let envelope = Hash256(hashing: Randomness.bytes(16))
        return .tip(
            TipAppend(envelope: envelope, deskKey: digest) { slot in
                for row in rows { try slot.write(row: row) }
                return SealedTip(body: digest, commit: digest, commitS: digest, size: 17_640)
            })
    }
}
