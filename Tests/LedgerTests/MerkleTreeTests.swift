import Foundation
import Notes
import Sodium
import TestSupport
import Testing

@testable import Ledger

@Suite("RFC 6962 tree")
struct MerkleTreeTests {
    /// Entry i of the trees below, also of the published vectors.
    private func entry(_ index: Int) -> [UInt8] { Array("entry \(index)".utf8) }

    @Test(
        "every tree up to 36 leaves has the root and the proofs of the RFC's text"
    )
    func exhaustive() {
        let entries = (0..<36).map(entry)
        var nodes = LeafList(entries.map(MerkleTree.leafHash))
        for size in 0...entries.count {
            let tree = entries[..<size]
            let root = MerkleTree.root(size: UInt64(size), from: &nodes)
            #expect(root.bytes == NaiveTree.root(tree))
            for index in 0..<size {
                let proof = MerkleTree.inclusionProof(
                    of: UInt64(index), size: UInt64(size), from: &nodes)
                #expect(proof.map(\.bytes) == NaiveTree.path(index, tree))
                #expect(
                    MerkleTree.verifyInclusion(
                        leafHash: MerkleTree.leafHash(entries[index]), index: UInt64(index),
                        size: UInt64(size), proof: proof, root: root))
            }
            for old in 0...size {
                let proof = MerkleTree.consistencyProof(
                    from: UInt64(old), to: UInt64(size), from: &nodes)
                if old > 0 { #expect(proof.map(\.bytes) == NaiveTree.proof(old, tree)) }
                let oldRoot = MerkleTree.root(size: UInt64(old), from: &nodes)
                #expect(
                    MerkleTree.verifyConsistency(
                        from: UInt64(old), oldRoot: oldRoot, to: UInt64(size), root: root,
                        proof: proof))
            }
        }
    }

    @Test("a proof that is changed, cut, lengthened, or for another leaf, size or root is refused")
    func refused() throws {
        let entries = (0..<13).map(entry)
        var nodes = LeafList(entries.map(MerkleTree.leafHash))
        let root = MerkleTree.root(size: 13, from: &nodes)
        let other = Hash256(hashing: [9])
        for index in UInt64(0)..<13 {
            let leaf = nodes.leaves[Int(index)]
            let proof = MerkleTree.inclusionProof(of: index, size: 13, from: &nodes)
            func holds(
                _ leaf: Hash256, _ index: UInt64, _ size: UInt64, _ proof: [Hash256],
                _ root: Hash256
            ) -> Bool {
                MerkleTree.verifyInclusion(
                    leafHash: leaf, index: index, size: size, proof: proof, root: root)
            }
            #expect(!holds(other, index, 13, proof, root))
            #expect(!holds(leaf, index ^ 1, 13, proof, root))
            #expect(!holds(leaf, index + 13, 13, proof, root))
            #expect(!holds(leaf, index, 13, proof.dropLast(), root))
            #expect(!holds(leaf, index, 13, proof + [other], root))
            #expect(!holds(leaf, index, 13, proof, other))
            for position in proof.indices {
                var changed = proof
                changed[position] = other
                #expect(!holds(leaf, index, 13, changed, root))
            }
        }
        for old in UInt64(1)..<13 {
            let oldRoot = MerkleTree.root(size: old, from: &nodes)
            let proof = MerkleTree.consistencyProof(from: old, to: 13, from: &nodes)
            func holds(_ oldRoot: Hash256, _ root: Hash256, _ proof: [Hash256]) -> Bool {
                MerkleTree.verifyConsistency(
                    from: old, oldRoot: oldRoot, to: 13, root: root, proof: proof)
            }
            #expect(holds(oldRoot, root, proof))
            #expect(!holds(other, root, proof))
            #expect(!holds(oldRoot, other, proof))
            #expect(!holds(oldRoot, root, proof.dropLast()))
            #expect(!holds(oldRoot, root, proof + [other]))
            for position in proof.indices {
                var changed = proof
                changed[position] = other
                #expect(!holds(oldRoot, root, changed))
            }
        }
        #expect(
            !MerkleTree.verifyConsistency(from: 0, oldRoot: other, to: 13, root: root, proof: []))
        #expect(
            !MerkleTree.verifyConsistency(from: 14, oldRoot: root, to: 13, root: root, proof: []))
    }

    @Test("the published vectors hold: roots, proofs, checkpoint, tile paths")
    func vectors() throws {
        let lines = try VectorFile.lines()
        var nodes = LeafList((0..<7).map { MerkleTree.leafHash(entry($0)) })
        var seen = 0
        for line in lines {
            let words = line.split(separator: " ").map(String.init)
            if line.hasPrefix("empty root ") {
                #expect(Base64.encode(MerkleTree.emptyRoot.bytes) == words[2])
                seen += 1
            } else if line.hasPrefix("root "), let size = UInt64(words[1]) {
                let root = MerkleTree.root(size: size, from: &nodes)
                #expect(Base64.encode(root.bytes) == words[2])
                seen += 1
            } else if line.hasPrefix("incl "), let index = UInt64(words[1]) {
                let proof = MerkleTree.inclusionProof(of: index, size: 7, from: &nodes)
                #expect(proof.map { Base64.encode($0.bytes) } == VectorFile.quoted(line))
                seen += 1
            } else if line.hasPrefix("cons "), let old = UInt64(words[1].prefix { $0 != "-" }) {
                let proof = MerkleTree.consistencyProof(from: old, to: 7, from: &nodes)
                #expect(proof.map { Base64.encode($0.bytes) } == VectorFile.quoted(line))
                seen += 1
            } else if line.hasPrefix("tile "), let index = UInt64(words[1]) {
                #expect(TileAddress(level: 0, index: index)?.path == "tile/0/" + words[2])
                seen += 1
            }
        }
        #expect(seen == 1 + 7 + 3 + 2 + 5)
    }

    @Test(
        "the published proof of entry 3 is read, written and verified, and its checkpoint is signed"
    )
    func publishedProof() throws {
        let bytes = try VectorFile.proof()
        let proof = try TlogProof(parsing: bytes)
        #expect(proof.index == 3)
        #expect(proof.encoded == bytes)
        let verifier = try NoteVerifier(vkey: VectorFile.vkey())
        let commitment = entry(3)
        let checkpoint = try Checkpoint(verifying: proof.checkpoint, by: verifier)
        #expect(checkpoint.size == 7)
        #expect(checkpoint.origin == "gateway.example/ar-log")
        #expect(
            MerkleTree.verifyInclusion(
                leafHash: MerkleTree.leafHash(commitment), index: proof.index,
                size: checkpoint.size, proof: proof.hashes, root: checkpoint.rootHash))
        let stranger = try LedgerFixture.makeSigner("gateway.example/ar-log", seed: 9).verifier
        #expect(throws: LogTextError.notSigned) {
            try Checkpoint(verifying: proof.checkpoint, by: stranger)
        }
    }

    @Test(
        "a proof out of form is refused",
        arguments: [
            "", "c2sp.org/tlog-proof@v2\nindex 1\n\nx\n", "c2sp.org/tlog-proof@v1\nindex 01\n\nx\n",
            "c2sp.org/tlog-proof@v1\nindex 1\nAAAA\n\nx\n", "c2sp.org/tlog-proof@v1\nindex 1\n\n",
            "c2sp.org/tlog-proof@v1\nindex -1\n\nx\n", "c2sp.org/tlog-proof@v1\nindex 1\n",
            "c2sp.org/tlog-proof@v1\nextra !\nindex 1\n\nx\n",
        ])
    func malformedProof(text: String) {
        #expect(throws: LogTextError.self) { try TlogProof(parsing: Array(text.utf8)) }
    }

    @Test("an unauthenticated extra line is passed over")
    func extraLine() throws {
        let text = "c2sp.org/tlog-proof@v1\nextra AAAA\nindex 1\n\nx\n"
        #expect(try TlogProof(parsing: Array(text.utf8)).index == 1)
    }
}

/// `Tests/Vectors/tlog-vectors.txt`.
enum VectorFile {
    static func lines() throws -> [String] {
        String(decoding: try vectorFile("tlog-vectors.txt"), as: UTF8.self)
            .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    static func quoted(_ line: String) -> [String] {
        line.split(separator: "'", omittingEmptySubsequences: false).enumerated()
            .filter { $0.offset % 2 == 1 }.map { String($0.element) }
    }

    static func vkey() throws -> String {
        let line = try lines().first { $0.hasPrefix("vkey ") } ?? ""
        return String(line.dropFirst(5))
    }

    static func proof() throws -> [UInt8] {
        let lines = try lines()
        guard let start = lines.firstIndex(where: { $0.hasPrefix("--tlog-proof") }),
            let end = lines.firstIndex(where: { $0.hasPrefix("tile ") })
        else { throw Surprise("no proof among the vectors") }
        return Array((lines[(start + 1)..<end].joined(separator: "\n") + "\n").utf8)
    }
}
