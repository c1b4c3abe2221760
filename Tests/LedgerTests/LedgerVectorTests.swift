import Foundation
import Notes
import Sodium
import TestSupport
import Testing

@testable import Ledger

/// What the independent program made of formats.md §6, read by the code under test.
@Suite("Vectors of the independent program")
struct LedgerVectorTests {
    private let file: LedgerVectors
    private let verifier: NoteVerifier
    private let nodes: LeafList

    init() throws {
        file = try LedgerVectors.load()
        verifier = try NoteVerifier(vkey: file.log.vkey)
        nodes = LeafList((0..<1_100).map { MerkleTree.leafHash(LedgerVectors.entry($0)) })
    }

    @Test("records are read and written byte for byte, and commitments are the same")
    func entries() throws {
        var kinds: Set<EntryKind> = []
        for entry in file.entries {
            let bytes = Array(entry.record.utf8)
            let record = try Record(parsing: bytes)
            #expect(record.encoded == bytes)
            kinds.insert(record.kind)
            let commitment = Commitment.of(record: bytes, salt: try Base64.decode(entry.salt))
            #expect(Base64.encode(commitment.bytes) == entry.commitment)
            #expect(Base64.encode(MerkleTree.leafHash(commitment.bytes).bytes) == entry.leaf)
        }
        #expect(kinds.count == 9)
    }

    @Test("roots, inclusion and consistency proofs are the same")
    func trees() throws {
        var nodes = nodes
        for root in file.roots {
            let made = MerkleTree.root(size: root.size, from: &nodes)
            #expect(Base64.encode(made.bytes) == root.root)
        }
        for proof in file.inclusion {
            let made = MerkleTree.inclusionProof(of: proof.index, size: proof.size, from: &nodes)
            #expect(made.map { Base64.encode($0.bytes) } == proof.proof)
        }
        for proof in file.consistency {
            let made = MerkleTree.consistencyProof(from: proof.old, to: proof.new, from: &nodes)
            #expect(made.map { Base64.encode($0.bytes) } == proof.proof)
        }
    }

    @Test("every proof that the program refuses is refused")
    func refusedProofs() throws {
        for proof in file.refusedProofs {
            let hashes = try proof.proof.map { try LedgerVectors.hash($0) }
            let holds: Bool
            if let old = proof.old, let new = proof.new, let oldRoot = proof.oldRoot,
                let newRoot = proof.newRoot
            {
                holds = MerkleTree.verifyConsistency(
                    from: old, oldRoot: try LedgerVectors.hash(oldRoot), to: new,
                    root: try LedgerVectors.hash(newRoot), proof: hashes)
            } else {
                holds = MerkleTree.verifyInclusion(
                    leafHash: try LedgerVectors.hash(#require(proof.leaf)),
                    index: try #require(proof.index), size: try #require(proof.size),
                    proof: hashes, root: try LedgerVectors.hash(#require(proof.root)))
            }
            #expect(!holds, "\(proof.name)")
        }
    }

    @Test("proofs as text are the same bytes, verify, and are refused where the program refuses")
    func texts() throws {
        for vector in file.tlogProofs {
            let bytes = Array(vector.proof.utf8)
            let proof = try TlogProof(parsing: bytes)
            #expect(proof.encoded == bytes)
            let checkpoint = try proof.verify(
                commitment: try LedgerVectors.hash(vector.commitment), by: verifier)
            #expect(checkpoint.size == vector.size)
        }
        for vector in file.refusedTlogProofs {
            #expect(throws: LogTextError.self, "\(vector.name ?? "")") {
                try TlogProof(parsing: Array(vector.proof.utf8)).verify(
                    commitment: try LedgerVectors.hash(vector.commitment), by: verifier)
            }
        }
    }

    @Test("checkpoints are read, signed the same, and refused where the program refuses")
    func checkpoints() throws {
        let signer = try NoteSigner(
            name: file.origin, seed: SecretBytes(copying: try Base64.decode(file.log.seed)))
        for vector in file.checkpoints.accepted {
            let bytes = Array(vector.checkpoint.utf8)
            let checkpoint = try Checkpoint(verifying: bytes, by: verifier)
            #expect(Base64.encode(checkpoint.root) == vector.root)
            #expect(checkpoint.size == vector.size)
            #expect(try signer.sign(checkpoint).encoded == bytes)
        }
        for vector in file.checkpoints.refused {
            #expect(throws: LogTextError.self, "\(vector.name ?? "")") {
                try Checkpoint(verifying: Array(vector.checkpoint.utf8), by: verifier)
            }
        }
    }

    @Test("tiles and bundles of whole trees have the same hashes and paths")
    func tiles() throws {
        for tree in file.tiles {
            let entries = (0..<Int(tree.size)).map { LedgerVectors.entry($0) }
            let growth = try TileGrowth(
                of: 0, appending: entries.map(MerkleTree.leafHash), onto: NoTiles())
            var made: [String: String] = [:]
            for change in growth.changes {
                let address = try #require(
                    TileAddress(
                        level: change.level, index: change.index, width: change.hashes.count))
                made["/" + address.path] = Base64.encode(
                    Hash256(hashing: change.hashes.flatMap(\.bytes)).bytes)
            }
            #expect(made == tree.tiles)
            var bundles: [String: String] = [:]
            for index in 0..<entries.count / 256 {
                let hashes = try entries[index * 256..<index * 256 + 256].map {
                    try #require(Hash256($0))
                }
                let bundle = Tiles.bundle(hashes)
                #expect(Tiles.commitments(inBundle: bundle) == hashes)
                bundles["/" + Tiles.entriesPath(index: UInt64(index))] = Base64.encode(
                    Hash256(hashing: bundle).bytes)
            }
            #expect(bundles == tree.bundles)
        }
        for vector in file.tilePaths {
            let address = try #require(TileAddress(level: vector.level, index: vector.index))
            #expect("/" + address.path == vector.path)
        }
    }
}

