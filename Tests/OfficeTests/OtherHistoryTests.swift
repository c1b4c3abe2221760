import Desk
import Foundation
import Ledger
import Notes
import Roster
import Synchronization
import Testing
import Unit

@testable import Office

/// A gateway that was restored from a backup: nothing goes on until somebody decides, and then all of it does.
@Suite struct OtherHistoryTests {
    private let scene: Scene
    /// The tip that is in the backup.
    private let old: String
    private var desk: Home { scene.desk.station.home }
    private var unit: Home { scene.unit.station.home }

    /// Tip 1 is in the backup; tip 2 and report 1, about tip 1, are not.
    ///
    /// Tip 3 came after the restoration.
    init() async throws {
        scene = try await Scene()
        old = try await scene.tipName()
        try scene.gateway.tick()
        let backup = scene.gateway.state.withLock { $0 }
        _ = try await Scene.send(scene.world, scene.gateway, "El que se perdió.")
        _ = try await scene.route()
        _ = try await scene.tipName(1)
        try scene.gateway.tick()
        _ = try await scene.desk.open(old, into: scene.into)
        #expect(try await scene.unit.pull(into: scene.into).opened.count == 1)
        let now = scene.gateway.now
        scene.gateway.state.withLock {
            $0 = backup
            $0.now = now
        }
        _ = try await Scene.send(scene.world, scene.gateway, "El de después.")
        try scene.gateway.tick()
        scene.gateway.wait(100)
    }

    private func read() async throws -> AuditedLog {
        try await LogAudit(PublicClient(scene.gateway), log: scene.world.log.verifier).read()
    }

    /// The root as operator and auditor would tell it.
    private func root() throws -> String {
        Base64.encode(
            try CheckpointMemory.checkpoint(scene.gateway.state.withLock { $0.checkpoint }).root)
    }

    private func accept(_ home: Home, root: String) async throws -> OtherHistory.Decision {
        try await OtherHistory(home).accept(
            try await read(), root: root, at: scene.gateway.now
        ).decision
    }

    /// The promises from before that are given up.
    private func forgetLost(since decision: OtherHistory.Decision) async throws -> [CustodyProblem]
    {
        let client = PublicClient(scene.gateway)
        let gateway = scene.gateway
        let roster = try await PublicTrust.roster(from: client, home: nil, at: gateway.now)
        var lost: [CustodyProblem] = []
        try await OtherHistory(desk).forgetLost(
            since: decision, from: client, roster: roster, now: { gateway.now }
        ) { lost.append($0) }
        return lost
    }

