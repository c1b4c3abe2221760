import Foundation
import GRDB
import Notes
import Sodium

/// What a tick did to the tree.
public struct TickOutcome: Equatable, Sendable {
    /// Leaves of the tree now: a multiple of 256.
    public let size: UInt64
    /// Leaves that came with this tick, covers included.
    public let added: UInt64
    /// The signed checkpoint, encoded.
    public let checkpoint: [UInt8]
}

extension LedgerStore {
    /// Ends every tick before `now`: gives what was promised for them its places.
    ///
    /// One transaction holds places, tiles and the signed checkpoint, so that a root is never
    /// signed for rows that are not there, and a crash leaves either all of a tick or nothing.
    /// There is no other way to recover: at start the vault calls this, and several missed ticks
    /// become one. Nil if these ticks were ended before.
    ///
    /// `keepTicks` is how long envelopes are answered again and uploads are kept (`Ticks.perDay`).
    public func tick(_ now: UInt64, keepTicks: UInt64) throws(LedgerError) -> TickOutcome? {
        guard (1..<LedgerLimits.recordIntegerMax).contains(now) else {
            throw .misuse("no such tick")
        }
        let ended = try write { db -> Ended? in
            let before = try CheckpointRow.newest(db)
            guard now > before?.tick ?? 0 else { return nil }
            let commit = TickCommit(db, store: self, now: now, before: before)
            let (outcome, waiting) = try commit.perform()
            try commit.expire(keepTicks: keepTicks)
            let answered = try AnsweredFilter(reading: db)
            // Inside the transaction: the next append must not promise a tick that this one ends.
            openTicks(from: now)
            return Ended(outcome: outcome, waiting: waiting, answered: answered)
        } committed: { ended in
            guard let ended else { return }
            count(placed: ended.outcome.size)
            updateArrivals { $0 = ended.waiting }
            replaceAnswered(ended.answered)
        }
        if ended != nil { try emptyWriteAheadLog() }
        return ended?.outcome
    }
}

/// What a tick leaves: its outcome, and what is known from memory after it.
private struct Ended {
    let outcome: TickOutcome
    let waiting: ArrivalIndex
    let answered: AnsweredFilter
}

/// The newest row of the checkpoints.
struct CheckpointRow {
    let size: UInt64
    let tick: UInt64
    let note: [UInt8]
    /// The first entry that had no place when this was signed, or the one after the last.
    let next: Int64

    /// The columns that `init(_:)` reads.
    static let columns = "size, tick, note, next"

    static func newest(_ db: Database) throws -> CheckpointRow? {
        try db.row("SELECT \(columns) FROM checkpoint ORDER BY size DESC LIMIT 1", [])
            .map { CheckpointRow($0) }
    }

    init(_ row: Row) {
        let size: Int64 = row[0]
        let tick: Int64 = row[1]
        let note: Data = row[2]
        self.size = UInt64(size)
        self.tick = UInt64(tick)
        self.note = [UInt8](note)
        next = row[3]
    }
}

/// One tick inside its transaction.
struct TickCommit {
    private let db: Database
    private let store: LedgerStore
    private let now: UInt64
    private let before: CheckpointRow?
    private var size: UInt64 { before?.size ?? 0 }

    /// An entry on its way to its place.
    private struct Waiting {
        let seq: Int64
        let commitment: Hash256
        let kind: EntryKind
    }

    init(_ db: Database, store: LedgerStore, now: UInt64, before: CheckpointRow?) {
        self.db = db
        self.store = store
        self.now = now
        self.before = before
    }

    /// What the tick did, and what still waits after it.
    func perform() throws -> (outcome: TickOutcome, waiting: ArrivalIndex) {
        let arrivals = try takeArrivals()
        var leaves = arrivals.due
        leaves += try makeCovers(Self.coverCount(for: leaves.count))
        var generator = SodiumGenerator()
        leaves.shuffle(using: &generator)
        try writePlaces(leaves)
        let growth = try TileGrowth(
            of: size, appending: leaves.map { MerkleTree.leafHash($0.commitment.bytes) },
            onto: StoredTiles(db))
        for change in growth.changes {
            try db.run(
                "INSERT OR REPLACE INTO tile(position, hashes) VALUES (?, ?)",
                [
                    TilePosition.of(level: change.level, index: change.index),
                    Data(change.hashes.flatMap(\.bytes)),
                ])
        }
        let checkpoint = Checkpoint(origin: store.origin, size: growth.size, root: growth.root)
        let note = try store.sign(checkpoint).encoded
        try db.run(
            "INSERT INTO checkpoint(size, tick, note, next) VALUES (?, ?, ?, ?)",
            [
                Int64(growth.size), Int64(now), Data(note),
                try arrivals.firstLater ?? nextSeq(),
            ])
        try count(leaves)
        return (
            TickOutcome(size: growth.size, added: UInt64(leaves.count), checkpoint: note),
            arrivals.later
        )
    }