/// A tree that has nothing yet.
struct NoTiles: TileSource {
    func tile(level: Int, index: UInt64) throws(LedgerError) -> [Hash256]? { nil }
}

/// `Tests/Vectors/resguardo-ledger.json`.
struct LedgerVectors: Decodable {
    struct Log: Decodable { let seed, vkey: String }
    struct Entry: Decodable { let commitment, leaf, record, salt: String }
    struct Root: Decodable {
        let root: String
        let size: UInt64
    }
    struct Inclusion: Decodable {
        let index, size: UInt64
        let proof: [String]
    }
    struct Consistency: Decodable {
        let old, new: UInt64
        let proof: [String]
    }
    struct Refused: Decodable {
        let name: String
        let index, size, old, new: UInt64?
        let leaf, root, oldRoot, newRoot: String?
        let proof: [String]
    }
    struct Text: Decodable {
        let name: String?
        let commitment, proof: String
        let size: UInt64?
    }
    struct SignedCheckpoint: Decodable {
        let name, root: String?
        let checkpoint: String
        let size: UInt64?
    }
    struct SignedCheckpoints: Decodable { let accepted, refused: [SignedCheckpoint] }
    struct Tree: Decodable {
        let size: UInt64
        let tiles, bundles: [String: String]
    }
    struct Path: Decodable {
        let level: Int
        let index: UInt64
        let path: String
    }

    let origin: String
    let log: Log
    let entries: [Entry]
    let roots: [Root]
    let inclusion: [Inclusion]
    let consistency: [Consistency]
    let refusedProofs: [Refused]
    let tlogProofs, refusedTlogProofs: [Text]
    let checkpoints: SignedCheckpoints
    let tiles: [Tree]
    let tilePaths: [Path]

    static func load() throws -> LedgerVectors {
        try vectors("resguardo-ledger.json", as: LedgerVectors.self)
    }

    /// Entry i of the program's trees.
    static func entry(_ index: Int) -> [UInt8] {
        Hash256(hashing: Array("resguardo vectors entry \(index)".utf8)).bytes
    }

    static func hash(_ text: String) throws -> Hash256 {
        guard let hash = Hash256(try Base64.decode(text)) else { throw Surprise("not a hash") }
        return hash
    }
}
