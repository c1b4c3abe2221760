public import Ledger

extension MerkleTree {
    /// True if `proof` shows that the tree of `size` leaves begins with the tree of `old` leaves
    /// (RFC 9162 §2.1.4.2).
    ///
    /// The empty tree is the beginning of every tree; its root must still be the right one. Only tests ask this: the walk
    /// is the RFC's own, and shares nothing but the hash with what makes the proofs and with the check of inclusion.
    public static func verifyConsistency(
        from old: UInt64, oldRoot: Hash256, to size: UInt64, root: Hash256, proof: [Hash256]
    ) -> Bool {
        guard old <= size else { return false }
        if old == size { return proof.isEmpty && oldRoot == root }
        if old == 0 { return proof.isEmpty && oldRoot == emptyRoot }
        var node = old - 1
        var last = size - 1
        while node & 1 == 1 {
            node >>= 1
            last >>= 1
        }
        // A power of two: the old root is a node of the new tree, and not repeated in the proof.
        var path = node == 0 ? [oldRoot] + proof : proof
        guard !path.isEmpty else { return false }
        var oldHash = path.removeFirst()
        var hash = oldHash
        for sibling in path {
            guard last > 0 else { return false }
            if node & 1 == 1 || node == last {
                oldHash = nodeHash(sibling, oldHash)
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
        return last == 0 && oldHash == oldRoot && hash == root
    }
}

/// The nodes of a tree whose leaf hashes are all in memory: what a client of the log would have.
public struct LeafList: MerkleNodes {
    /// The leaf hashes in order.
    public let leaves: [Hash256]

    /// Takes the leaf hashes in order.
    public init(_ leaves: [Hash256]) {
        self.leaves = leaves
    }

    /// The root of one complete subtree, hashed anew each time.
    public func node(height: Int, index: UInt64) -> Hash256 {
        let width = 1 << height
        let start = Int(index) << height
        return MerkleTree.root(of: Array(leaves[start..<start + width]))
    }
}
