internal import Confinement
internal import Notes
public import Roster

/// The rosters that this home has accepted, each with the tick at which it was first seen.
///
/// A signature is judged by the roster in force at its entry's tick (formats §2), so earlier ones
/// are kept: a member who was revoked today signed rightly yesterday.
public struct RosterHistory: Sendable {
    private var versions: [(since: UInt64, roster: Roster)]

    /// Starts with the first roster that was accepted; it counts for all time before, too.
    public init(first: Roster) {
        versions = [(0, first)]
    }

    /// The newest roster.
    public var newest: Roster { versions[versions.count - 1].roster }

    /// Adds a version first seen at a tick; one that is there already changes nothing.
    public mutating func add(_ roster: Roster, since tick: UInt64) {
        guard roster.version > newest.version else { return }
        versions.append((tick, roster))
    }

    /// The roster by which a signature in an entry of this tick is judged.
    ///
    /// Ticks are coarse: within the tick in which a version was first seen, the stricter, newer one
    /// counts.
    public func roster(at tick: UInt64) -> Roster {
        (versions.last { $0.since <= tick } ?? versions[0]).roster
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

    /// The history with what the gateway offers now.
    ///
    /// - Parameters:
    ///   - offered: note and staff part as served, unchecked.
    ///   - seconds: now, since 1970.
    func accept(
        _ offered: (note: [UInt8], staff: [UInt8]), at seconds: UInt64
    ) throws -> RosterHistory {
        let note = try RosterVerification.note(offered.note)
        guard var history = try stored() else {
            let roster = try RosterVerification.trusted(
                note: note, staff: offered.staff, trust: pinned(), at: seconds)
            try store(roster, offered, since: 0)
            return RosterHistory(first: roster)
        }
        let roster = try RosterVerification.later(
            note: note, staff: offered.staff, than: history.newest, at: seconds)
        guard roster.version > history.newest.version else { return history }
        let tick = seconds / roster.publicPart.tickSeconds
        try store(roster, offered, since: tick)
        history.add(roster, since: tick)
        return history
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
            guard let since = stem.split(separator: "-").last.flatMap({ UInt64($0) }),
                let note = try home.read("rosters/\(name)"),
                let staff = try home.read("rosters/\(stem).staff.json")
            else { throw Complaint(.badInput, "\(folder)/\(name) is damaged.") }
            let roster = try Roster(note: RosterVerification.note(note), staff: staff)
            if history == nil {
                history = RosterHistory(first: roster)
            } else {
                history?.add(roster, since: since)
            }
        }
        return history
    }

    /// The staff part first: a note without it would be a version that cannot be read.
    private func store(
        _ roster: Roster, _ offered: (note: [UInt8], staff: [UInt8]), since tick: UInt64
    ) throws {
        try DurableFile.makeFolder("\(home.path)/rosters")
        let digits = String(roster.version)
        let padded = String(repeating: "0", count: max(0, 8 - digits.count)) + digits
        try home.replace("rosters/\(padded)-\(tick).staff.json", offered.staff)
        try home.replace("rosters/\(padded)-\(tick).note", offered.note)
    }
}

extension RosterError: Explained {
    /// The error in one line.
    public var sentence: String { description }

    /// 77 for a roster that has run out, 65 for the rest.
    public var exit: ExitKind { self == .expired ? .refused : .badInput }
}
