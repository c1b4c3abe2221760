internal import Ledger
public import Notes

/// What is wrong with a public log.
public enum AuditProblem: Explained, Equatable {
    /// The checkpoint is not signed by the log's key, not of this origin, or malformed.
    case badCheckpoint
    /// The size is not a multiple of 256, which this log always has.
    case oddSize(UInt64)
    /// The log is smaller than it was: entries were taken back.
    case rollback(was: UInt64, now: UInt64)
    /// The first entries are not those that were there before: two histories under one name.
    case fork(size: UInt64)
    /// A tile is missing or of the wrong length.
    case missingTile(path: String)
    /// A tile does not hold the hashes that the tree has there.
    case wrongTile(path: String)
    /// An entry bundle does not hold the entries whose hashes the tree has.
    case wrongEntries(path: String)
    /// The tiles lead to another root than the checkpoint signs.
    case wrongRoot(size: UInt64)

    /// The problem in one line.
    public var sentence: String {
        switch self {
        case .badCheckpoint: "The checkpoint is not signed by this log's key."
        case .oddSize(let size): "The log's size \(size) is no multiple of 256."
        case .rollback(let was, let now):
            "ROLLBACK: the log had \(was) entries and now has \(now). \(Self.advice)"
        case .fork(let size):
            "FORK: the first \(size) entries are not those that were there before. \(Self.advice)"
        case .missingTile(let path): "The tile \(path) is missing or cut."
        case .wrongTile(let path): "The tile \(path) does not fit the tree."
        case .wrongEntries(let path): "The entries of \(path) are not those of the tree."
        case .wrongRoot(let size): "The tiles of \(size) entries do not lead to the signed root."
        }
    }

    private static let advice = """
        Both signed checkpoints are kept in this home, under contradictions: hand them to the auditor, and ask the \
        gateway's operator. Nothing is accepted meanwhile; resguardo audit --help says how to go on.
        """

    /// Always bad input.
    public var exit: ExitKind { .badInput }
}

/// A log that was read whole: all its tiles lead to the root that it signs.
public struct AuditedLog: Sendable {
    /// The checkpoint with the log's own signature alone.
    public let checkpoint: [UInt8]
    /// Number of entries.
    public let size: UInt64
    private let subtrees: [Hash256]
    private let log: NoteVerifier

    fileprivate init(
        _ encoded: [UInt8], _ checkpoint: Checkpoint, _ subtrees: [Hash256], log: NoteVerifier
    ) {
        self.checkpoint = encoded
        size = checkpoint.size
        self.subtrees = subtrees
        self.log = log
    }

    /// Checks that nothing of an earlier tree is gone or changed.
    ///
    /// - Parameter encoded: the earlier tree's checkpoint.
    /// - Throws: `rollback` or `fork` if it is, and what is wrong with the checkpoint itself.
    public func hold(_ encoded: [UInt8]) throws(AuditProblem) {
        let known = try Checkpoint(verifying: encoded, by: log)
        guard known.size <= size else { throw .rollback(was: known.size, now: size) }
        guard
            MerkleTree.root(of: Array(subtrees.prefix(Int(known.size / 256))))
                == Hash256(known.root)
        else { throw .fork(size: known.size) }
    }
}

extension Checkpoint {
    /// Reads a checkpoint of this log, whose size is one that this log signs.
    fileprivate init(verifying encoded: [UInt8], by log: NoteVerifier) throws(AuditProblem) {
        guard let note = try? Note(parsing: encoded), (try? note.verify(by: log)) != nil,
            let checkpoint = try? note.body(Checkpoint.self, origin: log.name)
        else { throw .badCheckpoint }
        guard checkpoint.size.isMultiple(of: 256) else { throw .oddSize(checkpoint.size) }
        self = checkpoint
    }
}

/// Checks a public log from nothing but what it publishes: checkpoint, tiles, entries.
public struct LogAudit: Sendable {
    private let client: PublicClient
    private let log: NoteVerifier

    /// Audits the log with this key through `client`.
    public init(_ client: PublicClient, log: NoteVerifier) {
        self.client = client
        self.log = log
    }

    /// Reads the whole log: checks the signature, the root from all tiles, and each tile's entries.
    public func read() async throws -> AuditedLog {
        let served = try await client.checkpoint()
        let checkpoint = try Checkpoint(verifying: served, by: log)
        let rows = try await subtrees(of: checkpoint.size)
        guard Hash256(checkpoint.root) == MerkleTree.root(of: rows) else {
            throw AuditProblem.wrongRoot(size: checkpoint.size)
        }
        try await checkHigherTiles(rows)
        guard let own = try? Note(parsing: served).sole(of: log) else {
            throw AuditProblem.badCheckpoint
        }
        return AuditedLog(own.encoded, checkpoint, rows, log: log)
    }

    /// Reads every leaf: the root of each full level-0 tile, whose entries are checked on the way.
    private func subtrees(of size: UInt64) async throws -> [Hash256] {
        var roots: [Hash256] = []
        for index in 0..<size / 256 {
            let path = Self.path(level: 0, index: index, width: 256)
            let leaves = try await hashes(path, count: 256)
            let entriesPath = Tiles.entriesPath(index: index)
            guard let bundle = try await client.tile(entriesPath),
                let entries = Tiles.commitments(inBundle: bundle)
            else { throw AuditProblem.missingTile(path: entriesPath) }
            guard entries.map({ MerkleTree.leafHash($0.bytes) }) == leaves else {
                throw AuditProblem.wrongEntries(path: entriesPath)
            }
            roots.append(MerkleTree.root(of: leaves))
        }
        return roots
    }

    /// Compares the tiles above level 0 with the tree: others verify proofs with them.
    private func checkHigherTiles(_ roots: [Hash256]) async throws {
        var row = roots
        var level = 1
        while !row.isEmpty {
            var above: [Hash256] = []
            for start in stride(from: 0, to: row.count, by: 256) {
                let tile = Array(row[start..<min(start + 256, row.count)])
                let path = Self.path(
                    level: level, index: UInt64(start / 256), width: tile.count)
                guard try await hashes(path, count: tile.count) == tile else {
                    throw AuditProblem.wrongTile(path: path)
                }
                if tile.count == 256 { above.append(MerkleTree.root(of: tile)) }
            }
            row = above
            level += 1
        }
    }

    private func hashes(_ path: String, count: Int) async throws -> [Hash256] {
        guard let bytes = try await client.tile(path), let hashes = Tiles.hashes(inTile: bytes),
            hashes.count == count
        else { throw AuditProblem.missingTile(path: path) }
        return hashes
    }

    private static func path(level: Int, index: UInt64, width: Int) -> String {
        TileAddress(level: level, index: index, width: width)?.path ?? ""
    }
}
