import Crypto
import Foundation
import GRDB
import Notes
import Sodium

@testable import Ledger

/// A ledger in a folder of its own, removed with the fixture.
final class LedgerFixture {
    let folder: URL
    let signer: NoteSigner

    static let origin = "gateway.example/test"
    /// The tick that tests start in.
    static let tick: UInt64 = 500_000
    /// Ticks that envelopes are answered again for.
    static let keepTicks: UInt64 = 24

    init() throws {
        folder = FileManager.default.temporaryDirectory
            .appending(path: "ledger-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        signer = try Self.makeSigner(Self.origin, seed: 7)
    }

    deinit {
        try? FileManager.default.removeItem(at: folder)
    }

    static func makeSigner(_ name: String, seed: UInt8) throws -> NoteSigner {
        try NoteSigner(
            name: name, seed: SecretBytes(copying: [UInt8](repeating: seed, count: 32)))
    }

    var path: String { folder.appending(path: "ledger.sqlite").path }

    func open() throws -> LedgerStore {
        try LedgerStore(path: path, signer: signer)
    }
}

/// What tests append.
enum Sample {
    static let desk = Hash256(hashing: Array("desk".utf8))
    static let otherDesk = Hash256(hashing: Array("other desk".utf8))

    /// A tip whose body is `rows`, by default a header row and one of 4 KiB.
    static func tip(
        _ name: String, desk: Hash256 = Sample.desk, rows: [[UInt8]]? = nil
    ) -> AppendItem {
        let rows = rows ?? [row(name, 1_248), row(name + "/1", 4_096)]
        return .tip(
            TipAppend(envelope: Hash256(hashing: Array(name.utf8)), deskKey: desk) { slot in
                for row in rows { try slot.write(row: row) }
                return sealed(rows)
            })
    }

    /// A tip whose body is the rows of an upload.
    static func tip(_ name: String, upload: [UInt8]) -> AppendItem {
        .tip(
            TipAppend(
                envelope: Hash256(hashing: Array(name.utf8)), deskKey: desk, upload: upload
            ) { slot in
                var rows: [[UInt8]] = []
                while let row = try slot.uploadRow(UInt32(rows.count)) {
                    try slot.write(row: row)
                    rows.append(row)
                }
                return sealed(rows)
            })
    }

    /// Rows of a body too long for its record's row.
    static func longBody(_ name: String) -> [[UInt8]] {
        (0..<4).map { row("\(name)/\($0)", 1_000) }
    }

    static func sealed(_ rows: [[UInt8]]) -> SealedTip {
        SealedTip(
            body: Hash256(hashing: rows.flatMap { $0 }),
            commit: Hash256(hashing: [1]), commitS: Hash256(hashing: [2]),
            size: UInt64(rows.reduce(0) { $0 + $1.count }))
    }

    /// Bytes that differ with the name.
    static func row(_ name: String, _ count: Int) -> [UInt8] {
        let seed = Hash256(hashing: Array(name.utf8)).bytes
        return (0..<count).map { seed[$0 % 32] ^ UInt8(truncatingIfNeeded: $0 / 32) }
    }

    static func report(
        _ name: String, tip: Hash256, number: UInt64, from sender: String = "desk-ar",
        to recipient: String = "unit-ar-1"
    ) -> AppendItem {
        .report(
            ReportAppend(
                note: Array("report \(name)".utf8), triage: row(name, 64), tip: tip,
                sender: sender, recipient: recipient, number: number))
    }
}

extension LedgerStore {
    /// Appends one item in the fixture's first tick.
    func append(_ item: AppendItem, tick: UInt64 = LedgerFixture.tick) throws -> AppendOutcome {
        try appendGroup([item], tick: tick)[0]
    }

    /// Appends one item that must be taken, and returns its entry.
    func take(_ item: AppendItem, tick: UInt64 = LedgerFixture.tick) throws -> Entry {
        switch try append(item, tick: tick) {
        case .appended(let entry): return entry
        case .duplicate: throw Surprise("a duplicate")
        case .refused(let refusal): throw refusal
        }
    }

    func beginUpload(id: [UInt8], tick: UInt64) throws {
        guard try stage([.begin(id: id)], tick: tick) == [0] else { throw Surprise("begin") }
    }

    func stage(upload id: [UInt8], row: UInt32, bytes: [UInt8]) throws -> Int? {
        let step = UploadStep.row(id: id, index: row, bytes: bytes)
        return try stage([step], tick: LedgerFixture.tick)[0]
    }

    func dropUpload(_ id: [UInt8]) throws {
        _ = try stage([], dropping: [id], tick: LedgerFixture.tick)
    }

    func endTick(_ now: UInt64) throws -> TickOutcome? {
        try tick(now, keepTicks: LedgerFixture.keepTicks)
    }
}

extension Schema {
    /// Takes a ledger back to before version 4.
    static let withoutUploadSizes = """
        ALTER TABLE upload DROP COLUMN bytes;
        ALTER TABLE upload DROP COLUMN is_dropped;

        """
}

/// A test met what cannot be.
struct Surprise: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// RFC 6962 §2.1 as its text has it, recursive and slow: what the ledger's tree is held against.
enum NaiveTree {
    static func hash(_ bytes: [UInt8]) -> [UInt8] { [UInt8](SHA256.hash(data: bytes)) }

    static func root(_ entries: ArraySlice<[UInt8]>) -> [UInt8] {
        switch entries.count {
        case 0: return hash([])
        case 1: return hash([0] + (entries.first ?? []))
        default:
            let middle = entries.startIndex + split(entries.count)
            return hash([1] + root(entries[..<middle]) + root(entries[middle...]))
        }
    }

    static func path(_ index: Int, _ entries: ArraySlice<[UInt8]>) -> [[UInt8]] {
        guard entries.count > 1 else { return [] }
        let k = split(entries.count)
        let middle = entries.startIndex + k
        return index < k
            ? path(index, entries[..<middle]) + [root(entries[middle...])]
            : path(index - k, entries[middle...]) + [root(entries[..<middle])]
    }

    static func proof(_ old: Int, _ entries: ArraySlice<[UInt8]>, whole: Bool = true) -> [[UInt8]] {
        if old == entries.count { return whole ? [] : [root(entries)] }
        let k = split(entries.count)
        let middle = entries.startIndex + k
        return old <= k
            ? proof(old, entries[..<middle], whole: whole) + [root(entries[middle...])]
            : proof(old - k, entries[middle...], whole: false) + [root(entries[..<middle])]
    }

    private static func split(_ count: Int) -> Int {
        var k = 1
        while k * 2 < count { k *= 2 }
        return k
    }
}
