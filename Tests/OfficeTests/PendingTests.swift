import Envelope
import Foundation
import Notes
import Office
import Roster
import Synchronization
import Testing

@testable import Desk

/// Reports and replies whose answers were lost: each is in the log once, and is not forgotten.
@Suite struct PendingTests {
    private let scene: Scene
    private let name: String
    private let told = Told()

    final class Told: Sendable {
        let all = Mutex<[EarlierWork]>([])
        var sentences: [String] { all.withLock { $0.map(\.sentence) } }
    }

    init() async throws {
        scene = try await Scene()
        name = try await scene.tipName()
    }

    private var home: Home { scene.desk.station.home }
    private var reports: Int { scene.gateway.state.withLock { $0.reports.count } }
    private var replies: Int { scene.gateway.state.withLock { $0.replies.count } }

    private func pending() throws -> [String] {
        Scratch.names("\(home.path)/pending")
    }

    private func route(_ name: String, priority: String? = nil) async throws -> Routing {
        try await scene.desk.route(
            name, to: "police-ar", TriageChoice(priority: priority),
            tell: { work in told.all.withLock { $0.append(work) } })
    }

    private func reply(_ text: String) async throws -> Answered {
        try await scene.desk.reply(
            name, .text(text), tell: { work in told.all.withLock { $0.append(work) } })
    }

    /// Loses the answers to what is dealt with.
    private func lose(_ target: String, as problem: GatewayProblem? = nil) {
        scene.gateway.state.withLock {
            $0.loses = { request in
                guard request.target == target else { return nil }
                return problem ?? .unreachable(base: "fake", reason: "cut")
            }
        }
    }

    /// Deals with nothing that goes there.
    private func refuse(_ target: String, _ problem: GatewayProblem) {
        scene.gateway.state.withLock {
            $0.refuses = { request in request.target == target ? problem : nil }
        }
    }

    private func recover() {
        scene.gateway.state.withLock { state in
            state.loses = nil
            state.refuses = nil
        }
    }

    private func cutRoute() async throws {
        lose("/v1/reports")
        await #expect(throws: GatewayProblem.self) { try await route(name, priority: "p0") }
        recover()
    }

    // MARK: Reports

    @Test func aReportIsNotSentTwiceAfterACut() async throws {
        try await cutRoute()
        let routing = try await route(name)
        #expect(routing.number == 1 && routing.isEarlier && reports == 1)
        #expect(try home.state().routed.values.first == ["police-ar"])
        #expect(try home.state().awaited.values.map(\.what) == ["report 1 to police-ar"])
        #expect(try pending().isEmpty && told.sentences.count == 1)
        // Given once more, it is meant.
        let second = try await route(name)
        #expect(second.number == 2 && !second.isEarlier && reports == 2)
    }

