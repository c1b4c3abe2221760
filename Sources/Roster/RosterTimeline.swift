import Envelope
import Notes

/// The rosters of a gateway with the ticks at which they came, to say which one counts when.
///
/// Version 1 counts at once; a later one from the tick after the one in which it was entered, but what it revokes is
/// revoked at once, and the keys it adds are addresses at once: pages and offices read the newest roster, and must not
/// be refused for an hour when they use it. What waits for the tick is who may sign, and what they may do.
public struct RosterTimeline: Sendable {
    /// A roster and when it was entered.
    public struct Step: Sendable {
        /// The roster.
        public let roster: Roster
        /// The tick of its entry in the log.
        public let entered: UInt64
        /// The first tick in which it counts.
        public let effective: UInt64
    }

    /// All versions, oldest first.
    public private(set) var steps: [Step]

    /// Starts with version 1, verified, entered in the log at a tick.
    public init(founding: Roster, entered tick: UInt64) throws(RosterError) {
        guard founding.version == 1 else { throw .wrongPredecessor }
        steps = [Step(roster: founding, entered: tick, effective: 0)]
    }

    /// Adds the next version, verified, entered in the log at a tick not before the last one's.
    public mutating func append(_ roster: Roster, entered tick: UInt64) throws(RosterError) {
        guard roster.version == newest.version + 1, roster.publicPart.previous == newest.textHash,
            tick >= steps[steps.count - 1].entered
        else { throw .wrongPredecessor }
        steps.append(Step(roster: roster, entered: tick, effective: tick + 1))
    }

    /// The newest version, whether it counts yet or not: what the next one has to follow.
    public var newest: Roster { steps[steps.count - 1].roster }

    /// The roster by which an entry of that tick is judged.
    public func roster(judging tick: UInt64) -> Roster {
        let last = steps.last { $0.effective <= tick } ?? steps[0]
        return last.roster
    }

    /// The roster by which the vault acts now.
    ///
    /// It is the one that counts in this tick, less the members that later ones revoke, with the keys of the newest.
    public func live(at tick: UInt64) -> Roster {
        var roster = roster(judging: tick)
        guard roster.version < newest.version else { return roster }
        for step in steps where step.roster.version > roster.version {
            roster.revokeMembers(missingIn: step.roster)
        }
        roster.takeKeys(of: newest)
        return roster
    }
}

extension Roster {
    /// Marks as revoked every member that `later` revokes, no longer has, or knows by another key.
    ///
    /// The hash stays the one of the note: the value is a view of it, not a new version.
    fileprivate mutating func revokeMembers(missingIn later: Roster) {
        for office in staffPart.offices.indices {
            for index in staffPart.offices[office].members.indices {
                let member = staffPart.offices[office].members[index]
                let same = later.member(named: member.verifier.name)?.member
                let isKept = same.map { $0.verifier == member.verifier && !$0.isRevoked } ?? false
                if !isKept { staffPart.offices[office].members[index].isRevoked = true }
                // A withdrawn certificate is a revocation too; a new one waits for its tick.
                guard let same else { continue }
                staffPart.offices[office].members[index].pins.removeAll { !same.pins.contains($0) }
            }
        }
    }

    /// Takes over the offices' keys of `newest`; a key that it no longer has stays known, as revoked.
    fileprivate mutating func takeKeys(of newest: Roster) {
        let olderDesks = publicPart.desks
        publicPart.desks = newest.publicPart.desks.map { desk in
            let older = olderDesks.first { $0.office == desk.office }?.keys ?? []
            return RosterDesk(
                office: desk.office, state: desk.state, keys: Self.merged(desk.keys, older))
        }
        // Behind the others, so that a State's present desk is found first.
        publicPart.desks += olderDesks.filter { newest.office($0.office) == nil }
            .map { desk in
                RosterDesk(
                    office: desk.office, state: desk.state, keys: Self.merged([], desk.keys))
            }
        for index in staffPart.offices.indices {
            let office = staffPart.offices[index]
            staffPart.offices[index].keys = Self.merged(
                newest.office(office.office)?.keys ?? [], office.keys)
        }
        // A new office can be written to; its members sign from the next tick on.
        staffPart.offices += newest.staffPart.offices.filter { self.office($0.office) == nil }
            .map { office in
                RosterOffice(
                    office: office.office, kind: office.kind, state: office.state,
                    keys: office.keys)
            }
    }

    private static func merged(_ newest: [RosterKey], _ older: [RosterKey]) -> [RosterKey] {
        let known = Set(newest.map(\.line.id))
        let gone = older.filter { !known.contains($0.line.id) }
            .map { RosterKey(line: $0.line, state: .revoked) }
        // The newest active key is the last of the list, so what is gone comes first.
        return gone + newest
    }

    /// The state of every key of the roster.
    var allKeys: [KeyID: KeyState] {
        var states: [KeyID: KeyState] = [:]
        for office in staffPart.offices {
            for key in keys(of: office.office) { states[key.line.id] = key.state }
        }
        return states
    }
}
