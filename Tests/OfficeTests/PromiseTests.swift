import Desk
import Envelope
import Foundation
import Ledger
import Notes
import Roster
import Sodium
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

    /// When a promise's tick ends, in Unix seconds.
    private func end(_ tick: UInt64) -> UInt64 { (tick + 1) * World.tickSeconds }

    private func problems(_ findings: Findings) -> [CustodyProblem] {
        findings.all.compactMap { $0 as? CustodyProblem }
    }

    /// As a gateway promises whose clock was ahead once; the sender has its receipt, and nobody waits for that tick.
    @Test(arguments: far)
    func aProbeThatIsPromisedForAFarTickIsTakenAndNamed(tick: UInt64) async throws {
        let gateway = try FakeGateway(World())
        let client = PublicClient(gateway)
        let roster = try await PublicTrust.roster(from: client, home: nil, at: gateway.now)
        gateway.state.withLock { $0.promisedTick = tick }
        let findings = Findings()
        let probe = try Probe(client, roster: roster, now: { gateway.now }, findings: findings) {
            Issue.record("it waits")
        }
        let sent = try await probe.send(state: "AR", suite: .x25519)
        #expect(try await probe.awaitInclusion(of: sent) == nil)
        #expect(problems(findings) == [.promisedFarAhead(what: "tip", until: end(tick))])
    }

    @Test(arguments: far)
    func whatIsPromisedForAFarTickIsWorkedOnAndNamedOnce(tick: UInt64) async throws {
        let scene = try await Scene()
        scene.gateway.state.withLock { $0.promisedTick = tick }
        for text in ["Dos.", "Tres."] { _ = try await Scene.send(scene.world, scene.gateway, text) }
        let name = try await scene.tipName(1)
        #expect(try await scene.desk.open(name, into: scene.into).tip != nil)
        _ = try await scene.route(1)
        let desk = scene.desk.station
        #expect(problems(desk.findings) == [.promisedFarAhead(what: "tip", until: end(tick))])
        #expect(try awaited(desk.home) == ["report 1 to police-ar", "tip \(name)"])
        let pull = try await scene.unit.pull(into: "\(scene.into)/unit")
        #expect(pull.opened.count == 1 && pull.refused.isEmpty && pull.broken.isEmpty)
        let unit = scene.unit.station
        #expect(problems(unit.findings) == [.promisedFarAhead(what: "report", until: end(tick))])
        #expect(try awaited(unit.home).count == 2)
        let later = try await scene.world.desk("desk-ar", scene.gateway, home: desk.home)
        #expect(try later.all().count == 3 && later.station.findings.all.count == 1)
    }

    /// A stranger's promise is forged, whatever it is for.
    @Test(arguments: far)
    func aFarPromiseInTheStateStopsNothing(tick: UInt64) async throws {
        let scene = try await Scene()
        let stranger = try NoteSigner(name: World.origin, seed: SecretBytes(random: 32))
        scene.gateway.state.withLock { $0.promisedTick = tick }
        let body = RecordBody.status(note: Hash256(hashing: [1]))
        let entry = try scene.gateway.entry(body)
        let forged = try scene.gateway.entry(body, by: stranger)
        scene.gateway.state.withLock { $0.promisedTick = nil }
        let home = scene.unit.station.home
        var state = try home.state()
        state.awaited["far"] = AwaitedEntry(what: "status", offered: entry)
        state.awaited["forged"] = AwaitedEntry(what: "forged status", offered: forged)
        try home.store(state)
        _ = try await scene.route()
        let pull = try await scene.unit.pull(into: scene.into)
        #expect(
            pull.broken.map { $0 as? CustodyProblem } == [.promiseForged(what: "forged status")])
        #expect(
            problems(scene.unit.station.findings)
                == [.promisedFarAhead(what: "status", until: end(tick))])
        #expect(pull.opened.count == 1)
    }

    // MARK: Rosters

    @Test(arguments: far)
    func aRosterThatIsPromisedForAFarTickIsTakenAndNamed(tick: UInt64) async throws {
        let scene = try await Scene()
        _ = try await scene.route()
        scene.gateway.state.withLock { $0.promisedTick = tick }
        try scene.changeRoster { try $0.revokeOffice("police-br") }
        let unit = try await scene.returningUnit()
        #expect(unit.station.rosters.newest.version == 2)
        #expect(try awaited(unit.station.home) == ["roster 2"])
        #expect(try await unit.pull(into: scene.into).opened.count == 1)
        #expect(
            problems(unit.station.findings)
                == [.promisedFarAhead(what: "roster 2", until: end(tick))])
    }

    /// A gateway that does not believe its clock ends no tick: what revokes somebody counts all the same.
    @Test func aRosterThatTheLogDoesNotHoldIsTakenAndNamed() async throws {
        let scene = try await Scene()
        try scene.changeRoster { _ in }
        scene.gateway.state.withLock { $0.hidesProofs = true }
        scene.gateway.wait(100)
        let unit = try await scene.returningUnit().station
        #expect(unit.rosters.newest.version == 2)
        guard case .notIncluded("roster 2", _)? = problems(unit.findings).first else {
            Issue.record("it was not missed")
            return
        }
        #expect(try awaited(unit.home) == ["roster 2"])
        scene.gateway.state.withLock { $0.hidesProofs = false }
        try scene.gateway.tick()
        let later = try await scene.returningUnit().station
        #expect(try await later.settleAwaited().isEmpty && later.findings.all.isEmpty)
        #expect(try awaited(later.home).isEmpty)
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
