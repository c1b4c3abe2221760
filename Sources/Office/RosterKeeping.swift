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

    /// Adds the next version, entered in the log at a tick not before the last one's.
    mutating func add(_ roster: Roster, entered tick: UInt64) throws(RosterError) {
        guard roster.version == newest.version + 1,
            tick >= versions[versions.count - 1].entered
        else { throw .wrongPredecessor }
        versions.append((tick, roster))
    }

    /// The roster by which a signature in an entry of this tick is judged: the one in force at the tick.
    public func roster(judging tick: UInt64) -> Roster {
        (versions.last { $0.entered < tick } ?? versions[0]).roster
    }
}

/// Reads rosters from the gateway and believes only what follows from what it believed before.
struct RosterKeeper {
    let home: Home
    let settings: HomeSettings
    /// Gives each version's note, staff part and entry, unchecked.
    let staff: StaffClient
    /// Gives the place of an entry in the log.
    let client: PublicClient
    let now: @Sendable () -> UInt64

    /// The history with what the gateway offers now, each missed version on the way to it included.
    func accept() async throws -> RosterHistory {
        let offered = try await staff.roster()
        let note = try RosterVerification.note(Array(offered.note.utf8))
        let part = Array(offered.staff.utf8)
        guard var history = try stored() else {
            let roster = try RosterVerification.trusted(
                note: note, staff: part, trust: settings.trust(), at: now())
            let entry = try entry(of: roster, offered)
            return try await keep(
                RosterHistory(first: roster, entered: entry.tick), offered, entry)
        }
        let announced = try PublicRoster(note: note).version
        while history.newest.version + 1 < announced {
            let missed = try await staff.roster(version: history.newest.version + 1)
            // It may have run out meanwhile: it judges what was signed under it.
            let roster = try RosterVerification.successor(
                note: RosterVerification.note(Array(missed.note.utf8)),
                staff: Array(missed.staff.utf8), of: history.newest, at: nil)
            history = try await adding(roster, missed, to: history)
        }
        let roster = try RosterVerification.sameOrNext(
            note: note, staff: part, after: history.newest, at: now())
        guard roster.version > history.newest.version else { return history }
        return try await adding(roster, offered, to: history)
    }

    private func adding(
        _ roster: Roster, _ offered: OfferedRoster, to history: RosterHistory
    ) async throws -> RosterHistory {
        var history = history
        let entry = try entry(of: roster, offered)
        try history.add(roster, entered: entry.tick)
        return try await keep(history, offered, entry)
    }

    /// Stores the newest of a history once its entry's place was asked for: from the entry's tick on the roster decides
    /// who is believed, and that tick is the log's word, which it has to keep.
    private func keep(
        _ history: RosterHistory, _ offered: OfferedRoster, _ entry: CheckedEntry
    ) async throws -> RosterHistory {
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
            guard let newest = history?.newest else {
                history = RosterHistory(first: roster, entered: tick)
                continue
            }
            // An earlier program kept what came after a version that it had missed: asked for again, with that one.
            guard roster.version == newest.version + 1 else { break }
            try history?.add(roster, entered: tick)
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
