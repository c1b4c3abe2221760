import Desk
import Envelope
import Foundation
import Ledger
import Notes
import Roster
import Synchronization
import Testing
import Unit

@testable import Office

/// Promises: which are believed, what becomes of them, and under which trees.
@Suite struct PromiseTests {
    private static let far: [UInt64] = [1 << 53 - 1, 1_000_000_000_000]

    private func awaited(_ home: Home) throws -> [String] {
        try home.state().awaited.values.map(\.what).sorted()
    }

    // MARK: Ticks

    @Test(arguments: far)
    func aProbeIsNotPromisedForAFarTick(tick: UInt64) async throws {
        let gateway = try FakeGateway(World())
        let client = PublicClient(gateway)
        let roster = try await PublicTrust.roster(from: client, home: nil, at: gateway.now)
        gateway.state.withLock { $0.promisedTick = tick }
        let probe = try Probe(client, roster: roster, now: { gateway.now }) {
            Issue.record("it waits")
        }
        await #expect(throws: CustodyProblem.promiseForged(what: "tip")) {
            try await probe.send(state: "AR", suite: .x25519)
        }
    }

    @Test(arguments: far)
    func whatIsPromisedForAFarTickIsNotAwaited(tick: UInt64) async throws {
        let scene = try await Scene()
        _ = try await scene.route()
        scene.gateway.state.withLock { $0.promisedTick = tick }
        await #expect(throws: CustodyProblem.promiseForged(what: "report")) {
            try await scene.route()
        }
        #expect(try awaited(scene.desk.station.home) == ["report 1 to police-ar"])
        let pull = try await scene.unit.pull(into: scene.into)
        #expect(pull.opened.count == 1)
        #expect(
            pull.refused.map { $0.why as? CustodyProblem } == [.promiseForged(what: "report")])
        #expect(try await scene.unit.pull(into: scene.into).broken.isEmpty)
    }

    /// One that an earlier version of this program has believed is named, and stops nothing.
    @Test(arguments: far)
    func aFarPromiseInTheStateIsNamed(tick: UInt64) async throws {
        let scene = try await Scene()
        scene.gateway.state.withLock { $0.promisedTick = tick }
        let entry = try scene.gateway.entry(.status(note: Hash256(hashing: [1])))
        scene.gateway.state.withLock { $0.promisedTick = nil }
        let home = scene.unit.station.home
        var state = try home.state()
        state.awaited["far"] = AwaitedEntry(what: "status", offered: entry)
        try home.store(state)
        _ = try await scene.route()
        let pull = try await scene.unit.pull(into: scene.into)
        #expect(pull.broken.map { $0 as? CustodyProblem } == [.promiseForged(what: "status")])
        #expect(pull.opened.count == 1)
    }

    // MARK: Rosters

    @Test func aRosterThatTheLogDoesNotHoldIsNotBelieved() async throws {
        let scene = try await Scene()
        try scene.changeRoster { _ in }
        scene.gateway.state.withLock { $0.hidesProofs = true }
        scene.gateway.wait(100)
        let problem = await #expect(throws: CustodyProblem.self) {
            try await scene.returningUnit()
        }
        guard case .notIncluded("roster 2", _) = problem else {
            Issue.record("\(String(describing: problem))")
            return
        }
        #expect(Scratch.names("\(scene.unit.station.home.path)/rosters").count == 2)
        scene.gateway.state.withLock { $0.hidesProofs = false }
        try scene.gateway.tick()
        #expect(try await scene.returningUnit().station.rosters.newest.version == 2)
    }

    @Test func aRostersPlaceInTheLogIsAwaitedLikeOthers() async throws {
        let scene = try await Scene()
        try scene.changeRoster { _ in }
        let unit = try await scene.returningUnit()
        #expect(try awaited(unit.station.home) == ["roster 2"])
        scene.gateway.state.withLock { $0.hidesProofs = true }
        scene.gateway.wait(100)
        guard
            case .notIncluded("roster 2", _)? =
                try await unit.pull(into: scene.into).broken.first as? CustodyProblem
        else {
            Issue.record("it was not missed")
            return
        }
    }

    // MARK: Proofs

    @Test func aProofThatComesLaterIsKeptAndHolds() async throws {
        let scene = try await Scene()
        _ = try await scene.route()
        let report = try await scene.unit.pull(into: scene.into).opened[0].report
        let folder = "\(scene.unit.station.home.path)/proofs"
        #expect(Scratch.names(folder).isEmpty)
        try scene.gateway.tick()
        _ = try await scene.unit.pull(into: scene.into)
        for entry in [report.tip, report.entry] {
            let bytes = try #require(
                Scratch.bytes("\(folder)/\(EntryName.file(entry.commitment)).tlog-proof"))
            let commitment = try #require(Hash256(entry.commitment))
            let checkpoint = try TlogProof(parsing: bytes)
                .verify(commitment: commitment, by: scene.world.log.verifier)
            #expect(checkpoint.size == 512)
        }
        #expect(try awaited(scene.unit.station.home).isEmpty)
    }

    @Test func aProofUnderASecondTreeOfTheSameSizeIsAFork() async throws {
        let scene = try await Scene()
        let name = try await scene.tipName()
        try scene.gateway.tick()
        _ = try await scene.desk.open(name, into: scene.into)
        _ = try await scene.desk.open(name, into: scene.into)
        try scene.gateway.fork()
        await #expect(throws: AuditProblem.fork(size: 512)) {
            try await scene.desk.open(name, into: scene.into)
        }
        let evidence = try CheckpointMemory(scene.desk.station.home).evidence()
        #expect(evidence.count == 2)
        #expect(evidence.contains(scene.gateway.state.withLock { $0.checkpoint }))
        // A promise that falls due says it too, and the work goes on.
        _ = try await scene.route()
        #expect(try await scene.unit.pull(into: scene.into).opened.count == 1)
    }

    @Test func aProofUnderASmallerTreeThanSeenIsARollback() async throws {
        let scene = try await Scene()
        let name = try await scene.tipName()
        try scene.gateway.tick()
        let earlier = scene.gateway.state.withLock { $0 }
        try scene.gateway.tick()
        _ = try await scene.desk.open(name, into: scene.into)
        scene.gateway.state.withLock {
            $0.leaves = earlier.leaves
            $0.checkpoint = earlier.checkpoint
        }
        await #expect(throws: AuditProblem.rollback(was: 768, now: 512)) {
            try await scene.desk.open(name, into: scene.into)
        }
    }

    /// The log showed this home one tree and shows the auditor another.
    @Test func anAuditHoldsTheTreesOfProofsAgainstTheLog() async throws {
        let scene = try await Scene()
        let name = try await scene.tipName()
        try scene.gateway.tick()
        _ = try await scene.desk.open(name, into: scene.into)
        let memory = CheckpointMemory(scene.desk.station.home)
        let seen = try memory.all().map { Array($0.note) }
        #expect(seen.count == 2, "the roster's, and the tip's")
        #expect(seen.last == scene.gateway.state.withLock { $0.checkpoint })
        let audit = LogAudit(PublicClient(scene.gateway), log: scene.world.log.verifier)
        let honest = scene.gateway.state.withLock { $0 }
        try scene.gateway.fork()
        try scene.gateway.tick()
        let forked = try await audit.read()
        #expect(throws: AuditProblem.fork(size: 256)) { try memory.keep(audited: forked) }
        #expect(try Set(memory.evidence()) == [seen[0], forked.checkpoint])
        scene.gateway.state.withLock { $0 = honest }
        try scene.gateway.tick()
        let audited = try await audit.read()
        #expect(try memory.keep(audited: audited) == nil)
        #expect(try memory.all().map { Array($0.note) } == [audited.checkpoint])
        #expect(try memory.keep(audited: audited) == 768)
        #expect(try scene.desk.station.home.read("checkpoint") == audited.checkpoint)
    }
}
