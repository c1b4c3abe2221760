import Crypto
import Desk
import Envelope
import Ledger
import Notes
import Office
import Roster
import Sodium
import Synchronization
import Testing
import Unit

/// A world with one tip in it, sent by `Submission` itself.
struct Scene {
    let world: World
    let gateway: FakeGateway
    let desk: DeskWork
    let unit: UnitWork
    let photo: [UInt8]
    let receipt: String
    var into: String { "\(world.folder)/in" }

    static let text = "Hotel, habitación 12.\nDos chicas."

    init(photoBytes: Int = 3_000, suite: EnvelopeSuite = .xwing) async throws {
        world = try World()
        gateway = try FakeGateway(world)
        desk = try await world.desk("desk-ar", gateway)
        unit = try await world.unit("police-ar", gateway)
        photo = Randomness.bytes(photoBytes)
        receipt = try await Self.send(
            world, gateway, Self.text, photo: photo, suite: suite
        ).receipt
    }

    static func send(
        _ world: World, _ gateway: FakeGateway, _ text: String, photo: [UInt8]? = nil,
        suite: EnvelopeSuite = .xwing
    ) async throws -> Submission.Outcome {
        let roster = try await PublicTrust.roster(
            from: PublicClient(gateway), home: nil, at: gateway.now)
        var files: [String] = []
        if let photo {
            Scratch.write("\(world.folder)/Foto de hoy.JPG", photo)
            files.append("\(world.folder)/Foto de hoy.JPG")
        }
        return try await Submission(
            PublicClient(gateway), roster: roster, now: { gateway.now }
        ).send(
            Submission.Content(
                text: Array(text.utf8), attachments: files, state: "AR", suite: suite))
    }

    /// Lists, and gives the name of the tip at a place in the list.
    func tipName(_ index: Int = 0) async throws -> String {
        _ = try await desk.list()
        return try desk.all()[index].name
    }

    func route(_ index: Int = 0, despiteConsent duty: String? = nil) async throws -> Routing {
        try await desk.route(
            try await tipName(index), to: "police-ar",
            TriageChoice(
                priority: "p0", territory: "AR", note: "Ahora.", despiteConsent: duty))
    }

    /// An attachment of a tip that no program of ours makes.
    struct Sent {
        var bytes: [UInt8]
        var name: String
        var copyOf: Int?
    }

    /// Puts a tip with these attachments into the gateway, its JSON before them or behind.
    func send(_ files: [Sent], documentFirst: Bool = false) throws {
        var envelope: [UInt8] = []
        var document = TipDocument()
        document.whatHappened = "x"
        document.attachments = files.map {
            TipDocument.Attachment(
                name: $0.name, type: "image/png", size: $0.bytes.count,
                sha256: Array(SHA256.hash(data: $0.bytes)), copyOf: $0.copyOf)
        }
        let key = try #require(world.keys["desk-ar"]?.keys(for: .envelopeXWing).first?.line)
        let json = try document.encoded()
        var writer = try TipWriter(to: key, appendingTo: &envelope)
        if documentFirst { try writer.writeDocument(json[...], appendingTo: &envelope) }
        for file in files {
            try writer.beginAttachment()
            try writer.writePiece(file.bytes[...], appendingTo: &envelope)
            _ = try writer.endAttachment(appendingTo: &envelope)
        }
        if !documentFirst { try writer.writeDocument(json[...], appendingTo: &envelope) }
        _ = try writer.finish(appendingTo: &envelope)
        try gateway.seal(envelope)
    }

    func file(_ folder: String, _ name: String) -> [UInt8]? { Scratch.bytes("\(folder)/\(name)") }
}

