import Desk
import Envelope
import Foundation
import Ledger
import Notes
import Office
import Roster
import Sodium
import Synchronization
import Testing
import Unit

/// What a dishonest gateway, or a dishonest member, would have to get past.
@Suite struct ForgeryTests {
    /// Replaces a text in every JSON answer under a path.
    private func replace(
        _ path: String, _ old: String, _ new: String
    ) -> @Sendable (WireRequest, [UInt8]) -> [UInt8] {
        { request, bytes in
            guard request.target.hasPrefix(path) else { return bytes }
            return Array(String(decoding: bytes, as: UTF8.self).replacing(old, with: new).utf8)
        }
    }

    @Test func aPromiseOfAnotherLogIsRefused() async throws {
        let scene = try await Scene()
        let stranger = try NoteSigner(name: World.origin, seed: SecretBytes(random: 32))
        let real = try #require(scene.gateway.state.withLock { $0.tips.first }?.offered)
        let forged = try stranger.sign(
            Note(parsing: Array(real.entry.promise.utf8)).body(
                PromiseNote.self, origin: World.origin))
        scene.gateway.state.withLock { state in
            let tip = state.tips[0]
            state.tips[0] = FakeGateway.StoredTip(
                office: tip.office,
                offered: OfferedTip(
                    cursor: real.cursor, key: real.key,
                    entry: OfferedEntry(
                        promise: forged.encodedString, record: real.entry.record,
                        salt: real.entry.salt),
                    chunks: real.chunks), body: tip.body)
        }
        await #expect(throws: CustodyProblem.promiseForged(what: "tip")) {
            try await scene.desk.list()
        }
        #expect(try scene.desk.all().isEmpty)
    }

    @Test func anAlteredRecordOrSaltIsRefused() async throws {
        let scene = try await Scene()
        let real = try #require(scene.gateway.state.withLock { $0.tips.first }?.offered)
        let salt = Base64.encode([UInt8](repeating: 9, count: 32))
        for (old, new) in [
            (real.entry.salt, salt), ("\\\"type\\\":\\\"tip\\\"", "\\\"type\\\":\\\"tap\\\""),
        ] {
            scene.gateway.state.withLock { $0.tamper = replace("/v1/tips", old, new) }
            await #expect(throws: CustodyProblem.recordDiffers(what: "tip")) {
                try await scene.desk.list()
            }
        }
    }

    @Test func aTipForAnotherDeskIsRefused() async throws {
        let scene = try await Scene()
        scene.gateway.state.withLock { state in
            let tip = state.tips[0]
            state.tips[0] = FakeGateway.StoredTip(
                office: "desk-br", offered: tip.offered, body: tip.body)
        }
        let other = try await scene.world.desk("desk-br", scene.gateway)
        await #expect(throws: CustodyProblem.recordDiffers(what: "tip")) {
            try await other.list()
        }
    }

    @Test(arguments: [0, 1_224, 1_240, 1_300, 10_000])
    func aFlippedBitInTheBodyIsRefused(offset: Int) async throws {
        let scene = try await Scene()
        scene.gateway.state.withLock {
            $0.tamper = { request, bytes in
                guard request.target.hasPrefix("/v1/bodies/") else { return bytes }
                var bytes = bytes
                bytes[offset] ^= 1
                return bytes
            }
        }
        let name = try await scene.tipName()
        await #expect(throws: CustodyProblem.bodyDiffers) {
            try await scene.desk.open(name, into: scene.into)
        }
        #expect(Scratch.names(scene.into).isEmpty)
    }

    @Test func aBodyThatIsTooLongOrTooShortIsRefused() async throws {
        let scene = try await Scene()
        let name = try await scene.tipName()
        scene.gateway.state.withLock { $0.tamper = { _, bytes in bytes + [0] } }
        await #expect(throws: CustodyProblem.bodyDiffers) {
            try await scene.desk.open(name, into: scene.into)
        }
        scene.gateway.state.withLock {
            $0.tamper = { request, bytes in
                request.target.hasPrefix("/v1/bodies/") ? bytes.dropLast(5) : bytes
            }
        }
        await #expect(throws: CustodyProblem.bodyStopped(missingBytes: 5)) {
            try await scene.desk.open(name, into: scene.into)
        }
    }

    @Test func aGapAndARepeatInTheDesksNumbersAreNamed() async throws {
        let scene = try await Scene()
        scene.gateway.state.withLock { $0.nextSequence = 3 }
        _ = try await Scene.send(scene.world, scene.gateway, "two")
        scene.gateway.state.withLock { $0.nextSequence = 1 }
        _ = try await Scene.send(scene.world, scene.gateway, "three")
        let second = try await scene.tipName(1)
        await #expect(
            throws: SequenceProblem.gap(name: "this desk's numbers", expected: 2, actual: 3)
        ) { try await scene.desk.open(second, into: scene.into) }
        #expect(Scratch.names(scene.into).isEmpty)
        _ = try await scene.desk.open(second, into: scene.into, despiteGap: true)
        let third = try await scene.tipName(2)
        let problem = await #expect(throws: SequenceProblem.self) {
            try await scene.desk.open(third, into: scene.into, despiteGap: true)
        }
        guard case .repeated(_, 1, _) = problem else {
            Issue.record("the repeat was not named: \(String(describing: problem))")
            return
        }
    }

    @Test func aPromiseWithoutItsInclusionIsLoud() async throws {
        let scene = try await Scene()
        _ = try await scene.route()
        _ = try await scene.unit.pull(into: scene.into)
        scene.gateway.state.withLock { $0.hidesProofs = true }
        scene.gateway.wait(15)
        #expect(try await scene.unit.pull(into: scene.into).broken.isEmpty, "within the grace")
        scene.gateway.wait(60)
        let broken = try await scene.unit.pull(into: scene.into).broken
        #expect(broken.count == 2, "the tip's promise and the report's")
        for case CustodyProblem.notIncluded(let what, _) in broken {
            #expect(what.contains("desk-ar-000001"))
        }
    }

    /// Nobody who waits for help waits for a gateway's clock: the tip is read, and its proof comes to it later.
    @Test func aTipWhosePlaceIsLateIsReadAllTheSame() async throws {
        let scene = try await Scene()
        let name = try await scene.tipName()
        _ = try await scene.route()
        scene.gateway.state.withLock { $0.hidesProofs = true }
        scene.gateway.wait(75)
        let opening = try await scene.desk.open(name, into: scene.into)
        #expect(opening.tip != nil && opening.inclusion == .missing)
        let pull = try await scene.unit.pull(into: "\(scene.into)/unit")
        #expect(pull.opened.count == 1 && pull.refused.isEmpty)
        for (station, count) in [(scene.desk.station, 1), (scene.unit.station, 2)] {
            #expect(station.findings.all.count == count)
            #expect(station.findings.all.allSatisfy { $0.sentence.contains("NOT IN THE LOG") })
            #expect(station.findings.all.allSatisfy { $0.exit == .badInput })
        }
        scene.gateway.state.withLock { $0.hidesProofs = false }
        try scene.gateway.tick()
        #expect(try await scene.desk.open(name, into: scene.into).broken.isEmpty)
        let custody = try #require(scene.file(opening.folder, "custody.json"))
        #expect(String(decoding: custody, as: UTF8.self).contains("c2sp.org/tlog-proof@v1"))
    }

    /// A promise has one signature: others' lines would fill the homes that await it.
    @Test func aPromiseWithFurtherLinesIsRefused() async throws {
        let scene = try await Scene()
        let promise = try #require(scene.gateway.state.withLock { $0.tips.first }).offered.entry
            .promise.replacing("\n", with: "\\n")
        let line = "— x \(Base64.encode([UInt8](repeating: 7, count: 68)))\\n"
        scene.gateway.state.withLock {
            $0.tamper = replace("/v1/tips", promise, promise + line)
        }
        await #expect(throws: CustodyProblem.promiseForged(what: "tip")) {
            try await scene.desk.list()
        }
    }

    @Test func aKeptPromiseLeavesTheListAndItsProofIsKept() async throws {
        let scene = try await Scene()
        try scene.gateway.tick()
        _ = try await scene.route()
        let pull = try await scene.unit.pull(into: scene.into)
        let custody = String(
            decoding: try #require(scene.file(pull.opened[0].folder, "custody.json")), as: UTF8.self
        )
        #expect(custody.contains("c2sp.org/tlog-proof@v1"))
        try scene.gateway.tick()
        #expect(try await scene.unit.pull(into: scene.into).broken.isEmpty)
        #expect(try scene.unit.station.home.state().awaited.isEmpty)
    }

    @Test func aProofForAnotherEntryIsRefused() async throws {
        let scene = try await Scene()
        let other = try await Scene.send(scene.world, scene.gateway, "another")
        try scene.gateway.tick()
        let name = try await scene.tipName()
        let proof = try #require(
            try await PublicClient(scene.gateway).proof(of: Base64.decodeURL(other.name)))
        scene.gateway.state.withLock {
            $0.tamper = { request, bytes in
                request.target.hasPrefix("/v1/proofs/") ? proof : bytes
            }
        }
        await #expect(throws: CustodyProblem.proofForged(what: "tip \(name)")) {
            try await scene.desk.open(name, into: scene.into)
        }
    }

    @Test func aReceiptIsOnlyPrintedForTheEnvelopeThatWasSent() async throws {
        let scene = try await Scene()
        let other = try #require(scene.gateway.state.withLock { $0.tips.first }?.offered.entry)
        let answer = scene.gateway.created(other).body
        scene.gateway.state.withLock {
            $0.tamper = { request, bytes in
                request.target == "/v1/tips" && request.method == "POST" ? answer : bytes
            }
        }
        await #expect(throws: CustodyProblem.recordDiffers(what: "tip")) {
            try await Scene.send(scene.world, scene.gateway, "mine")
        }
    }
}
