import Crypto
import Foundation
import GRDB
import Notes

/// What recomputing a whole ledger found.
public struct LedgerCheck: Equatable, Sendable {
    /// Entries of any kind.
    public internal(set) var entries: UInt64 = 0
    /// Entries that have a place in the tree.
    public internal(set) var placed: UInt64 = 0
    /// Entries that are promised and wait for their tick to end.
    public internal(set) var pending: UInt64 = 0
    /// Entries whose record was shredded.
    public internal(set) var shredded: UInt64 = 0
    /// Signed checkpoints.
    public internal(set) var checkpoints: UInt64 = 0
    /// What is wrong, in sentences, at most `faultsMax` of them.
    ///
    /// Empty: everything is as it was promised.
    public internal(set) var faults: [String] = []

    /// Where the check stops collecting.
    public static let faultsMax = 100

    mutating func fault(_ text: String) {
        if faults.count < Self.faultsMax { faults.append(text) }
    }
}

extension LedgerStore {
    /// Recomputes everything from the rows up: each record against its commitment, each place, each
    /// tile, each root and signature, each body's hash, each row of numbers.
    ///
    /// Reads all of the ledger, in one consistent state.
    public func verifyAll() throws(LedgerError) -> LedgerCheck {
        try read { db in
            let verification = Verification(db, origin: origin, verifier: signer.verifier)
            return try verification.run()
        }
    }
}

/// One check inside its read transaction.
final class Verification {
    let db: Database
    private let origin: String
    private let verifier: NoteVerifier
    var check = LedgerCheck()
    /// The last number that was met of each desk key, by its row.
    var numbers: [Int64: Int64] = [:]

    init(_ db: Database, origin: String, verifier: NoteVerifier) {
        self.db = db
        self.origin = origin
        self.verifier = verifier
    }

    func run() throws -> LedgerCheck {
        try verifyDatabase()
        try verifyEntries()
        try verifyPlaces()
        try verifyTree()
        try verifyCheckpoints()
        try verifyRoutes()
        try verifyOrphans()
        try verifyRecent()
        return check
    }

    private func verifyDatabase() throws {
        for line in try String.fetchAll(db, sql: "PRAGMA integrity_check(10)") where line != "ok" {
            check.fault("SQLite: \(line)")
        }
    }

    // MARK: Entries

    private func verifyEntries() throws {
        var expected: Int64 = 1
        let cursor = try Row.fetchCursor(
            db,
            sql: """
                SELECT \(EntryReader.columns), note, attachment FROM entry
                LEFT JOIN record USING (seq) ORDER BY entry.seq
                """)
        while let row = try cursor.next() {
            let seq: Int64 = row[0]
            if seq != expected { check.fault("entry \(expected) is missing") }
            expected = seq + 1
            check.entries += 1
            do {
                if let entry = try EntryReader.entry(db, from: row) {
                    try verify(entry, seq: seq, note: row[6], attachment: row[7])
                } else {
                    check.shredded += 1
                    try verifyShredded(seq)
                }
            } catch LedgerError.damaged(let reason) {
                check.fault(reason)
            }
        }
    }

    private func verify(_ entry: Entry, seq: Int64, note: Data?, attachment: Data?) throws {
        guard let record = try? Record(parsing: entry.record) else {
            return check.fault("the record of entry \(seq) is not in its form")
        }
        if record.origin != origin || record.tick != entry.tick || record.kind != entry.kind {
            check.fault("the record of entry \(seq) does not fit its row")
        }
        switch record.body {
        case .tip(let tip): try verify(tip, seq: seq)
        case .report(let hash, let tip, let triage), .transfer(let hash, let tip, let triage):
            verify(hash, of: note, "note", seq)
            verify(triage, of: attachment, "triage", seq)
            try verifyLink(
                "SELECT commitment FROM report JOIN entry ON entry.seq = tip WHERE report.seq = ?",
                seq, tip)
        case .acknowledgement(let hash, let report):
            verify(hash, of: note, "note", seq)
            try verifyLink(
                """
                SELECT commitment FROM acknowledgement JOIN entry ON entry.seq = report
                WHERE acknowledgement.seq = ?
                """, seq, report)
        case .reply(let blob, let id):
            verify(blob, of: attachment, "blob", seq)
            let row = try db.row("SELECT id FROM mailbox WHERE seq = ?", [seq])
            if row?[0] != id.data { check.fault("reply \(seq) is in another mailbox") }
        case .roster(let hash, let version):
            verify(hash, of: note, "note", seq)
            let found = try db.integer("SELECT version FROM roster WHERE seq = ?", [seq])
            if found != Int64(version) { check.fault("roster \(seq) has another version") }
        case .status(let hash), .page(let hash), .shred(let hash):
            verify(hash, of: note, "note", seq)
        case .cover: break
        }
    }

