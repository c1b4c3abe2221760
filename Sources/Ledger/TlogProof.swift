public import Notes

/// A proof that a log holds an entry, as C2SP tlog-proof writes it.
public struct TlogProof: Equatable, Sendable {
    private static let header = "c2sp.org/tlog-proof@v1"
    /// A tree of 2^64 leaves is no higher.
    private static let hashCountMax = 64

    /// Place of the leaf, from 0.
    public let index: UInt64
    /// Siblings from the leaf to the root.
    public let hashes: [Hash256]
    /// The encoded checkpoint note, signatures and cosignatures included.
    public let checkpoint: [UInt8]

    /// Puts a proof together.
    public init(index: UInt64, hashes: [Hash256], checkpoint: [UInt8]) {
        self.index = index
        self.hashes = hashes
        self.checkpoint = checkpoint
    }

    /// The proof's bytes.
    public var encoded: [UInt8] {
        var text = "\(Self.header)\nindex \(index)\n"
        for hash in hashes { text += Base64.encode(hash.bytes) + "\n" }
        return Array(text.utf8) + [0x0A] + checkpoint
    }

    /// Reads a proof.
    ///
    /// An `extra` line is unauthenticated and passed over.
    public init(parsing bytes: [UInt8]) throws(LogTextError) {
        var rest = bytes[...]
        guard Self.line(&rest) == Self.header else { throw .malformed("the first line") }
        var line = Self.line(&rest)
        if let extra = line, extra.hasPrefix("extra ") {
            guard (try? Base64.decode(String(extra.dropFirst(6)))) != nil else {
                throw .malformed("the extra line")
            }
            line = Self.line(&rest)
        }
        guard let place = line, place.hasPrefix("index "),
            let index = UInt64(place.dropFirst(6)), "index \(index)" == place
        else { throw .malformed("the index line") }
        var hashes: [Hash256] = []
        while let line = Self.line(&rest), !line.isEmpty {
            guard hashes.count < Self.hashCountMax, let bytes = try? Base64.decode(line),
                let hash = Hash256(bytes)
            else { throw .malformed("a hash") }
            hashes.append(hash)
        }
        guard !rest.isEmpty else { throw .malformed("the checkpoint is missing") }
        self.init(index: index, hashes: hashes, checkpoint: Array(rest))
    }

    /// Checks that the log with this key holds `commitment`, and returns the checkpoint it does so
    /// under.
    public func verify(
        commitment: Hash256, by verifier: NoteVerifier
    ) throws(LogTextError) -> Checkpoint {
        let checkpoint = try Checkpoint(verifying: self.checkpoint, by: verifier)
        guard
            MerkleTree.verifyInclusion(
                leafHash: MerkleTree.leafHash(commitment.bytes), index: index,
                size: checkpoint.size, proof: hashes, root: checkpoint.rootHash)
        else { throw .malformed("the hashes do not lead to the checkpoint's root") }
        return checkpoint
    }

    private static func line(_ rest: inout ArraySlice<UInt8>) -> String? {
        guard let end = rest.firstIndex(of: 0x0A) else { return nil }
        defer { rest = rest[(end + 1)...] }
        return String(validating: rest[..<end], as: UTF8.self)
    }
}
