internal import FoundationEssentials
internal import Notes

/// A signed tree of the log, as this home was shown it.
public struct SeenCheckpoint: Codable, Equatable, Sendable {
    /// Number of entries.
    let size: UInt64
    /// The tree's root.
    let root: Data
    /// The checkpoint as it was signed: with another of the same size it proves that the log has two histories.
    let note: Data

    /// Notes a checkpoint whose signature was checked.
    init(_ checkpoint: Checkpoint, note: [UInt8]) {
        size = checkpoint.size
        root = Data(checkpoint.root)
        self.note = Data(note)
    }
}

/// The signed trees under which a home was given proofs: a log that shows it another history than before is found at
/// once, and one that shows others another history when the home is audited.
public struct CheckpointMemory: Sendable {
    /// Most checkpoints that are kept, six weeks of hourly ticks: beyond that the oldest go.
    static let countMax = 1_000
    private static let file = "checkpoints.json"

    private let home: Home

    /// The memory of a home.
    public init(_ home: Home) {
        self.home = home
    }

    /// The encoded notes, smallest tree first.
    public func notes() throws -> [[UInt8]] { try all().map { Array($0.note) } }

    func all() throws -> [SeenCheckpoint] {
        try home.load(Self.file, as: [SeenCheckpoint].self) ?? []
    }

    /// Keeps a checkpoint.
    ///
    /// - Throws: `fork` for another root of a size that was seen, `rollback` for a tree smaller than the last; what
    ///   contradicts is kept beside the home's own checkpoints, as evidence.
    public func keep(_ new: SeenCheckpoint) throws {
        var seen = try all()
        if let known = seen.first(where: { $0.size == new.size }), known.root != new.root {
            try home.replace("fork-\(new.size).note", Array(new.note))
            throw AuditProblem.fork(size: new.size)
        }
        guard let last = seen.last, new.size <= last.size else {
            seen.append(new)
            return try home.save(Self.file, Array(seen.suffix(Self.countMax)))
        }
        guard new.size == last.size else {
            try home.replace("rollback-\(new.size).note", Array(new.note))
            throw AuditProblem.rollback(was: last.size, now: new.size)
        }
    }

    /// Keeps a checkpoint that an audit has accepted, in place of the smaller ones, which it found to be of the same
    /// history.
    public func keep(audited note: [UInt8]) throws {
        let audited = SeenCheckpoint(
            try Checkpoint(text: Note(parsing: note).text), note: note)
        try home.save(Self.file, [audited] + all().filter { $0.size > audited.size })
        try home.replace("checkpoint", note)
    }
}
