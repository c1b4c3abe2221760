internal import Confinement
internal import Ledger
public import Notes
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

    /// Starts with one roster that was accepted.
    init(accepted roster: Roster, entered tick: UInt64) {
        versions = [(tick, roster)]
    }

    /// The newest roster.
    public var newest: Roster { versions[versions.count - 1].roster }

    /// The oldest that is known here: version 1, once all are there.
    var oldest: Roster { versions[0].roster }

    /// Adds the next version, entered in the log at a tick not before the last one's.
    mutating func add(_ roster: Roster, entered tick: UInt64) throws(RosterError) {
        guard roster.version == newest.version + 1,
            tick >= versions[versions.count - 1].entered
        else { throw .wrongPredecessor }
        versions.append((tick, roster))
    }

    /// Adds the version before the oldest, entered in the log at a tick not after that one's.
    ///
    /// The oldest names its hash, and so whoever signed that one vouches for it.
    mutating func addEarlier(_ roster: Roster, entered tick: UInt64) throws(RosterError) {
        guard roster.origin == oldest.origin, roster.version + 1 == oldest.version,
            roster.textHash == oldest.publicPart.previous, tick <= versions[0].entered
        else { throw .wrongPredecessor }
        versions.insert((tick, roster), at: 0)
    }

    /// All versions, oldest first.
    var all: [Roster] { versions.map(\.roster) }

    /// The roster by which a signature in an entry of this tick is judged: the one in force at the tick.
    public func roster(judging tick: UInt64) -> Roster { versions[place(of: tick)].roster }

    /// The first version after the one that judges an entry of this tick in which a member's key is not in force any
    /// more; nil if there is none.
    public func end(of member: NoteVerifier, since tick: UInt64) -> UInt64? {
        versions[(place(of: tick) + 1)...].map(\.roster).first { roster in
            guard let (_, now) = roster.member(named: member.name) else { return true }
            return now.isRevoked || now.verifier != member
        }?.version
    }

    private func place(of tick: UInt64) -> Int { versions.lastIndex { $0.entered < tick } ?? 0 }
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
    /// Is told of places in the log that are late.
    let findings: Findings

    /// The history from version 1 on, with what the gateway offers now.
    func accept() async throws -> RosterHistory {
        let offered = try await newest()
        let note = try RosterVerification.note(Array(offered.note.utf8))
        let part = Array(offered.staff.utf8)
        guard let known = try stored() else {
            let roster = try RosterVerification.trusted(
                note: note, staff: part, trust: settings.trust(), at: now())
            try settings.requireHandedOver(roster.publicPart)
            let entry = try entry(of: roster, offered)
            try await keep(roster, offered, entry)
            return try await completed(RosterHistory(accepted: roster, entered: entry.tick))
        }
        var history = try await completed(known)
        let announced = try PublicRoster(note: note).version
        while history.newest.version + 1 < announced {
            let missed = try await earlier(history.newest.version + 1)
            // It may have run out meanwhile: it judges what was signed under it.
            let roster = try RosterVerification.successor(
                note: RosterVerification.note(Array(missed.note.utf8)),
                staff: Array(missed.staff.utf8), of: history.newest, at: nil)
            try await add(roster, missed, to: &history)
        }
        // One that has run out is no reason to stay with an older one: it forbids routing, and names who is revoked.
        let isExpired = try PublicRoster(note: note).isExpired(at: now())
        let roster = try RosterVerification.sameOrNext(
            note: note, staff: part, after: history.newest, at: isExpired ? nil : now())
        if roster.version > history.newest.version {
            try await add(roster, offered, to: &history)
        }
        try await learnPlaces(of: history)
        return history
    }

    /// Asks for the places in the log that this home does not know and does not await: of versions that an earlier program
    /// has stored, and of all after another history was accepted.
    private func learnPlaces(of history: RosterHistory) async throws {
        let places = RosterPlaces(home: home)
        let unknown = try history.all.filter { try places.treeSize(of: $0.version) == nil }
        guard !unknown.isEmpty else { return }
        let awaited = Set(try home.state().awaited.values.map(\.what))
        for roster in unknown where !awaited.contains(Self.name(roster)) {
            let offered = try await earlier(roster.version)
            let note = try RosterVerification.note(Array(offered.note.utf8))
            guard try PublicRoster(note: note).textHash == roster.textHash else {
                throw CustodyProblem.rosterMissing(version: roster.version)
            }
            try await askForPlace(of: roster, try entry(of: roster, offered))
        }
    }

    /// Adds the versions before the oldest that is known, back to the first: what was signed while one of them was in
    /// force is judged by it.
    ///
    /// Each is kept before the next is asked for, so that a command that was stopped goes on where it was. A gateway
    /// cannot make the way longer than the authorities did, who signed the number that it starts from.
    private func completed(_ known: RosterHistory) async throws -> RosterHistory {
        var history = known
        while history.oldest.version > 1 {
            let version = history.oldest.version - 1
            let offered = try await earlier(version)
            let roster = try Roster(
                note: RosterVerification.note(Array(offered.note.utf8)),
                staff: Array(offered.staff.utf8))
            let entry = try entry(of: roster, offered)
            do {
                try history.addEarlier(roster, entered: entry.tick)
            } catch {
                throw CustodyProblem.rosterMissing(version: version)
            }
            try settings.requireHandedOver(roster.publicPart, isFirst: false)
            try await keep(roster, offered, entry)
        }
        return history
    }

    private func newest() async throws -> OfferedRoster {
        do {
            return try await staff.roster()
        } catch let problem as GatewayProblem where problem.isNotFound {
            throw Complaint(
                .usage,
                """
                \(settings.staff ?? "") is no staff listener of a gateway: its address is in \(home.path)/home.json.
                """)
        }
    }

    /// A version that is not the newest, unchecked; one that the gateway does not give is named.
    private func earlier(_ version: UInt64) async throws -> OfferedRoster {
        do {
            return try await staff.roster(version: version)
        } catch let problem as GatewayProblem where problem.isNotFound {
            throw CustodyProblem.rosterMissing(version: version)
        }
    }

    private func add(
        _ roster: Roster, _ offered: OfferedRoster, to history: inout RosterHistory
    ) async throws {
        let entry = try entry(of: roster, offered)
        try history.add(roster, entered: entry.tick)
        try await keep(roster, offered, entry)
    }

    /// Stores a roster once its entry's place was asked for: the entry's tick decides when the roster says who is
    /// believed, and that tick is the log's word, which it has to keep.
    private func keep(
        _ roster: Roster, _ offered: OfferedRoster, _ entry: CheckedEntry
    ) async throws {
        try await askForPlace(of: roster, entry)
        try store(roster, offered, entered: entry.tick)
    }

    private func askForPlace(of roster: Roster, _ entry: CheckedEntry) async throws {
        let log = try EntryChecker(roster.publicPart, now: now, findings: findings)
        _ = try await PromiseBook(home: home, checker: log, client: client)
            .inclusion(of: entry, Self.name(roster))
    }

    /// What the log has promised to hold: exactly this roster's note.
    private func entry(of roster: Roster, _ offered: OfferedRoster) throws -> CheckedEntry {
        let entry = try EntryChecker(roster.publicPart, now: now, findings: findings)
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
                history = RosterHistory(accepted: roster, entered: tick)
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
