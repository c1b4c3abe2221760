import Crypto
import Desk
import Envelope
import Notes
import Office
import Synchronization
import Testing

/// What programs and desks make of a gateway that is flooded.
@Suite struct FloodTests {
    private let scene: Scene

    init() async throws {
        scene = try await Scene()
    }

    private func send(_ text: String, photo: [UInt8]? = nil) async throws {
        _ = try await Scene.send(scene.world, scene.gateway, text, photo: photo)
    }

    @Test(arguments: [100, 1_200_000])
    func aProgramWorksAsMuchAsItIsAsked(_ photoBytes: Int) async throws {
        scene.gateway.state.withLock { $0.bitsAsked = 6 }
        try await send("Otra cosa.", photo: [UInt8](repeating: 5, count: photoBytes))
        let (header, record) = scene.gateway.state.withLock {
            ($0.efforts.last ?? nil, $0.tips.last?.offered.entry.record)
        }
        let proof = try #require(EffortProof(Base64.decode(header ?? "")))
        let tip = try CanonicalJSON(parsing: Array((record ?? "").utf8))
        let envelope = try Base64.decode(tip["envelope"]?.string ?? "", count: 32)
        #expect(proof.root == FakeGateway.root)
        #expect(try proof.bits(for: envelope) >= 6)
    }

    @Test(arguments: [nil, 0])
    func nobodyWorksUnasked(_ bits: Int?) async throws {
        scene.gateway.state.withLock { $0.bitsAsked = bits }
        try await send("Otra cosa.")
        #expect(scene.gateway.state.withLock { $0.efforts } == [nil, nil])
    }

    @Test(arguments: [
        #"{"bits":4,"root":"AA=="}"#, #"{"bits":"4"}"#, "", #"{"bits":4,"root":"?"}"#,
    ])
    func anAnswerThatIsNoneIsPassedOver(_ answer: String) async throws {
        scene.gateway.state.withLock { state in
            state.bitsAsked = 4
            state.tamper = { $0.target == "/v1/effort" ? Array(answer.utf8) : $1 }
        }
        try await send("Otra cosa.")
        #expect(scene.gateway.state.withLock { $0.efforts } == [nil, nil])
    }

    @Test func aDeskReadsTheOrdinaryLaneFirstAndTheOtherByEffort() async throws {
        for (index, effort) in [3, nil, 9, 3, 0].enumerated() {
            scene.gateway.state.withLock { $0.quarantine = effort }
            try await send("Número \(index)")
        }
        let fresh = TipLanes(try await scene.desk.list())
        let all = TipLanes(try scene.desk.all())
        #expect(fresh == all)
        #expect(all.ordinary.count == 2)
        #expect(all.quarantine.map(\.quarantine) == [9, 3, 3, 0])
        let names = try scene.desk.all().map(\.name)
        #expect(all.ordinary.map(\.name) == [names[0], names[2]])
        #expect(all.quarantine.map(\.name) == [names[3], names[1], names[4], names[5]])
        // Numbers go through both lanes; opening is the same.
        let opening = try await scene.desk.open(names[3], into: scene.into)
        #expect(opening.number == 4)
        #expect(opening.tip?.document.whatHappened == "Número 2")
    }
}
