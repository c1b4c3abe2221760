internal import Confinement
internal import Ledger
internal import Notes
public import Roster

/// The rosters that this home has accepted, each with the tick of its entry in the log.
///
/// A signature is judged by the roster in force at its entry's tick (formats §2), whenever this home has first seen
/// that roster: earlier ones are kept, since a member who was revoked today signed rightly yesterday.
///
/// Like the vault's own judgement (`RosterTimeline`), a version counts here from the tick after its entry's on. The
/// vault refuses whom a version revokes at once, but what it took before in the same tick stands, and the log does not
/// say in which order the entries of a tick came.
public struct RosterHistory: Sendable {
    private var versions: [(entered: UInt64, roster: Roster)]

    /// Starts with the first roster that was accepted; it counts for all time before, too, since
    /// this home has seen nothing older.
    init(first: Roster, entered tick: UInt64) {
        versions = [(tick, first)]
    }

    /// The newest roster.
    public var newest: Roster { versions[versions.count - 1].roster }

    /// Adds a later version, entered in the log at a tick not before the last one's.
    mutating func add(_ roster: Roster, entered tick: UInt64) throws(RosterError) {
        guard roster.version > newest.version, tick >= versions[versions.count - 1].entered else {
            throw .wrongPredecessor
        }
        versions.append((tick, roster))
    }

    /// The rosters by which a signature in an entry of this tick is judged: it holds if its signer is in force in one.
    ///
    /// That is the one in force at the tick. Where this home has missed versions, nobody tells it when they came, and
    /// the two that it has on either side are both given: a member of the later one may have been added by a missed
    /// version, and one of the earlier may not have been revoked before the later. So somebody whom a missed version
    /// revoked is believed up to the entry of the next one that was seen; the vault has taken nothing from them since.
    public func rosters(judging tick: UInt64) -> [Roster] {
        guard let index = versions.lastIndex(where: { $0.entered < tick }) else {
            return [versions[0].roster]
        }
        let roster = versions[index].roster
        guard index + 1 < versions.count else { return [roster] }
        let later = versions[index + 1].roster
        return later.version == roster.version + 1 ? [roster] : [roster, later]
    }
}

/// Reads rosters from the gateway and believes only what follows from what it believed before.
struct RosterKeeper {
    let home: Home
    let settings: HomeSettings
    let client: PublicClient
    let now: @Sendable () -> UInt64

    /// The history with what the gateway offers now: note, staff part and entry as served, unchecked.
    func accept(_ offered: OfferedRoster) async throws -> RosterHistory {
        let note = try RosterVerification.note(Array(offered.note.utf8))
        let staff = Array(offered.staff.utf8)
        let history: RosterHistory
        let entry: CheckedEntry
        if var earlier = try stored() {
            let roster = try RosterVerification.later(
                note: note, staff: staff, than: earlier.newest, at: now())
            guard roster.version > earlier.newest.version else { return earlier }
            entry = try self.entry(of: roster, offered)
            try earlier.add(roster, entered: entry.tick)
            history = earlier
        } else {
            let roster = try RosterVerification.trusted(
                note: note, staff: staff, trust: settings.trust(), at: now())
            entry = try self.entry(of: roster, offered)
            history = RosterHistory(first: roster, entered: entry.tick)
        }
        // From its entry's tick on the roster decides who is believed: that tick is the log's word, which it has to keep.
        let log = try EntryChecker(history.newest.publicPart, now: now)
        _ = try await PromiseBook(home: home, checker: log, client: client)
            .inclusion(of: entry, Self.name(history.newest))
        try store(history.newest, offered, entered: entry.tick)
        return history
    }

    /// What the log has promised to hold: exactly this roster's note.
    private func entry(of roster: Roster, _ offered: OfferedRoster) throws -> CheckedEntry {
        let entry = try EntryChecker(roster.publicPart, now: now)
            .check(offered.entry, Self.name(roster))
        let note = Hash256(hashing: Array(offered.note.utf8))
        guard entry.body == .roster(note: note, version: roster.version) else {
            throw CustodyProblem.recordDiffers(what: Self.name(roster))
        }
        return entry
    }

    private static func name(_ roster: Roster) -> String { "roster \(roster.version)" }

    /// The newest accepted roster's note, as a file of the home; nil before the first.
    static func newestNote(in home: Home) throws -> String? { try notes(in: home).last }

    /// The accepted rosters' notes, oldest first.
    private static func notes(in home: Home) throws -> [String] {
        let folder = "\(home.path)/rosters"
        guard DurableFile.exists(folder) else { return [] }
        return try DurableFile.names(in: folder).filter { $0.hasSuffix(".note") }
            .map { "rosters/\($0)" }
    }

    /// The rosters kept in the home, nil before the first.
    ///
    /// Their authorities were checked when they were stored.
    private func stored() throws -> RosterHistory? {
        var history: RosterHistory?
        for name in try Self.notes(in: home) {
            let stem = String(name.dropLast(5))
            guard let tick = stem.split(separator: "-").last.flatMap({ UInt64($0) }),
                let note = try home.read(name), let staff = try home.read("\(stem).staff.json")
            else { throw Complaint(.badInput, "\(home.path)/\(name) is damaged.") }
            let roster = try Roster(note: RosterVerification.note(note), staff: staff)
            if history == nil {
                history = RosterHistory(first: roster, entered: tick)
            } else {
                try history?.add(roster, entered: tick)
            }
        }
        return history
    }

    /// The staff part first: a note without it would be a version that cannot be read.
    private func store(
        _ roster: Roster, _ offered: OfferedRoster, entered tick: UInt64
    ) throws {
        try DurableFile.makeFolder("\(home.path)/rosters")
        let digits = String(roster.version)
        let padded = String(repeating: "0", count: max(0, 8 - digits.count)) + digits
        try home.replace("rosters/\(padded)-\(tick).staff.json", Array(offered.staff.utf8))
        try home.replace("rosters/\(padded)-\(tick).note", Array(offered.note.utf8))
    }
}

extension RosterError: Explained {
    /// The error in one line.
    public var sentence: String { description }

    /// 77 for a roster that has run out, 65 for the rest.
    public var exit: ExitKind { self == .expired ? .refused : .badInput }
}
