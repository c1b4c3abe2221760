import Ledger
import Notes
import Office
import Sodium
import Synchronization
import Testing

@Suite struct AuditTests {
    /// The log as it is read whole, held against an earlier checkpoint.
    @discardableResult
    private func audit(
        _ gateway: FakeGateway, earlier: AuditedLog? = nil
    ) async throws -> AuditedLog {
        let log = try await LogAudit(PublicClient(gateway), log: gateway.world.log.verifier).read()
        if let earlier { try log.hold(earlier.checkpoint) }
        return log
    }

    /// A log of three tiles, so that there is a partial tile of level 1 above them.
    private func gateway() throws -> FakeGateway {
        let gateway = try FakeGateway(World())
        try gateway.tick()
        try gateway.tick()
        return gateway
    }

    @Test func anHonestLogHoldsAndGrows() async throws {
        let gateway = try gateway()
        let first = try await audit(gateway)
        #expect(first.size == 768)
        try gateway.tick()
        let second = try await audit(gateway, earlier: first)
        #expect(second.size == 1_024)
        #expect(try await audit(gateway, earlier: second).size == 1_024)
    }

    @Test func aRollbackIsNamed() async throws {
        let gateway = try gateway()
        let earlier = gateway.state.withLock { $0 }
        try gateway.tick()
        let later = try await audit(gateway)
        gateway.state.withLock {
            $0.leaves = earlier.leaves
            $0.checkpoint = earlier.checkpoint
        }
        await #expect(throws: AuditProblem.rollback(was: 1_024, now: 768)) {
            try await audit(gateway, earlier: later)
        }
    }

    @Test func aForkIsNamed() async throws {
        let gateway = try gateway()
        let first = try await audit(gateway)
        gateway.state.withLock { $0.leaves[300] = Hash256(hashing: [1]) }
        try gateway.tick()
        await #expect(throws: AuditProblem.fork(size: 768)) {
            try await audit(gateway, earlier: first)
        }
    }

    @Test func anotherKeyAnotherNameAndAnotherSizeAreRefused() async throws {
        let gateway = try gateway()
        let stranger = try NoteSigner(name: World.origin, seed: SecretBytes(random: 32))
        await #expect(throws: AuditProblem.badCheckpoint) {
            try await LogAudit(PublicClient(gateway), log: stranger.verifier).read()
        }
        let root = [UInt8](repeating: 0, count: 32)
        let cases: [(String, UInt64, AuditProblem)] = [
            (World.origin, 700, .oddSize(700)), ("another.example", 768, .badCheckpoint),
            (World.origin, 768, .wrongRoot(size: 768)),
        ]
        for (origin, size, problem) in cases {
            let signed = try gateway.world.log.sign(
                Checkpoint(origin: origin, size: size, root: root))
            gateway.state.withLock { $0.checkpoint = signed.encoded }
            await #expect(throws: problem) { try await audit(gateway) }
        }
    }

    @Test(arguments: ["tile/0/001", "tile/entries/001", "tile/1/000.p/3"])
    func anAlteredTileIsNamed(path: String) async throws {
        let gateway = try gateway()
        gateway.state.withLock {
            $0.tamper = { request, bytes in
                guard request.target == "/" + path else { return bytes }
                var bytes = bytes
                bytes[40] ^= 1
                return bytes
            }
        }
        let problem = await #expect(throws: AuditProblem.self) {
            try await audit(gateway)
        }
        let expected: AuditProblem =
            path == "tile/1/000.p/3"
            ? .wrongTile(path: path) : .wrongEntries(path: "tile/entries/001")
        #expect(problem == expected && problem?.exit.rawValue == 65)
    }

    @Test func aMissingTileIsNamed() async throws {
        let gateway = try gateway()
        gateway.state.withLock {
            $0.tamper = { request, bytes in
                request.target == "/tile/0/002" ? Array(bytes.dropLast()) : bytes
            }
        }
        await #expect(throws: AuditProblem.missingTile(path: "tile/0/002")) {
            try await audit(gateway)
        }
    }
}