    @Test func anotherCommandFinishesAReportAndSaysSo() async throws {
        try await cutRoute()
        _ = try await Scene.send(scene.world, scene.gateway, "another tip")
        let routing = try await route(try await scene.tipName(1))
        #expect(routing.number == 2 && !routing.isEarlier && reports == 2)
        #expect(told.sentences.count == 1)
        #expect(
            told.sentences.first?.hasPrefix("report 1 to police-ar about \(name), which an") == true
        )
    }

    /// It is in the log, and the gateway says that this member may not, or that the roster has expired.
    @Test(arguments: [(401, "not-authorised"), (403, "not-allowed"), (403, "roster-expired")])
    func aRefusalThatProvesNothingLeavesAReportKept(status: Int, slug: String) async throws {
        try await cutRoute()
        lose("/v1/reports", as: .said(slug: slug, title: "no", status: status))
        await #expect(throws: GatewayProblem.self) { try await route(name) }
        #expect(try pending().count == 1 && reports == 1)
        #expect(
            told.sentences.count == 1
                && told.sentences.first?.contains("may be in the log or not") == true)
        recover()
        let routing = try await route(name)
        #expect(routing.number == 1 && routing.isEarlier && reports == 1)
        #expect(try home.state().awaited.count == 1 && pending().isEmpty)
    }

    @Test func oneThatIsKeptHoldsUpNoOther() async throws {
        refuse("/v1/reports", .said(slug: "not-allowed", title: "no", status: 403))
        await #expect(throws: GatewayProblem.self) { try await route(name) }
        _ = try await Scene.send(scene.world, scene.gateway, "another tip")
        let other = try await scene.tipName(1)
        let kept = String(
            decoding: try #require(Scratch.bytes("\(home.path)/pending/1.json")), as: UTF8.self)
        scene.gateway.state.withLock {
            $0.refuses = { request in
                let note = (try? CanonicalJSON(parsing: request.body))?["note"]?.string
                let isFirst = note.map { kept.contains($0.split(separator: "\n")[2]) }
                return isFirst == true ? .said(slug: "not-allowed", title: "no", status: 403) : nil
            }
        }
        #expect(try await route(other).number == 1)
        #expect(try pending() == ["1.json"] && reports == 1)
        recover()
        // Its number is the other one's now.
        let routing = try await route(name)
        #expect(routing.number == 2 && !routing.isEarlier && reports == 2)
        let said = told.sentences.dropFirst().first ?? ""
        #expect(said.contains("is not in the log and is given up"))
        #expect(said.hasSuffix("This command makes it anew."))
        #expect(try pending().isEmpty)
    }

    @Test(arguments: [("malformed", 400), ("too-large", 413)])
    func whatNeverCanBeInTheLogIsGivenUpAndSaid(slug: String, status: Int) async throws {
        refuse("/v1/reports", .unreachable(base: "fake", reason: "cut"))
        await #expect(throws: GatewayProblem.self) { try await route(name) }
        #expect(try pending().count == 1)
        refuse("/v1/reports", .said(slug: slug, title: "no", status: status))
        _ = try await reply("Hola.")
        #expect(try pending().isEmpty)
        // To whoever gives the command the refusal is the answer.
        await #expect(throws: GatewayProblem.self) { try await route(name) }
        #expect(try pending().isEmpty)
        #expect(told.sentences.count == 1 && told.sentences.first?.contains("given up") == true)
        #expect(told.sentences.first?.hasSuffix("Give its command again.") == true)
        recover()
        #expect(try await route(name).number == 1)
        #expect(reports == 1)
    }

    /// The vault, which has not got it, takes it never more.
    @Test func oneToAKeyThatIsActiveNoMoreIsGivenUp() async throws {
        refuse("/v1/reports", .said(slug: "not-allowed", title: "no", status: 403))
        await #expect(throws: GatewayProblem.self) { try await route(name) }
        let line = try #require(scene.world.keys["police-ar"]?.keys(for: .sealXWing).first?.line)
        let fresh = try OfficeSecretKeys.generate(
            origin: World.origin, office: "police-ar", state: "AR", uses: [.sealXWing])
        try scene.changeRoster {
            try $0.revokeKey(line.id)
            for line in fresh.lines { try $0.addKey(line) }
        }
        let desk = try await scene.world.desk("desk-ar", scene.gateway, home: home)
        await #expect(throws: GatewayProblem.self) {
            try await desk.route(
                name, to: "police-ar", TriageChoice(),
                tell: { work in told.all.withLock { $0.append(work) } })
        }
        #expect(told.sentences.count == 1 && told.sentences.first?.contains("given up") == true)
        #expect(try pending() == ["1.json"], "the new one, to the new key")
    }

    @Test func whatAnEarlierProgramHasLeftIsFinished() async throws {
        try await cutRoute()
        struct Kept: Decodable { let report: [String: [String: String]] }
        let kept = try #require(try home.load("pending/1.json", as: Kept.self)).report["_0"]
        try home.save("pending-report.json", try #require(kept))
        try home.remove("pending/1.json")
        let routing = try await route(name)
        #expect(routing.number == 1 && routing.isEarlier && reports == 1)
        #expect(!Scratch.names(home.path).contains("pending-report.json"))
    }

    // MARK: Replies

    @Test func aReplyIsNotSentTwiceAfterACut() async throws {
        lose("/v1/replies")
        await #expect(throws: GatewayProblem.self) { try await reply("Hola.") }
        recover()
        #expect(try home.state().awaited.isEmpty && replies == 1)
        let answered = try await reply("Hola.")
        #expect(answered.isEarlier && replies == 1)
        #expect(try home.state().awaited.values.map(\.what) == ["reply"] && pending().isEmpty)
        let again = try await reply("Hola.")
        #expect(!again.isEarlier && again.name != answered.name && replies == 2)
    }

    @Test func otherWordsAreAnotherReply() async throws {
        lose("/v1/replies")
        await #expect(throws: GatewayProblem.self) { try await reply("Hola.") }
        recover()
        #expect(try await !reply("¿Estás a salvo?").isEarlier)
        #expect(try home.state().awaited.count == 2 && replies == 2)
        #expect(
            told.sentences.count == 1
                && told.sentences.first?.hasPrefix("reply to \(name), which") == true)
    }

    @Test func aReplyThatIsRefusedIsKeptAndNotMadeTwice() async throws {
        lose("/v1/replies", as: .said(slug: "not-allowed", title: "no", status: 403))
        for _ in 1...3 {
            await #expect(throws: GatewayProblem.self) { try await reply("Hola.") }
        }
        #expect(try pending() == ["1.json"] && replies == 1)
        recover()
        #expect(try await reply("Hola.").isEarlier)
        #expect(replies == 1)
    }

    /// Nothing in the home says what was written.
    @Test func aKeptReplyDoesNotGiveItsWordsAway() async throws {
        lose("/v1/replies")
        await #expect(throws: GatewayProblem.self) { try await reply("Hola, ¿me lees?") }
        let kept = try #require(Scratch.bytes("\(home.path)/pending/1.json"))
        #expect(!String(decoding: kept, as: UTF8.self).contains("me lees"))
    }

    /// By the round that comes next, or by another command before it.
    @Test(arguments: [false, true])
    func aProbeIsAnsweredOnceAfterACut(isFinishedByAnother: Bool) async throws {
        let roster = try await PublicTrust.roster(
            from: PublicClient(scene.gateway), home: nil, at: scene.gateway.now)
        let probe = try Probe(
            PublicClient(scene.gateway), roster: roster, now: { World.start }, findings: Findings()
        ) {}
        _ = try await probe.send(state: "AR", suite: .xwing)
        lose("/v1/replies")
        await #expect(throws: GatewayProblem.self) { try await scene.desk.answerProbes() }
        recover()
        if isFinishedByAnother { _ = try await route(name) }
        #expect(try await scene.desk.answerProbes() == ProbeRound())
        #expect(try home.state().awaited.values.map(\.what).contains("reply") && replies == 1)
    }
}
