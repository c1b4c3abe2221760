import Envelope
import Notes

/// The rosters of a gateway with the ticks at which they came, to say which one counts when.
///
/// Version 1 counts at once; a later one from the tick after the one in which it was entered, but what it revokes is
/// revoked at once.
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

    /// The roster by which the vault acts now: the one that counts in this tick, less what later ones revoke.
    public func live(at tick: UInt64) -> Roster {
        var roster = roster(judging: tick)
        for step in steps where step.roster.version > roster.version {
            roster.revoke(whatIsRevokedIn: step.roster)
        }
        return roster
    }
}

extension Roster {
    /// Marks as revoked every key and member that `later` revokes or no longer has.
    ///
    /// The hash stays the one of the note: the value is a view of it, not a new version.
    mutating func revoke(whatIsRevokedIn later: Roster) {
        let laterKeys = later.allKeys
        let revoke = { (key: inout RosterKey) in
            if laterKeys[key.line.id].map({ $0 == .revoked }) ?? true { key.state = .revoked }
        }
        for desk in publicPart.desks.indices {
            for key in publicPart.desks[desk].keys.indices {
                revoke(&publicPart.desks[desk].keys[key])
            }
        }
        for office in staffPart.offices.indices {
            for key in staffPart.offices[office].keys.indices {
                revoke(&staffPart.offices[office].keys[key])
            }
            for index in staffPart.offices[office].members.indices {
                let member = staffPart.offices[office].members[index]
                let same = later.member(named: member.verifier.name)?.member
                let isKept = same.map { $0.verifier == member.verifier && !$0.isRevoked } ?? false
                if !isKept { staffPart.offices[office].members[index].isRevoked = true }
                // A withdrawn certificate is a revocation too; a new one waits for its tick.
                if let same {
                    staffPart.offices[office].members[index].pins.removeAll {
                        !same.pins.contains($0)
                    }
                }
            }
        }
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
