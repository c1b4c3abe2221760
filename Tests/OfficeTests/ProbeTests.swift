import Envelope
import Foundation
import Synchronization
import Testing

@testable import Desk
@testable import Office

@Suite struct ProbeTests {
    private let gateway: FakeGateway

    init() throws {
        gateway = try FakeGateway(World())
    }

    /// A probe whose pauses let the gateway's time pass.
    private func probe(
        _ pause: @escaping @Sendable (FakeGateway) throws -> Void
    ) async throws
        -> Probe
    {
        let client = PublicClient(gateway)
        let roster = try await PublicTrust.roster(from: client, home: nil, at: gateway.now)
        let gateway = gateway
        return try Probe(client, roster: roster, now: { gateway.now }, findings: Findings()) {
            try pause(gateway)
        }
    }

    @Test func itWaitsForItsPlaceInTheLog() async throws {
        let probe = try await probe { try $0.tick() }
        let sent = try await probe.send(state: "AR", suite: .x25519)
        let index = try #require(try await probe.awaitInclusion(of: sent)).index
        #expect(index >= 256, "the first tile was full before it was sent")
        #expect(gateway.state.withLock { $0.tips.count } == 1)
    }

    @Test func aBodyThatTheGatewayDidNotGiveIsAskedForAgain() async throws {
        let probe = try await probe { _ in }
        let sent = try await probe.send(state: "AR", suite: .x25519)
        let other = try await probe.send(state: "AR", suite: .x25519)
        let desk = try await gateway.world.desk("desk-ar", gateway)
        let names = try [sent, other].map { try probe.name(of: $0) }
        gateway.state.withLock { state in
            state.tamper = { request, bytes in
                guard request.target.hasPrefix("/v1/bodies/\(names[0])") else { return bytes }
                return bytes.dropLast() + [bytes[bytes.count - 1] ^ 1]
            }
        }
        for answered in [[names[1]], []] {
            let round = try await desk.answerProbes()
            #expect(round.answered == answered && round.unread == [names[0]])
        }
        gateway.state.withLock { $0.tamper = nil }
        let last = try await desk.answerProbes()
        #expect(last.answered == [names[0]] && last.unread == [])
        #expect(try await desk.answerProbes() == ProbeRound())
    }

    /// A flood of tips that are no probes must not make each round of a timer slower than the one before.
    @Test func whatIsNoProbeIsLookedAtOnceAndLeavesNoName() async throws {
        let probe = try await probe { _ in }
        for text in ["uno", "dos"] { _ = try await Scene.send(gateway.world, gateway, text) }
        let sent = try await probe.send(state: "AR", suite: .xwing)
        _ = try await Scene.send(gateway.world, gateway, "tres")
        let desk = try await gateway.world.desk("desk-ar", gateway)
        let name = try probe.name(of: sent)
        #expect(try await desk.answerProbes().answered == [name])
        let home = desk.station.home
        let memory = try #require(try home.load(ProbeMemory.file, as: ProbeMemory.self))
        #expect(Array(memory.looked.values) == [4])
        #expect(memory.again.isEmpty && memory.probes == [name])
        let asked = gateway.state.withLock { $0.rowsAsked.count }
        #expect(try await desk.answerProbes() == ProbeRound())
        #expect(gateway.state.withLock { $0.rowsAsked.count } == asked)
        #expect(try desk.all().map(\.isProbe) == [false, false, true, false])
    }

    /// As many as are remembered: those after them wait, and none is forgotten.
    @Test func tipsThatAreNotGivenAreRememberedUpToALimit() async throws {
        let probe = try await probe { _ in }
        let names = [
            try probe.name(of: try await probe.send(state: "AR", suite: .xwing)),
            try probe.name(of: try await probe.send(state: "AR", suite: .xwing)),
        ]
        let desk = try await gateway.world.desk("desk-ar", gateway)
        _ = try await desk.list()
        let home = desk.station.home
        let (key, numbering) = try #require(try home.state().tips.first)
        var memory = ProbeMemory()
        memory.looked[key] = 1
        memory.again = Array(repeating: numbering.listed[0], count: ProbeMemory.againMax)
        try home.save(ProbeMemory.file, memory)
        let tips = gateway.state.withLock { $0.tips }
        gateway.state.withLock { $0.tips.removeAll() }
        let round = try await desk.answerProbes()
        #expect(round.answered.isEmpty && Set(round.unread) == [names[0]])
        let kept = try #require(try home.load(ProbeMemory.file, as: ProbeMemory.self))
        #expect(kept.looked == [key: 1] && kept.again == memory.again)
        gateway.state.withLock { $0.tips = tips }
        #expect(try await desk.answerProbes().answered == names)
    }

    @Test func whatAnEarlierProgramRememberedIsRead() throws {
        let old = Data(#"{"probes":["one"],"seen":["one","two"]}"#.utf8)
        let memory = try JSONDecoder().decode(ProbeMemory.self, from: old)
        #expect(memory.probes == ["one"] && memory.looked.isEmpty && memory.again.isEmpty)
    }

    @Test func theOldestProbesAreForgotten() {
        var memory = ProbeMemory()
        for number in 0...ProbeMemory.probesMax { memory.add("\(number)") }
        #expect(memory.probes.count == ProbeMemory.probesMax && memory.probes[0] == "1")
    }

    @Test func aPromiseThatIsNotKeptIsNamed() async throws {
        let probe = try await probe { $0.wait(20) }
        let sent = try await probe.send(state: "AR", suite: .xwing)
        gateway.state.withLock { $0.hidesProofs = true }
        do {
            _ = try await probe.awaitInclusion(of: sent)
            Issue.record("it was included")
        } catch CustodyProblem.notIncluded(let what, _) {
            #expect(what == "probe")
        }
    }
}
