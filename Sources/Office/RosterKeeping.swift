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

    /// The authorities pinned at set-up.
    private func pinned() throws -> RosterTrust {
        RosterTrust(
            origin: settings.origin,
            authorities: try settings.authorities.map { try NoteVerifier(vkey: $0) },
            threshold: settings.threshold)
    }

    /// The history with what the gateway offers now, each missed version on the way to it included.
    ///
    /// - Parameters:
    ///   - client: gives note, staff part and entry of each version, unchecked.
    ///   - seconds: now, since 1970.
    func accept(from client: StaffClient, at seconds: UInt64) async throws -> RosterHistory {
        let offered = try await client.roster()
        let note = try RosterVerification.note(Array(offered.note.utf8))
        let staff = Array(offered.staff.utf8)
        guard var history = try stored() else {
            let roster = try RosterVerification.trusted(
                note: note, staff: staff, trust: pinned(), at: seconds)
            let tick = try entered(roster, offered)
            try store(roster, offered, entered: tick)
            return RosterHistory(first: roster, entered: tick)
        }
        let announced = try PublicRoster(note: note).version
        while history.newest.version + 1 < announced {
            let missed = try await client.roster(version: history.newest.version + 1)
            // It may have run out meanwhile: it judges what was signed under it.
            let roster = try RosterVerification.successor(
                note: RosterVerification.note(Array(missed.note.utf8)),
                staff: Array(missed.staff.utf8), of: history.newest, at: nil)
            try add(roster, missed, to: &history)
        }
        let roster = try RosterVerification.sameOrNext(
            note: note, staff: staff, after: history.newest, at: seconds)
        guard roster.version > history.newest.version else { return history }
        try add(roster, offered, to: &history)
        return history
    }

    private func add(
        _ roster: Roster, _ offered: OfferedRoster, to history: inout RosterHistory
    ) throws {
        let tick = try entered(roster, offered)
        try history.add(roster, entered: tick)
        try store(roster, offered, entered: tick)
    }

    /// The tick in which the log has promised to hold a roster's note.
    private func entered(_ roster: Roster, _ offered: OfferedRoster) throws -> UInt64 {
        let what = "roster \(roster.version)"
        let entry = try EntryChecker(origin: settings.origin, log: roster.publicPart.log)
            .check(offered.entry, what)
        let note = Hash256(hashing: Array(offered.note.utf8))
        guard entry.body == .roster(note: note, version: roster.version) else {
            throw CustodyProblem.recordDiffers(what: what)
        }
        return entry.tick
    }

    /// The rosters kept in the home, nil before the first.
    ///
    /// Their authorities were checked when they were stored.
    private func stored() throws -> RosterHistory? {
        let folder = "\(home.path)/rosters"
        guard DurableFile.exists(folder) else { return nil }
        var history: RosterHistory?
        for name in try DurableFile.names(in: folder) where name.hasSuffix(".note") {
            let stem = String(name.dropLast(5))
            guard let tick = stem.split(separator: "-").last.flatMap({ UInt64($0) }),
                let note = try home.read("rosters/\(name)"),
                let staff = try home.read("rosters/\(stem).staff.json")
            else { throw Complaint(.badInput, "\(folder)/\(name) is damaged.") }
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