@Suite struct CustodyTests {
    @Test(arguments: [
        (3_000, EnvelopeSuite.xwing), (0, .x25519), (200_000, .xwing), (1_500_000, .x25519),
    ])
    func aTipGoesTheWholeWayBitByBit(photoBytes: Int, suite: EnvelopeSuite) async throws {
        let scene = try await Scene(photoBytes: photoBytes, suite: suite)
        let opening = try await scene.desk.open(scene.tipName(), into: scene.into)
        #expect(opening.number == 1)
        #expect(scene.file(opening.folder, "text.txt") == Array(Scene.text.utf8))
        #expect(scene.file(opening.folder, "attachment-1.jpg") == scene.photo)
        #expect(opening.tip?.files.first?.originalName == "Foto de hoy.JPG")
        let routing = try await scene.route()
        #expect(routing.number == 1)
        let pull = try await scene.unit.pull(into: scene.into)
        let folder = try #require(pull.opened.first?.folder)
        #expect(folder.hasSuffix("/desk-ar-000001") && pull.refused.isEmpty)
        #expect(scene.file(folder, "text.txt") == Array(Scene.text.utf8))
        #expect(scene.file(folder, "attachment-1.jpg") == scene.photo)
        #expect(scene.file(folder, "tip.json") == scene.file(opening.folder, "tip.json"))
        let triage = String(
            decoding: try #require(scene.file(folder, "triage.json")), as: UTF8.self)
        #expect(triage.contains("\"note\":\"Ahora.\"") && triage.contains("\"priority\":\"p0\""))
        try await scene.unit.acknowledge(folder, .accepted)
        try await scene.unit.acknowledge("desk-ar-000001", .declined(.duplicate))
    }

    @Test func theReplyIsForTheReceiptAlone() async throws {
        let scene = try await Scene()
        _ = try await scene.desk.reply(scene.tipName(), .text("Gracias."))
        let blob = try #require(scene.gateway.state.withLock { $0.replies.first }?.blob)
        let keys = try ReceiptKeys(
            Receipt(digits: Array(scene.receipt.utf8)), origin: World.origin)
        #expect(
            try Reply.open(blob, keys: keys)
                == Array(#"{"state":"AR","text":"Gracias.","v":1}"#.utf8))
        let posted = try await scene.desk.postStatus()
        #expect(posted.map(\.highest) == [1])
    }

    @Test func pullingTwiceIsHarmless() async throws {
        let scene = try await Scene()
        _ = try await scene.route()
        #expect(try await scene.unit.pull(into: scene.into).opened.count == 1)
        let before = Scratch.names("\(scene.into)/desk-ar-000001")
        let second = try await scene.unit.pull(into: scene.into)
        #expect(second.opened.isEmpty && second.refused.isEmpty)
        var options = UnitWork.PullOptions()
        options.isFromStart = true
        let third = try await scene.unit.pull(into: scene.into, options)
        #expect(third.opened.isEmpty && third.known == 1 && third.refused.isEmpty)
        #expect(Scratch.names("\(scene.into)/desk-ar-000001") == before)
        #expect(Scratch.names(scene.into) == ["desk-ar-000001"])
    }

    @Test(arguments: [0, 700, 1_248, 70_000, 300_000])
    func aPullThatBreaksGoesOnAtTheRow(bytes: Int) async throws {
        let scene = try await Scene(photoBytes: 400_000)
        _ = try await scene.route()
        // The desk has the whole body; the unit's home has none of it.
        scene.gateway.state.withLock {
            $0.breaksAfter = bytes
            $0.rowsAsked = []
        }
        await #expect(throws: GatewayProblem.self) {
            try await scene.unit.pull(into: scene.into)
        }
        #expect(Scratch.names(scene.into).isEmpty, "nothing is shown of half a body")
        scene.gateway.state.withLock { $0.breaksAfter = nil }
        let pull = try await scene.unit.pull(into: scene.into)
        #expect(scene.file(pull.opened[0].folder, "attachment-1.jpg") == scene.photo)
        let whole = bytes < 1_248 ? 0 : 1 + (bytes - 1_248) / 65_553
        #expect(scene.gateway.state.withLock { $0.rowsAsked } == [0, whole])
    }

    @Test func aPartThatWasAlteredOnDiskIsDroppedAndNamed() async throws {
        let scene = try await Scene(photoBytes: 400_000)
        _ = try await scene.route()
        scene.gateway.state.withLock { $0.breaksAfter = 100_000 }
        await #expect(throws: GatewayProblem.self) {
            try await scene.unit.pull(into: scene.into)
        }
        let bodies = "\(scene.unit.station.home.path)/bodies"
        let part = "\(bodies)/\(Scratch.names(bodies)[0])"
        var bytes = try #require(Scratch.bytes(part))
        bytes[2_000] ^= 1
        Scratch.write(part, bytes)
        scene.gateway.state.withLock { $0.breaksAfter = nil }
        let refused = try await scene.unit.pull(into: scene.into)
        #expect(refused.refused.first?.why as? CustodyProblem == .bodyDiffers)
        #expect(try await scene.unit.pull(into: scene.into).opened.count == 1)
    }

    @Test func aHostileNameStaysInTheJSON() async throws {
        let scene = try await Scene()
        try scene.send([.init(bytes: [1, 2, 3], name: "..exe.lnk")])
        let opening = try await scene.desk.open(scene.tipName(1), into: scene.into)
        #expect(
            Scratch.names(opening.folder)
                == ["attachment-1.bin", "custody.json", "text.txt", "tip.json"])
    }

    @Test func aStateOfAnEarlierVersionIsReadAndADamagedOneIsNamed() async throws {
        let scene = try await Scene()
        let home = scene.desk.station.home
        try home.replace("state.json", Array(#"{"cursor":7}"#.utf8))
        #expect(try home.state().cursor == 7)
        try home.replace("state.json", Array(#"{"cursor":7"#.utf8))
        #expect(throws: Complaint(.badInput, "\(home.path)/state.json is damaged.")) {
            try home.state()
        }
    }
}
