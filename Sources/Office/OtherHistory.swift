internal import Confinement
internal import FoundationEssentials
internal import Ledger
internal import Notes
public import Roster

/// A home's decision to go on from a log that is not the continuation of the one it knew: the gateway was restored from
/// a backup, say.
///
/// Whoever decides names the new log's root, as the operator and the auditor have given it: nothing here offers it.
/// What the home knew of the log before is put aside whole, and is evidence.
public struct OtherHistory: Sendable {
    private let home: Home
    private var memory: CheckpointMemory { CheckpointMemory(home) }

    /// Where what was known before is put aside, a folder for each decision.
    static let folder = "histories"

    /// The decisions of a home.
    public init(_ home: Home) {
        self.home = home
    }

    /// One decision, as it is kept beside what was put aside: `decision.json`, and `accepted.note`, the checkpoint of
    /// the log as it was read then.
    public struct Decision: Codable, Equatable, Sendable {
        /// Its number in this home, from 1.
        public let number: Int
        /// The root that was named, base64, and the number of entries of its tree.
        public let root: String
        /// Entries of that tree.
        public let size: UInt64
        /// Entries of the greatest tree that was known before.
        public let before: UInt64
        /// When, in seconds since 1970.
        public let at: UInt64
    }

    /// Accepts a log in place of the one that this home knew; the home is the caller's alone (`Home.alone`).
    ///
    /// Cursors and numbers begin anew, since the restored gateway's do. Promises stay: `forgetLost` says which of them
    /// the log does not keep. Accepting what was accepted last goes on with that decision, wherever it was broken off.
    ///
    /// - Parameters:
    ///   - log: the log as it was read whole.
    ///   - root: the root, base64, of a tree that contradicted what this home knew, and that is part of this log.
    ///   - seconds: the time since 1970.
    /// - Returns: the decision, and the names of reports whose acceptance has to be signed again.
    public func accept(
        _ log: AuditedLog, root: String, at seconds: UInt64
    ) async throws -> (decision: Decision, unaccepted: [String]) {
        let shown = try named(root)
        let known =
            try [home.read(CheckpointMemory.audited)].compactMap(\.self)
            + memory.all().map { Array($0.note) }
        guard known.contains(where: { (try? log.hold($0)) == nil }) else {
            guard let last = try lastDecision(), last.root == root else {
                throw Complaint(
                    .usage, "The log goes on from what this home knows: nothing to accept.")
            }
            return (last, try stateBefore(last).toAccept.values.sorted())
        }
        do {
            try log.hold(shown.note)
        } catch {
            throw Complaint(
                .refused,
                "The log that is served now does not hold the tree of this root; nothing was changed."
            )
        }
        let begun = try unfinished(root)
        guard try begun != nil || lastDecision()?.root != root else {
            throw Complaint(
                .refused,
                "The log of this root was accepted before, and the one that is served now contradicts what it has become "
                    + "since; nothing was changed. Audit, and learn that log's own root."
            )
        }
        let decision =
            try begun
            ?? Decision(
                number: (try lastDecision()?.number ?? 0) + 1, root: root, size: shown.size,
                before: try known.map { try CheckpointMemory.checkpoint($0).size }.max() ?? 0,
                at: seconds)
        try await putAside(decision, log)
        let state = try home.state()
        var fresh = HomeState()
        fresh.opened = state.opened
        fresh.routed = state.routed
        fresh.awaited = state.awaited
        fresh.unproven = state.unproven
        if try home.read(Home.stateFile) != nil { try home.store(fresh) }
        for name in Self.derived { try home.remove(name) }
        try memory.begin(with: log)
        return (decision, try stateBefore(decision).toAccept.values.sorted())
    }

    /// Gives up the promises from before a decision that the accepted log does not keep: they stay in what was put aside.
    ///
    /// What is broken off, and a promise whose tick is not over, is gone on with when the same is accepted again.
    ///
    /// - Parameter tell: told each of them, as what it is, before it is given up.
    public func forgetLost(
        since decision: Decision, from client: PublicClient, roster: PublicRoster,
        now: @escaping @Sendable () -> UInt64, tell: (CustodyProblem) -> Void
    ) async throws {
        let book = PromiseBook(
            home: home, checker: try EntryChecker(roster, now: now, findings: Findings()),
            client: client)
        try await book.giveUpLost(of: Set(stateBefore(decision).awaited.keys), tell: tell)
    }

    /// The evidence with this root.
    private func named(_ root: String) throws -> (note: [UInt8], size: UInt64) {
        let bytes = try? Base64.decode(root, count: 32)
        for note in try memory.evidence() {
            let checkpoint = try CheckpointMemory.checkpoint(note)
            if checkpoint.root == bytes { return (note, checkpoint.size) }
        }
        throw Complaint(
            .usage,
            "No checkpoint in \(home.path)/\(CheckpointMemory.contradictions) has this root (its third line)."
        )
    }

    /// What a home makes from what the gateway gives, and makes again.
    private static let derived = ["probes.json", "checked-tips.json", RosterPlaces.file]

    private func lastDecision() throws -> Decision? {
        let folder = "\(home.path)/\(Self.folder)"
        guard DurableFile.exists(folder),
            let number = try DurableFile.names(in: folder).compactMap(Int.init).max()
        else { return nil }
        return try home.load("\(Self.folder)/\(number)/decision.json", as: Decision.self)
    }

    /// The last decision, if it was for this root and the home still knows what that put aside: the audited checkpoint is
    /// the last that a decision changes.
    private func unfinished(_ root: String) throws -> Decision? {
        guard let last = try lastDecision(), last.root == root else { return nil }
        let before = try home.read("\(Self.folder)/\(last.number)/\(CheckpointMemory.audited)")
        return try before == home.read(CheckpointMemory.audited) ? last : nil
    }

    /// The cursors and numbers that a decision put aside.
    private func stateBefore(_ decision: Decision) throws -> HomeState {
        try home.load(
            "\(Self.folder)/\(decision.number)/\(Home.stateFile)", as: HomeState.self)
            ?? HomeState()
    }

    /// The files are there whole, with the decision, before anything is changed; what was put aside once stays as it is.
    private func putAside(_ decision: Decision, _ log: AuditedLog) async throws {
        try home.makeFolder(Self.folder)
        _ = try await CustodyFolder.publish(
            String(decision.number), in: "\(home.path)/\(Self.folder)"
        ) { path in
            let kept = [Home.stateFile, CheckpointMemory.audited, CheckpointMemory.file]
            for name in kept + Self.derived {
                guard let bytes = try home.read(name, limit: Home.stateBytesMax) else { continue }
                try CustodyFolder.write(name, bytes, in: path)
            }
            try CustodyFolder.write("accepted.note", log.checkpoint, in: path)
            try CustodyFolder.write("decision.json", json: decision, in: path)
        }
    }
}