    /// Covers that make the growth a multiple of 256, and never nothing: a tick without entries
    /// looks like any other.
    static func coverCount(for waiting: Int) -> Int {
        let step = LedgerLimits.tileHashCount
        return max(1, (waiting + step - 1) / step) * step - waiting
    }

    /// Entries that have no place yet.
    private struct Arrivals {
        /// Those whose tick has ended.
        var due: [Waiting] = []
        /// Those that are promised for a later tick.
        var later = ArrivalIndex()
        var firstLater: Int64?
    }

    private func takeArrivals() throws -> Arrivals {
        var arrivals = Arrivals()
        var expected = before?.next ?? 1
        let cursor = try Row.fetchCursor(
            db.cachedStatement(
                sql: "SELECT seq, commitment, kind, tick FROM entry WHERE seq >= ? ORDER BY seq"),
            arguments: [expected])
        while let row = try cursor.next() {
            let seq: Int64 = row[0]
            guard seq == expected else {
                throw LedgerError.damaged("entry \(expected), which was promised, is missing")
            }
            expected += 1
            let commitment = try Hash256(row[1], of: "the commitment of entry \(seq)")
            guard let kind = EntryKind(code: row[2]) else {
                throw LedgerError.damaged("entry \(seq) is of no known kind")
            }
            let tick: Int64 = row[3]
            if tick >= Int64(now) {
                arrivals.later.add(commitment: commitment, seq: seq)
                arrivals.firstLater = arrivals.firstLater ?? seq
            } else if tick >= Int64(before?.tick ?? 0) {
                arrivals.due.append(Waiting(seq: seq, commitment: commitment, kind: kind))
            }
        }
        return arrivals
    }

    private func nextSeq() throws -> Int64 {
        try (db.integer("SELECT max(seq) FROM entry") ?? 0) + 1
    }

    private func makeCovers(_ count: Int) throws -> [Waiting] {
        // The tick that has just ended: the newest that this checkpoint holds.
        let tick = now - 1
        let record = Record(origin: store.origin, tick: tick, body: .cover).encoded
        let first = try nextSeq()
        return try (first..<first + Int64(count)).map { seq in
            let entry = try EntryWriter.insert(
                db, seq: seq, NewEntry(kind: .cover, tick: tick, record: record))
            return Waiting(seq: seq, commitment: entry.commitment, kind: .cover)
        }
    }

    private func writePlaces(_ leaves: [Waiting]) throws {
        for (offset, leaf) in leaves.enumerated() {
            try db.run(
                "INSERT INTO place(leaf, seq) VALUES (?, ?)",
                [Int64(size) + Int64(offset), leaf.seq])
        }
        // In the index's own order, so that each of its pages is touched once.
        let sorted = leaves.indices.sorted {
            leaves[$0].commitment.bytes.lexicographicallyPrecedes(leaves[$1].commitment.bytes)
        }
        for offset in sorted {
            try db.run(
                "INSERT INTO placed(commitment, leaf) VALUES (?, ?)",
                [leaves[offset].commitment.data, Int64(size) + Int64(offset)])
        }
    }

    /// Counters move only here: at any other time they would tell when somebody reported.
    private func count(_ leaves: [Waiting]) throws {
        var counts: [EntryKind: Int64] = [:]
        for leaf in leaves { counts[leaf.kind, default: 0] += 1 }
        for (kind, added) in counts {
            try db.run(
                """
                INSERT INTO tally(kind, count) VALUES (?, ?)
                ON CONFLICT (kind) DO UPDATE SET count = count + excluded.count
                """, [kind.code, added])
        }
    }

    /// Forgets answered envelopes and uploads whose time is over.
    func expire(keepTicks: UInt64) throws {
        let oldest = Int64(now > keepTicks ? now - keepTicks : 0)
        // In the index's own order, as above.
        let tips = try RecentTip.all(db).sorted {
            $0.envelope.bytes.lexicographicallyPrecedes($1.envelope.bytes)
        }
        for tip in tips {
            try db.run(
                """
                INSERT OR REPLACE INTO answered(envelope, seq, tick)
                SELECT ?, seq, tick FROM entry WHERE seq = ?
                """, [tip.envelope.data, tip.seq])
        }
        try db.run("DELETE FROM recent")
        try db.run("DELETE FROM answered WHERE tick < ?", [oldest])
        try db.run("UPDATE upload SET is_dropped = 1 WHERE tick < ?", [oldest])
    }
}

/// Uniform numbers from libsodium's generator, for the standard library's shuffle, which rejects
/// what would make it unfair.
struct SodiumGenerator: RandomNumberGenerator {
    private static let blockBytes = 4_096
    private var block: ArraySlice<UInt8> = []

    mutating func next() -> UInt64 {
        if block.isEmpty { block = Randomness.bytes(Self.blockBytes)[...] }
        let number = block.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        block = block.dropFirst(8)
        return number
    }
}