    private func verify(_ hash: Hash256, of bytes: Data?, _ what: String, _ seq: Int64) {
        guard let bytes, Hash256(hashing: [UInt8](bytes)) == hash else {
            return check.fault("the \(what) of entry \(seq) is not what its record says")
        }
    }

    private func verifyLink(_ sql: String, _ seq: Int64, _ subject: Hash256) throws {
        if try db.row(sql, [seq])?[0] != subject.data {
            check.fault("entry \(seq) is linked to another subject than its record says")
        }
    }

    private func verify(_ tip: TipRecord, seq: Int64) throws {
        let link = try db.row(
            """
            SELECT desk, number, rows, key_id, row0, row1 FROM entry JOIN record USING (seq)
            JOIN desk_sequence ON desk = id WHERE seq = ?
            """, [seq])
        guard let link, link[3] == tip.deskKey.data else {
            return check.fault("tip \(seq) is listed under another desk key")
        }
        try verifyNumber(desk: link[0], link[1], seq)
        var hasher = SHA256()
        var rows: Int64 = 0
        for column in 4...5 {
            guard let first: Data = link[column] else { continue }
            hasher.update(data: first)
            rows += 1
        }
        let all = RowPosition.all(of: seq)
        let cursor = try Row.fetchCursor(
            db.cachedStatement(
                sql: """
                    SELECT position, bytes FROM body WHERE position BETWEEN ? AND ?
                    ORDER BY position
                    """), arguments: [all.lowerBound, all.upperBound])
        while let row = try cursor.next() {
            let chunk: Data = row[1]
            if row[0] != all.lowerBound + rows { check.fault("tip \(seq) lacks a row") }
            hasher.update(data: chunk)
            rows += 1
        }
        if rows != link[2] || Hash256(hasher.finalize()) != tip.body {
            check.fault("the body of tip \(seq) is not what its record says")
        }
    }

    private func verifyNumber(desk: Int64, _ number: Int64, _ seq: Int64) throws {
        let expected = (numbers[desk] ?? 0) + 1
        if number != expected { check.fault("tip \(seq) has number \(number), not \(expected)") }
        numbers[desk] = number
    }

    private func verifyShredded(_ seq: Int64) throws {
        let row = try db.row(
            """
            SELECT kind FROM shredded JOIN entry ON entry.seq = shredded.by
            WHERE shredded.seq = ? AND shredded.by > shredded.seq
            """, [seq])
        if row?[0] != EntryKind.shred.code {
            check.fault("entry \(seq) was shredded by no entry of the log")
        }
        let rows = RowPosition.all(of: seq)
        let left = try db.integer(
            "SELECT count(*) FROM body WHERE position BETWEEN ? AND ?",
            [rows.lowerBound, rows.upperBound])
        if left != 0 { check.fault("entry \(seq) was shredded, but its body is there") }
        // A shredded tip keeps its number, and the next one follows it.
        if let tip = try db.row(
            "SELECT desk, number FROM entry WHERE seq = ? AND desk IS NOT NULL", [seq])
        {
            try verifyNumber(desk: tip[0], tip[1], seq)
        }
    }

    // MARK: Tree

