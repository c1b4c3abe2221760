/// The tiles that a batch of leaves adds or widens, and the tree's new root: what a tick writes, as
/// a pure function.
struct TileGrowth {
    /// A tile after the growth; upper ones may be partial and replace what was there.
    struct Change: Equatable {
        let level: Int
        let index: UInt64
        let hashes: [Hash256]
    }

    /// Every changed tile, lowest level first.
    let changes: [Change]
    /// Leaves of the tree after the growth.
    let size: UInt64
    /// Root of the tree after the growth.
    let root: Hash256

    /// Appends leaf hashes to the tree of `size` leaves.
    ///
    /// Only the last partial tile of each level is read: O(log n) rows, whatever the tree's size.
    init<Source: TileSource>(
        of size: UInt64, appending leaves: [Hash256], onto source: Source
    ) throws(LedgerError) where Source.Failure == LedgerError {
        precondition(
            size.isMultiple(of: 256) && leaves.count.isMultiple(of: 256),
            "a tick appends whole tiles: no other size is ever signed")
        let total = size + UInt64(leaves.count)
        var changes: [Change] = []
        var level = 0
        var incoming = leaves
        while !incoming.isEmpty {
            let before = Tiles.hashCount(level: level, size: size)
            let grown = try Self.fill(level: level, before: before, incoming, source)
            changes += grown
            // Full tiles go up as one hash each; a partial one waits.
            incoming = grown.filter { $0.hashes.count == 256 }.map {
                MerkleTree.root(of: $0.hashes)
            }
            level += 1
        }
        self.changes = changes
        self.size = total
        var nodes = TileNodes(Overlay(changes: changes, below: source))
        root = try MerkleTree.root(size: total, from: &nodes)
    }

    private static func fill<Source: TileSource>(
        level: Int, before: UInt64, _ incoming: [Hash256], _ source: Source
    ) throws(LedgerError) -> [Change] where Source.Failure == LedgerError {
        var index = before / 256
        var hashes: [Hash256] = []
        let held = Int(before % 256)
        if held > 0 {
            guard let partial = try source.tile(level: level, index: index), partial.count == held
            else { throw .damaged("tile \(level)/\(index) does not have \(held) hashes") }
            hashes = partial
        }
        var changes: [Change] = []
        for hash in incoming {
            hashes.append(hash)
            if hashes.count == 256 {
                changes.append(Change(level: level, index: index, hashes: hashes))
                hashes.removeAll(keepingCapacity: true)
                index += 1
            }
        }
        if !hashes.isEmpty {
            changes.append(Change(level: level, index: index, hashes: hashes))
        }
        return changes
    }

    /// What is about to be written, over what is stored.
    private struct Overlay<Below: TileSource>: TileSource where Below.Failure == LedgerError {
        private let changed: [Int: [UInt64: [Hash256]]]
        private let below: Below

        init(changes: [Change], below: Below) {
            var changed: [Int: [UInt64: [Hash256]]] = [:]
            for change in changes {
                changed[change.level, default: [:]][change.index] = change.hashes
            }
            self.changed = changed
            self.below = below
        }

        func tile(level: Int, index: UInt64) throws(LedgerError) -> [Hash256]? {
            if let hashes = changed[level]?[index] { return hashes }
            return try below.tile(level: level, index: index)
        }
    }
}
