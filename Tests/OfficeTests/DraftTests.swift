import Notes
import Office
import Roster
import Synchronization
import Testing

/// A next version that was begun and left.
@Suite struct DraftTests {
    private static let day: UInt64 = 86_400
    private let world: World
    private let clock = Clock()
    private let ceremony: Ceremony

    private final class Clock: Sendable {
        let now = Mutex(World.start)
    }

    init() throws {
        world = try World()
        ceremony = Ceremony(folder: "\(world.folder)/roster") { [clock] in
            clock.now.withLock { $0 }
        }
        try ceremony.found(
            origin: World.origin, authorities: world.authorities.map(\.verifier), threshold: 2,
            log: world.log.verifier, tickSeconds: 10, days: 80)
        try add("police-ar")
        try sign()
    }

    private func pass(days: UInt64) { clock.now.withLock { $0 += days * Self.day } }

    private func add(_ unit: String, days: UInt64? = nil) throws {
        try ceremony.edit(days: days) { (draft) throws(RosterEditError) in
            try draft.addUnit(unit, state: "AR")
        }
    }

    private func sign() throws {
        for authority in world.authorities.prefix(2) { _ = try ceremony.sign(with: authority) }
    }

    private func end() throws -> UInt64? { try ceremony.next()?.publicPart.expires }

    @Test func theEndThatWasAskedForStays() throws {
        try add("police-ar-2", days: 30)
        pass(days: 3)
        try add("police-ar-3")
        #expect(try end() == World.start + 30 * Self.day)
        try add("police-ar-4", days: 60)
        #expect(try end() == World.start + 63 * Self.day)
    }

    /// A revocation cannot wait until somebody finds out which files to remove.
    @Test func whatWasBegunAndForgottenIsNoObstacle() throws {
        try add("police-ar-2", days: 30)
        pass(days: 31)
        try add("police-ar-3")
        try sign()
        #expect(try ceremony.current()?.version == 2)
        #expect(try ceremony.verify().publicPart.expires == World.start + 120 * Self.day)
    }

    /// An offline machine reads its clock as local time, and is some hours behind.
    @Test func aMachineWhoseClockIsBehindSignsTheLongestLife() throws {
        try add("police-ar-2")
        clock.now.withLock { $0 -= 12 * 3_600 }
        try sign()
        #expect(try ceremony.current()?.version == 2)
    }

    @Test func aDroppedVersionLeavesTheOneInForce() throws {
        try add("police-ar-2")
        _ = try ceremony.sign(with: world.authorities[0])
        #expect(try ceremony.discard().contains { $0.contains("police-ar-2") })
        #expect(try ceremony.next() == nil && ceremony.current()?.version == 1)
        #expect(throws: Complaint.self) { try ceremony.discard() }
        try add("police-ar-3")
        #expect(try ceremony.next()?.office("police-ar-2") == nil)
        #expect(try ceremony.sign(with: world.authorities[1]) == .waiting(found: 1, needed: 2))
    }
}
