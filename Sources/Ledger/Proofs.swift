import Foundation
import GRDB
import Notes

/// The tiles of the database, inside one transaction.
struct StoredTiles: TileSource {
    private let db: Database

    init(_ db: Database) {
        self.db = db
    }

    func tile(level: Int, index: UInt64) throws(LedgerError) -> [Hash256]? {
        do {
            let row = try db.row(
                "SELECT hashes FROM tile WHERE position = ?",
                [TilePosition.of(level: level, index: index)])
            guard let row else { return nil }
            let bytes: Data = row[0]
            guard let hashes = Tiles.hashes(inTile: [UInt8](bytes)) else {
                throw LedgerError.damaged("tile \(level)/\(index) is not made of hashes")
            }
            return hashes
        } catch {
            throw LedgerStore.translate(error, writing: false)
        }
    }
}

extension LedgerStore {
    /// The newest signed checkpoint, encoded (C2SP tlog-checkpoint); nil before the first tick has
    /// ended.
    public func checkpoint() throws(LedgerError) -> [UInt8]? {
        try read { db in try CheckpointRow.newest(db)?.note }
    }

    /// The roots of the newest two checkpoints, the newest first; before a checkpoint, that of no leaves (RFC 6962
    /// §2.1).
    public func newestRoots() throws(LedgerError) -> [Hash256] {
        let rows = try read { db in
            try db.rows(
                "SELECT \(CheckpointRow.columns) FROM checkpoint ORDER BY size DESC LIMIT 2", [])
        }
        var roots: [Hash256] = []
        for row in rows { roots.append(try newestCheckpoint(CheckpointRow(row)).rootHash) }
        return roots.count == 2 ? roots : roots + [Hash256(hashing: [])]
    }

    /// Leaves under the newest checkpoint; 0 before the first.
    public func treeSize() throws(LedgerError) -> UInt64 {
        try read { db in try CheckpointRow.newest(db)?.size ?? 0 }
    }

    /// The bytes of a tile: `width` hashes of 32 bytes (C2SP tlog-tiles).
    ///
    /// Nil if the tile is not that wide.
    public func tile(_ address: TileAddress) throws(LedgerError) -> [UInt8]? {
        guard address.index < 1 << UInt64(TilePosition.indexBits), address.level < 8 else {
            return nil
        }
        let hashes = try read { db in
            try StoredTiles(db).tile(level: address.level, index: address.index)
        }
        guard let hashes, hashes.count >= address.width else { return nil }
        return hashes.prefix(address.width).flatMap(\.bytes)
    }

    /// An entry bundle: `width` entries from 256 · `index` on, each u16 length ‖ commitment.
    ///
    /// Nil if there are not as many.
    public func entryBundle(
        index: UInt64, width: Int = LedgerLimits.tileHashCount
    ) throws(LedgerError) -> [UInt8]? {
        guard index < 1 << 48, (1...LedgerLimits.tileHashCount).contains(width) else { return nil }
        let commitments = try read { db in
            let first = Int64(index) * 256
            return try db.rows(
                """
                SELECT commitment FROM place JOIN entry USING (seq)
                WHERE leaf >= ? AND leaf < ? ORDER BY leaf
                """, [first, first + Int64(width)]
            ).map { row in try Hash256(row[0], of: "a commitment in bundle \(index)") }
        }
        return commitments.count == width ? Tiles.bundle(commitments) : nil
    }

    /// The proof that the newest checkpoint holds an entry.
    ///
    /// Nil for a commitment that is unknown or has no place yet: the two look alike, and covers
    /// look like all others.
    public func proof(of commitment: Hash256) throws(LedgerError) -> TlogProof? {
        try read { db in
            guard let checkpoint = try CheckpointRow.newest(db),
                let leaf = try db.integer(
                    "SELECT leaf FROM placed WHERE commitment = ?", [commitment.data])
            else { return nil }
            var nodes = TileNodes(StoredTiles(db))
            let hashes = try MerkleTree.inclusionProof(
                of: UInt64(leaf), size: checkpoint.size, from: &nodes)
            return TlogProof(index: UInt64(leaf), hashes: hashes, checkpoint: checkpoint.note)
        }
    }

    /// The proof that the tree of `size` leaves begins with the tree of `old`.
    ///
    /// Nil unless 0 < old ≤ size ≤ the newest checkpoint's size.
    public func consistencyProof(
        from old: UInt64, to size: UInt64
    ) throws(LedgerError) -> [Hash256]? {
        try read { db in
            guard old > 0, old <= size, size <= (try CheckpointRow.newest(db)?.size ?? 0) else {
                return nil
            }
            var nodes = TileNodes(StoredTiles(db))
            return try MerkleTree.consistencyProof(from: old, to: size, from: &nodes)
        }
    }

    /// Holds the newest checkpoint against the key and the tiles, in O(log n) rows, and returns it;
    /// nil before the first.
    func verifyNewestCheckpoint() throws(LedgerError) -> CheckpointRow? {
        try read { db in
            guard let newest = try CheckpointRow.newest(db) else { return nil }
            let checkpoint = try newestCheckpoint(newest)
            guard checkpoint.origin == origin else {
                throw LedgerError.otherLog("a checkpoint is of \(checkpoint.origin)")
            }
            let leaves = try (db.integer("SELECT max(leaf) FROM place") ?? -1) + 1
            guard checkpoint.size == newest.size, Int64(newest.size) == leaves else {
                throw LedgerError.damaged("the newest checkpoint is not of the size that is stored")
            }
            var nodes = TileNodes(StoredTiles(db))
            guard try MerkleTree.root(size: newest.size, from: &nodes) == checkpoint.rootHash else {
                throw LedgerError.damaged("the tiles do not have the root of the newest checkpoint")
            }
            return newest
        }
    }

    private func newestCheckpoint(_ row: CheckpointRow) throws(LedgerError) -> Checkpoint {
        do { return try Checkpoint(verifying: row.note, by: signer.verifier) } catch {
            switch error {
            case .otherOrigin: throw .otherLog("the newest checkpoint is of another log")
            case .notSigned: throw .otherLog("this key did not sign the newest checkpoint")
            case .malformed(let reason): throw .damaged("the newest checkpoint: \(reason)")
            }
        }
    }
}
