import Crypto

/// Where a proof finds the roots of complete subtrees: a tile store, a list of leaves, somebody
/// else's tiles.
public protocol MerkleNodes {
    /// What a look-up can fail with.
    associatedtype Failure: Error

    /// The root of the complete subtree over leaves [index · 2^height, (index + 1) · 2^height).
    ///
    /// It is asked only for subtrees that lie wholly inside the tree in question.
    mutating func node(height: Int, index: UInt64) throws(Failure) -> Hash256
}

/// The Merkle tree of RFC 6962 §2.1 with SHA-256: hashes, roots and proofs as pure functions.
public enum MerkleTree {
    /// The root of the tree without leaves: SHA-256 of nothing.
    public static let emptyRoot = Hash256(hashing: [])

    /// Hash of a leaf: SHA-256(00 ‖ entry).
    public static func leafHash(_ entry: [UInt8]) -> Hash256 {
        var hasher = SHA256()
        hasher.update(data: [0])
        hasher.update(data: entry)
        return Hash256(hasher.finalize())
    }

    /// Hash of an inner node: SHA-256(01 ‖ left ‖ right).
    public static func nodeHash(_ left: Hash256, _ right: Hash256) -> Hash256 {
        var message: [UInt8] = [1]
        message.reserveCapacity(1 + 2 * Hash256.byteCount)
        message.append(contentsOf: left.bytes)
        message.append(contentsOf: right.bytes)
        return Hash256(hashing: message)
    }

    /// The root over a list of leaf hashes, or over the roots of equal complete subtrees.
    public static func root(of leaves: [Hash256]) -> Hash256 {
        guard var row = leaves.isEmpty ? nil : leaves else { return emptyRoot }
        // An odd last hash goes up unchanged: that is RFC 6962's split at the largest power of two,
        // seen from below.
        while row.count > 1 {
            var above: [Hash256] = []
            above.reserveCapacity((row.count + 1) / 2)
            for index in stride(from: 0, to: row.count - 1, by: 2) {
                above.append(nodeHash(row[index], row[index + 1]))
            }
            if !row.count.isMultiple(of: 2) { above.append(row[row.count - 1]) }
            row = above
        }
        return row[0]
    }

    /// The root of the tree of `size` leaves, in O(log size) look-ups.
    public static func root<Nodes: MerkleNodes>(
        size: UInt64, from nodes: inout Nodes
    ) throws(Nodes.Failure) -> Hash256 {
        size == 0 ? emptyRoot : try subtreeRoot(0..<size, from: &nodes)
    }

    /// RFC 6962 §2.1.1: the siblings from leaf `index` up to the root of the tree of `size` leaves.
    ///
    /// `index` must be below `size`.
    public static func inclusionProof<Nodes: MerkleNodes>(
        of index: UInt64, size: UInt64, from nodes: inout Nodes
    ) throws(Nodes.Failure) -> [Hash256] {
        precondition(index < size, "a proof of inclusion is for a leaf inside the tree")
        var proof: [Hash256] = []
        var range = 0..<size
        while range.count > 1 {
            let middle = range.lowerBound + split(UInt64(range.count))
            if index < middle {
                proof.append(try subtreeRoot(middle..<range.upperBound, from: &nodes))
                range = range.lowerBound..<middle
            } else {
                proof.append(try subtreeRoot(range.lowerBound..<middle, from: &nodes))
                range = middle..<range.upperBound
            }
        }
        return proof.reversed()
    }

    /// RFC 6962 §2.1.2: what shows that the tree of `size` leaves begins with the tree of `old`
    /// leaves.
    ///
    /// `old` must not be above `size`. The proof from 0 or from `size` itself is empty.
    public static func consistencyProof<Nodes: MerkleNodes>(
        from old: UInt64, to size: UInt64, from nodes: inout Nodes
    ) throws(Nodes.Failure) -> [Hash256] {
        precondition(old <= size, "a tree is consistent only with one at least as large")
        guard old > 0, old < size else { return [] }
        var proof: [Hash256] = []
        var range = 0..<size
        while range.upperBound != old {
            let middle = range.lowerBound + split(UInt64(range.count))
            if old <= middle {
                proof.append(try subtreeRoot(middle..<range.upperBound, from: &nodes))
                range = range.lowerBound..<middle
            } else {
                proof.append(try subtreeRoot(range.lowerBound..<middle, from: &nodes))
                range = middle..<range.upperBound
            }
        }
        // The old tree itself is known to the verifier; any other old subtree is not.
        if range.lowerBound > 0 { proof.append(try subtreeRoot(range, from: &nodes)) }
        return proof.reversed()
    }

    /// The largest power of two below `count`, which is at least 2: where RFC 6962 parts a tree.
    static func split(_ count: UInt64) -> UInt64 {
        1 << UInt64(UInt64.bitWidth - 1 - (count - 1).leadingZeroBitCount)
    }

    /// The root over a range whose start is a multiple of the power of two that covers it.
    private static func subtreeRoot<Nodes: MerkleNodes>(
        _ range: Range<UInt64>, from nodes: inout Nodes
    ) throws(Nodes.Failure) -> Hash256 {
        var start = range.lowerBound
        var parts: [Hash256] = []
        while start < range.upperBound {
            let left = range.upperBound - start
            let height = UInt64.bitWidth - 1 - left.leadingZeroBitCount
            parts.append(try nodes.node(height: height, index: start >> UInt64(height)))
            start += 1 << UInt64(height)
        }
        var root = parts[parts.count - 1]
        for part in parts.dropLast().reversed() { root = nodeHash(part, root) }
        return root
    }
}

extension MerkleTree {
    /// True if `proof` shows that the leaf with this hash is leaf `index` of the tree of `size`
    /// leaves with this root (RFC 9162 §2.1.3.2).
    public static func verifyInclusion(
        leafHash: Hash256, index: UInt64, size: UInt64, proof: [Hash256], root: Hash256
    ) -> Bool {
        guard index < size else { return false }
        var node = index
        var last = size - 1
        var hash = leafHash
        for sibling in proof {
            guard last > 0 else { return false }
            if node & 1 == 1 || node == last {
                hash = nodeHash(sibling, hash)
                while node & 1 == 0, node != 0 {
                    node >>= 1
                    last >>= 1
                }
            } else {
                hash = nodeHash(hash, sibling)
            }
            node >>= 1
            last >>= 1
        }
        return last == 0 && hash == root
    }
}