    /// What an audit from this home makes of the log.
    private func expectFork(_ home: Home) async throws {
        let log = try await read()
        #expect(throws: AuditProblem.fork(size: 768)) {
            try CheckpointMemory(home).keep(audited: log)
        }
    }

    @Test func theAlarmKeepsBothCheckpointsAndNothingIsOpened() async throws {
        await #expect(throws: AuditProblem.fork(size: 768)) {
            try await scene.desk.open(old, into: "\(scene.into)/again")
        }
        try await expectFork(desk)
        let folder = "\(desk.path)/contradictions"
        #expect(Scratch.names(folder).count == 2)
        #expect(Scratch.names(folder).allSatisfy { $0.hasPrefix("768-") })
        #expect(AuditProblem.fork(size: 768).sentence.contains("contradictions"))
    }

    @Test func itIsNotAcceptedByHabit() async throws {
        let before = try desk.state()
        // Nobody has seen the alarm: there is nothing to decide about.
        await #expect(throws: Complaint.self) { try await accept(desk, root: root()) }
        try await expectFork(desk)
        let known = try CheckpointMemory(desk).all()
        let earlier = Base64.encode(Array(try #require(known.last).root))
        let stranger = Base64.encode([UInt8](repeating: 7, count: 32))
        for (root, exit) in [(earlier, ExitKind.refused), (stranger, .usage), ("yes", .usage)] {
            let problem = await #expect(throws: Complaint.self) {
                try await accept(desk, root: root)
            }
            #expect(problem?.exit == exit)
        }
        #expect(try desk.state() == before && CheckpointMemory(desk).all() == known)
        #expect(!Scratch.names(desk.path).contains("histories"))
    }

    @Test func theDeskGoesOnFromTheLogThatWasAccepted() async throws {
        try await expectFork(desk)
        let before = try #require(try desk.read(Home.stateFile))
        let decision = try await accept(desk, root: root())
        #expect(decision.number == 1 && decision.size == 768 && decision.before == 768)
        #expect(try desk.read("histories/1/state.json") == before)
        #expect(
            try desk.load("histories/1/decision.json", as: OtherHistory.Decision.self) == decision)
        let lost = try await forgetLost(since: decision)
        #expect(lost.count == 1 && lost[0].sentence.hasPrefix("report 1 to police-ar: PROMISED"))
        #expect(try await scene.desk.station.settleAwaited().isEmpty)
        #expect(try await scene.desk.list().map(\.name).first == old)
        let new = try scene.desk.all()[1].name
        #expect(try await scene.desk.open(new, into: scene.into).number == 2)
        #expect(try await scene.route(1).number == 1)
        // The same again changes nothing: what this log has promised since is not given up.
        let after = try desk.state()
        #expect(try await accept(desk, root: root()) == decision)
        #expect(try await forgetLost(since: decision).isEmpty)
        #expect(try desk.state() == after && Scratch.names("\(desk.path)/histories") == ["1"])
    }

    /// The line is cut before the first proof; then a person says the same again.
    @Test func aDecisionThatWasBrokenOffIsGoneOnWith() async throws {
        try await expectFork(desk)
        let decision = try await accept(desk, root: root())
        scene.gateway.state.withLock {
            $0.loses = { request in
                request.target.hasPrefix("/v1/proofs/")
                    ? .unreachable(base: "fake", reason: "cut") : nil
            }
        }
        await #expect(throws: GatewayProblem.self) { try await forgetLost(since: decision) }
        scene.gateway.state.withLock { $0.loses = nil }
        #expect(try await scene.desk.station.settleAwaited().count == 1)
        #expect(try await accept(desk, root: root()) == decision)
        #expect(try await forgetLost(since: decision).count == 1)
        #expect(try await scene.desk.station.settleAwaited().isEmpty)
        await #expect(throws: Complaint.self) {
            try await accept(desk, root: Base64.encode([UInt8](repeating: 7, count: 32)))
        }
    }

    /// What was known lies aside, and the home still knows it: as after a power cut between the two.
    @Test func aDecisionIsNotMadeTwice() async throws {
        try await expectFork(desk)
        let known = try #require(try desk.read(CheckpointMemory.file))
        let decision = try await accept(desk, root: root())
        try desk.replace(CheckpointMemory.file, known)
        try desk.remove(CheckpointMemory.audited)
        try await expectFork(desk)
        #expect(try await accept(desk, root: root()) == decision)
        #expect(Scratch.names("\(desk.path)/histories") == ["1"])
        #expect(try desk.read("histories/1/\(CheckpointMemory.file)") == known)
        #expect(try await accept(desk, root: root()) == decision)
    }

    /// Restored once more, to where it was accepted: that the root is the same does not speak for what came after it.
    @Test func anotherForkFromAnAcceptedRootIsNotAcceptedWithIt() async throws {
        try await expectFork(desk)
        let accepted = try root()
        let backup = scene.gateway.state.withLock { $0 }
        _ = try await accept(desk, root: accepted)
        try await goOn("Lo que siguió.")
        _ = try CheckpointMemory(desk).keep(audited: try await read())
        let known = try CheckpointMemory(desk).all()
        let now = scene.gateway.now
        scene.gateway.state.withLock {
            $0 = backup
            $0.now = now
        }
        try await goOn("Otra cosa.")
        let problem = await #expect(throws: Complaint.self) {
            try await accept(desk, root: accepted)
        }
        #expect(problem?.exit == .refused)
        #expect(try CheckpointMemory(desk).all() == known)
        #expect(Scratch.names("\(desk.path)/histories") == ["1"])
    }

    private func goOn(_ text: String) async throws {
        _ = try await Scene.send(scene.world, scene.gateway, text)
        try scene.gateway.tick()
        scene.gateway.wait(100)
    }

    @Test func theUnitGoesOnInAnotherFolder() async throws {
        try await expectFork(desk)
        _ = try await accept(desk, root: root())
        #expect(try await scene.route(1).number == 1)
        try await expectFork(unit)
        _ = try await accept(unit, root: root())
        let same = try await scene.unit.pull(into: scene.into)
        #expect(
            same.refused.map { $0.why as? CustodyProblem }
                == [.folderOfAnother(name: "desk-ar-000001")])
        let other = try await scene.unit.pull(into: "\(scene.world.folder)/after")
        #expect(other.opened.count == 1 && other.refused.isEmpty)
        #expect(
            scene.file(other.opened[0].folder, "text.txt") == Array("El de después.".utf8))
    }
}
