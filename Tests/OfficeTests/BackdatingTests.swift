import Desk
import Foundation
import Notes
import Roster
import Sodium
import Synchronization
import Testing
import Unit

@testable import Office

/// A revoked member's key in the hands of whoever has the log's key, too: the tick that a record states is theirs to choose.
@Suite struct BackdatingTests {
    private let scene: Scene
    private let offered: OfferedReport
    private let member: NoteSigner
    private let refused = CustodyProblem.signerNotInForce(version: 2)

    /// The unit knows version 1; report 1 is in its queue and in the log.
    init() async throws {
        scene = try await Scene()
        _ = try await scene.route()
        offered = try #require(scene.gateway.state.withLock { $0.reports.first }?.report)
        member = try scene.world.member("desk-ar").signer
        try scene.gateway.tick()
    }

    private func revoke() throws {
        try scene.changeRoster { try $0.revokeMember("operator-1", of: "desk-ar") }
    }

    /// A report by the revoked member that states the tick in which the first one came.
    private func backdate(number: UInt64) throws {
        scene.gateway.state.withLock { $0.promisedTick = World.start / World.tickSeconds + 1 }
        try scene.deliver(offered, signedBy: member, number: number)
        scene.gateway.state.withLock { $0.promisedTick = nil }
    }

    /// The unit sits down anew and pulls: the numbers that were opened, and why others were refused.
    private func pull() async throws -> (opened: [UInt64], refused: [CustodyProblem?]) {
        let pull = try await scene.returningUnit().pull(into: scene.into)
        return (
            pull.opened.map(\.report.body.number), pull.refused.map { $0.why as? CustodyProblem }
        )
    }

    @Test(arguments: [true, false])
    func whatCameIntoTheLogAfterTheRevocationIsRefused(isReplaced: Bool) async throws {
        if isReplaced {
            let new = try NoteSigner(name: member.name, seed: SecretBytes(random: 32))
            try scene.changeRoster {
                try $0.rotateMember("operator-1", of: "desk-ar", verifier: new.verifier, pins: [])
            }
        } else {
            try revoke()
        }
        try scene.gateway.tick()
        _ = try await scene.returningUnit()
        try backdate(number: 2)
        // Report 1 was in the log before, and is opened; of the other there is no proof, and then one that is too late.
        #expect(try await pull() == ([1], [refused]))
        try scene.gateway.tick()
        #expect(try await pull() == ([], [refused]))
        // It took no number: the desk's own second one follows.
        #expect(try scene.unit.station.home.state().received["desk-ar"]?.highest == 1)
    }

    /// Taken in the tick of the revocation, before it: it counts once the log has it, and so has the roster's entry.
    @Test func whatCameBeforeWaitsForItsProof() async throws {
        try revoke()
        try scene.deliver(offered, signedBy: member, number: 2)
        #expect(try await pull() == ([1], [refused]))
        try scene.gateway.tick()
        #expect(try await pull() == ([2], []))
    }

    /// Versions that an earlier program stored, or that were known of another history.
    @Test func aPlaceThatTheHomeDoesNotKnowIsAskedForOnce() async throws {
        try revoke()
        try scene.gateway.tick()
        let home = try await scene.returningUnit().station.home
        let known = try #require(try home.read(RosterPlaces.file))
        try home.remove(RosterPlaces.file)
        _ = try await scene.returningUnit()
        // Version 1 was proven under an earlier tree before.
        #expect(try #require(try home.read(RosterPlaces.file)) != known)
        try backdate(number: 2)
        try scene.gateway.tick()
        scene.gateway.state.withLock { $0.rosters = [:] }
        #expect(try await pull() == ([1], [refused]))
    }
}
