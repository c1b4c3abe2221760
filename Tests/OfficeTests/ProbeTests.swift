import Envelope
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
        return try Probe(client, roster: roster, now: { gateway.now }) { try pause(gateway) }
    }

    @Test func itWaitsForItsPlaceInTheLog() async throws {
        let probe = try await probe { try $0.tick() }
        let sent = try await probe.send(state: "AR", suite: .x25519)
        let index = try await probe.awaitInclusion(of: sent).index
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
