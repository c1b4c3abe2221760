internal import Confinement
internal import FoundationEssentials
internal import Notes

/// A signed tree of the log, as this home was shown it.
public struct SeenCheckpoint: Codable, Equatable, Sendable {
    /// Number of entries.
    let size: UInt64
    /// The tree's root.
    let root: Data
    /// The checkpoint with the log's own signature alone: with another of the same size it proves that the log has two
    /// histories, and whoever serves it may have added lines without end.
    let note: Data

    /// Notes a checkpoint whose signature was checked.
    init(_ checkpoint: Checkpoint, note: [UInt8]) {
        size = checkpoint.size
        root = Data(checkpoint.root)
        self.note = Data(note)
    }

    /// The same without what an earlier program kept of others' lines; as it is if it is not the log's.
    fileprivate func trimmed(to log: NoteVerifier) -> SeenCheckpoint {
        guard let own = try? Note(parsing: Array(note)).sole(of: log),
            let checkpoint = try? Checkpoint(text: own.text)
        else { return self }
        return SeenCheckpoint(checkpoint, note: own.encoded)
    }
}

/// The signed trees under which a home was given proofs: a log that shows it another history than before is found at
/// once, and one that shows others another history when the home is audited.
public struct CheckpointMemory: Sendable {
    /// Most checkpoints that are kept, six weeks of hourly ticks: beyond that the oldest go.
    static let countMax = 1_000
    /// Longest checkpoint of a log without others' lines, in bytes; a longer one has some.
    static let noteBytesMax = 1_024
    static let file = "checkpoints.json"
    /// The newest checkpoint that was audited.
    static let audited = "checkpoint"

    private let home: Home

    /// The memory of a home.
    public init(_ home: Home) {
        self.home = home
    }

    /// What is remembered, also of a file that an earlier program has let grow.
    func all() throws -> [SeenCheckpoint] {
        let seen = try home.load(Self.file, as: [SeenCheckpoint].self) ?? []
        guard seen.contains(where: { $0.note.count > Self.noteBytesMax }),
            let log = try PublicTrust.log(of: home)
        else { return seen }
        return seen.map { $0.trimmed(to: log) }
    }

    /// Keeps a checkpoint.
    ///
    /// - Throws: `fork` for another root of a size that was seen, `rollback` for a tree smaller than the last; both
    ///   checkpoints are kept as evidence.
    public func keep(_ new: SeenCheckpoint) throws {
        var seen = try all()
        if let known = seen.first(where: { $0.size == new.size }), known.root != new.root {
            try keepEvidence([known.note, new.note])
            throw AuditProblem.fork(size: new.size)
        }
        guard let last = seen.last, new.size <= last.size else {
            seen.append(new)
            return try home.save(Self.file, Array(seen.suffix(Self.countMax)))
        }
        guard new.size == last.size else {
            try keepEvidence([last.note, new.note])
            throw AuditProblem.rollback(was: last.size, now: new.size)
        }
    }

    /// Holds a log against every checkpoint that is remembered, and keeps its own in place of the smaller ones.
    ///
    /// - Returns: the size at the audit before; nil if this is the first.
    /// - Throws: `fork` or `rollback`; both checkpoints are kept as evidence.
    public func keep(audited log: AuditedLog) throws -> UInt64? {
        let earlier = try home.read(Self.audited)
        for note in try [earlier].compactMap(\.self) + all().map({ Array($0.note) }) {
            do {
                try log.hold(note)
            } catch {
                try keepEvidence([Data(note), Data(log.checkpoint)])
                throw error
            }
        }
        try begin(with: log, others: try all().filter { $0.size > log.size })
        return try earlier.map { try Self.checkpoint($0).size }
    }

    /// Remembers a log that was audited, and of the other checkpoints only these.
    func begin(with log: AuditedLog, others: [SeenCheckpoint] = []) throws {
        let new = SeenCheckpoint(try Self.checkpoint(log.checkpoint), note: log.checkpoint)
        try home.save(Self.file, [new] + others)
        try home.replace(Self.audited, log.checkpoint)
    }

    static func checkpoint(_ note: [UInt8]) throws -> Checkpoint {
        try Checkpoint(text: Note(parsing: note).text)
    }

    // MARK: Evidence

    /// The folder of signed checkpoints that contradict each other.
    static let contradictions = "contradictions"

    /// The checkpoints that have contradicted each other, encoded.
    func evidence() throws -> [[UInt8]] {
        let folder = "\(home.path)/\(Self.contradictions)"
        guard DurableFile.exists(folder) else { return [] }
        return try DurableFile.names(in: folder).compactMap {
            try home.read("\(Self.contradictions)/\($0)")
        }
    }

    /// Each under its size and the beginning of its root, so that one that is shown again makes no second file.
    private func keepEvidence(_ notes: [Data]) throws {
        try home.makeFolder(Self.contradictions)
        for note in notes {
            let checkpoint = try Self.checkpoint(Array(note))
            let root = EntryName.file(checkpoint.root).prefix(16)
            try home.replace("\(Self.contradictions)/\(checkpoint.size)-\(root).note", Array(note))
        }
    }
}
