import Notes
import Synchronization
import Testing

@testable import Office

/// What the staff client does when the gateway does not take a request's time.
@Suite struct StaleRequestTests {
    private static let time = World.start

    private struct Signing {
        let client: StaffClient
        let gateway: FakeGateway
        let pauses: Counter
    }

    private final class Counter: Sendable {
        private let count = Mutex(0)
        var value: Int { count.withLock { $0 } }
        func add() { count.withLock { $0 += 1 } }
    }

    private func signing(machine: UInt64) throws -> Signing {
        let world = try World()
        let gateway = try FakeGateway(world)
        let member = try world.member("desk-ar")
        let pauses = Counter()
        let client = StaffClient(gateway.staff("desk-ar"), now: { machine }) {
            pauses.add()
        } sign: {
            try member.authorise($0, at: $1)
        }
        return Signing(client: client, gateway: gateway, pauses: pauses)
    }

    @Test(arguments: [-500, -1, 0, 1, 500] as [Int])
    func aStaleRequestIsSignedAnewByTheGatewaysTime(offset: Int) async throws {
        let machine = UInt64(Int(Self.time) + offset)
        let signing = try signing(machine: machine)
        let gateway = signing.gateway
        // The machine's own time is refused at first, even where it is the gateway's: the vault has just started.
        let refusals = offset == 0 ? machine - 1...machine - 1 : machine...machine
        gateway.state.withLock { $0.stale = (refusals, Self.time) }
        _ = try await signing.client.tips(after: 0)
        _ = try await signing.client.tips(after: 0)
        #expect(signing.pauses.value == (offset == 0 ? 0 : 1))
        let times = gateway.state.withLock { $0.signedTimes }
        // The difference is remembered.
        let expected = offset == 0 ? [Self.time, Self.time] : [machine, Self.time, Self.time]
        #expect(times == expected)
    }

    @Test func aGatewayThatTakesNoTimeIsAskedAFewTimesOnly() async throws {
        let signing = try signing(machine: Self.time)
        signing.gateway.state.withLock { $0.stale = (0...UInt64.max, Self.time) }
        await #expect(throws: GatewayProblem.stale(time: Self.time)) {
            try await signing.client.tips(after: 0)
        }
        #expect(signing.pauses.value == StaffClient.signedAnewMax)
    }

    /// A gateway could otherwise collect requests that are good next year.
    @Test(arguments: [0, time - 601, time + 601, 1 << 53, UInt64.max] as [UInt64])
    func aTimeFarFromTheMachinesIsNotSigned(named: UInt64) async throws {
        let signing = try signing(machine: Self.time)
        signing.gateway.state.withLock { $0.stale = (0...UInt64.max, named) }
        await #expect(throws: GatewayProblem.stale(time: named)) {
            try await signing.client.tips(after: 0)
        }
        #expect(signing.gateway.state.withLock { $0.signedTimes } == [Self.time])
    }

    @Test func aBodyIsAskedForAnewToo() async throws {
        let signing = try signing(machine: Self.time + 5)
        signing.gateway.state.withLock { $0.stale = (Self.time + 1...UInt64.max, Self.time) }
        let problem = await #expect(throws: GatewayProblem.self) {
            try await signing.client.body(of: [1], from: 0) { _ in true }
        }
        #expect(problem?.isNotFound == true)
        #expect(signing.gateway.state.withLock { $0.signedTimes } == [Self.time + 5, Self.time])
    }
}
