import Desk
import Envelope
import Foundation
import Notes
import Office
import Roster
import Synchronization
import Testing

/// A gateway that lists a tip in the place of one that it withholds: nothing is done with it until somebody decides.
@Suite struct WithheldTipTests {
    private let scene: Scene
    private static let gap = SequenceProblem.gap(
        name: "this desk's numbers", expected: 1, actual: 2)

    /// Tip 1 is withheld, tip 2 stands in its place.
    init() async throws {
        scene = try await Scene()
        _ = try await Scene.send(scene.world, scene.gateway, "El segundo.")
        scene.gateway.state.withLock { _ = $0.tips.removeFirst() }
    }

    private var home: Home { scene.desk.station.home }

    private func expectNothingSent() throws {
        #expect(
            scene.gateway.state.withLock { $0.reportsAsked + $0.reports.count + $0.replies.count }
                == 0)
        #expect(try home.state().sent.isEmpty && home.state().awaited.isEmpty)
    }

    @Test func itIsNotRoutedUntilSomebodyDecides() async throws {
        let name = try await scene.tipName()
        let before = try home.state()
        await #expect(throws: Self.gap) {
            try await scene.desk.route(name, to: "police-ar", TriageChoice())
        }
        try expectNothingSent()
        #expect(try home.state() == before)
        let routing = try await scene.desk.route(
            name, to: "police-ar", TriageChoice(), despiteGap: true)
        #expect(routing.number == 1)
        // What was decided once is remembered.
        #expect(try await scene.desk.open(name, into: scene.into).number == 2)
    }

    @Test func itIsNotAnsweredUntilSomebodyDecides() async throws {
        let name = try await scene.tipName()
        await #expect(throws: Self.gap) {
            try await scene.desk.reply(name, .status(.read))
        }
        try expectNothingSent()
        _ = try await scene.desk.reply(name, .status(.read), despiteGap: true)
        #expect(scene.gateway.state.withLock { $0.replies.count } == 1)
    }

    @Test func itsOriginalsStayClosed() async throws {
        let name = try await scene.tipName()
        await #expect(throws: Self.gap) {
            try await scene.desk.openOriginals(name, into: scene.into)
        }
    }

    @Test func aProbeIsNotAnsweredUntilSomebodyDecides() async throws {
        let client = PublicClient(scene.gateway)
        let gateway = scene.gateway
        let roster = try await PublicTrust.roster(from: client, home: nil, at: gateway.now)
        let probe = try Probe(client, roster: roster, now: { gateway.now }, findings: Findings()) {}
        let sent = try await probe.send(state: "AR", suite: .xwing)
        let round = try await scene.desk.answerProbes()
        #expect(round.outOfSequence == Self.gap && round.answered.isEmpty)
        try expectNothingSent()
        _ = try await scene.desk.open(scene.tipName(), into: scene.into, despiteGap: true)
        let next = try await scene.desk.answerProbes()
        #expect(try next.answered == [probe.name(of: sent)] && next.outOfSequence == nil)
    }

    /// The home would name a number without end as missing, and could not be read again.
    @Test func aNumberWithoutEndIsNotBridged() async throws {
        let scene = try await Scene()
        scene.gateway.state.withLock { $0.nextSequence = .max }
        _ = try await Scene.send(scene.world, scene.gateway, "Número sin fin.")
        scene.gateway.state.withLock { $0.nextSequence = 3 }
        _ = try await Scene.send(scene.world, scene.gateway, "El tercero.")
        let home = scene.desk.station.home
        let endless = try await scene.tipName(1)
        let before = try home.state()
        let gap = SequenceProblem.gap(name: "this desk's numbers", expected: 2, actual: .max)
        await #expect(throws: gap) {
            try await scene.desk.open(endless, into: scene.into, despiteGap: true)
        }
        #expect(try home.state().tips == before.tips)
        #expect(try await scene.desk.open(scene.tipName(2), into: scene.into).number == 3)
    }
}