    private func verifyPlaces() throws {
        let newest = try CheckpointRow.newest(db)
        check.placed = try count("place")
        let tick = Int64(newest?.tick ?? 0)
        check.pending = UInt64(
            try db.integer("SELECT count(*) FROM entry WHERE tick >= ?", [tick]) ?? 0)
        let faults: [(String, String)] = [
            (
                "an entry is neither placed nor promised, or both",
                """
                SELECT count(*) FROM entry
                WHERE (SELECT count(*) FROM placed WHERE placed.commitment = entry.commitment)
                + (tick >= \(tick)) <> 1
                """
            ),
            (
                "a place's index does not lead back to it",
                """
                SELECT count(*) FROM place LEFT JOIN entry USING (seq)
                LEFT JOIN placed USING (commitment) WHERE placed.leaf IS NOT place.leaf
                """
            ),
            (
                "an entry waits where the next tick will not look for it",
                "SELECT count(*) FROM entry WHERE tick >= \(tick) AND seq < \(newest?.next ?? 1)"
            ),
        ]
        for (sentence, sql) in faults where try db.integer(sql) != 0 { check.fault(sentence) }
        if check.placed != newest?.size ?? 0 {
            check.fault("there are \(check.placed) places under a tree of \(newest?.size ?? 0)")
        }
        if check.placed + check.pending != check.entries {
            check.fault("places and promises are not as many as entries")
        }
    }

    /// Recomputes every level from the leaves and holds each tile against it.
    private func verifyTree() throws {
        let cursor = try Row.fetchCursor(
            db, sql: "SELECT leaf, commitment FROM place JOIN entry USING (seq) ORDER BY leaf")
        var levels: [[Hash256]] = []
        var tiles: UInt64 = 0
        var counts: [UInt64] = []
        func push(_ hash: Hash256, level: Int) throws {
            if levels.count == level {
                levels.append([])
                counts.append(0)
            }
            levels[level].append(hash)
            counts[level] += 1
            guard levels[level].count == 256 else { return }
            try compare(level: level, index: counts[level] / 256 - 1, levels[level])
            tiles += 1
            let above = MerkleTree.root(of: levels[level])
            levels[level].removeAll(keepingCapacity: true)
            try push(above, level: level + 1)
        }
        var expected: Int64 = 0
        while let row = try cursor.next() {
            if row[0] != expected { check.fault("leaf \(expected) is missing") }
            expected += 1
            let commitment = try Hash256(row[1], of: "the commitment of a leaf")
            try push(MerkleTree.leafHash(commitment.bytes), level: 0)
        }
        for (level, hashes) in levels.enumerated() where !hashes.isEmpty {
            try compare(level: level, index: counts[level] / 256, hashes)
            tiles += 1
        }
        if try count("tile") != tiles { check.fault("there are tiles that the tree does not have") }
    }

    private func compare(level: Int, index: UInt64, _ hashes: [Hash256]) throws {
        do {
            guard try StoredTiles(db).tile(level: level, index: index) == hashes else {
                return check.fault("tile \(level)/\(index) is not the hashes of the tree")
            }
        } catch LedgerError.damaged(let reason) {
            check.fault(reason)
        }
    }

    private func verifyCheckpoints() throws {
        var nodes = TileNodes(StoredTiles(db))
        var tick: UInt64 = 0
        let cursor = try Row.fetchCursor(
            db, sql: "SELECT \(CheckpointRow.columns) FROM checkpoint ORDER BY size")
        while let row = try cursor.next() {
            let stored = CheckpointRow(row)
            check.checkpoints += 1
            if stored.tick <= tick { check.fault("checkpoint \(stored.size) is out of order") }
            tick = stored.tick
            if !stored.size.isMultiple(of: 256) {
                check.fault("checkpoint \(stored.size) is not of a multiple of 256")
            }
            guard let signed = try? Checkpoint(verifying: stored.note, by: verifier) else {
                check.fault("checkpoint \(stored.size) is not signed by the log")
                continue
            }
            do {
                let root = try MerkleTree.root(size: stored.size, from: &nodes)
                if signed != Checkpoint(origin: origin, size: stored.size, root: root) {
                    check.fault("checkpoint \(stored.size) is not of the tree")
                }
            } catch LedgerError.damaged(let reason) {
                check.fault(reason)
            }
        }
    }

    private func count(_ table: String) throws -> UInt64 {
        UInt64(try db.integer("SELECT count(*) FROM \(table)") ?? 0)
    }
}
