import Envelope
import Notes
import Office
import Roster
import Synchronization
import Testing

/// A tip from a program: to whose keys, and what a lost answer does.
@Suite struct SubmissionTests {
    private let world: World
    private let gateway: FakeGateway

    init() throws {
        world = try World()
        gateway = try FakeGateway(world)
    }

    private var tips: Int { gateway.state.withLock { $0.tips.count } }

    private func content(_ photo: [UInt8]? = nil) -> Submission.Content {
        if let photo { Scratch.write("\(world.folder)/foto.jpg", photo) }
        return Submission.Content(
            text: Array("Hotel.".utf8),
            attachments: photo == nil ? [] : ["\(world.folder)/foto.jpg"], state: "AR",
            suite: .x25519)
    }

    // MARK: Lost answers

    /// What becomes of the first answers to tips and pieces.
    private func fail(_ problems: [GatewayProblem]) {
        let left = Mutex(problems[...])
        gateway.state.withLock {
            $0.loses = { request in
                request.method == "GET" ? nil : left.withLock { $0.popFirst() }
            }
        }
    }

    private static let passing: [GatewayProblem] = [
        .said(slug: "busy", title: "", status: 503), .unreachable(base: "fake", reason: "cut"),
    ]

    /// Sends, and gives what was paused and for which receipt nobody could say.
    private func send(
        _ content: Submission.Content
    ) async throws -> (outcome: Result<String, any Error>, pauses: [UInt64], unsure: [String]) {
        let client = PublicClient(gateway)
        let roster = try await PublicTrust.roster(from: client, home: nil, at: gateway.now)
        let pauses = Pauses()
        let submission = Submission(
            client, roster: roster, now: { [gateway] in gateway.now }, pause: { pauses.add($0) })
        var unsure: [String] = []
        do {
            let sent = try await submission.send(content) { unsure.append($0) }
            return (.success(sent.receipt), pauses.all, unsure)
        } catch {
            return (.failure(error), pauses.all, unsure)
        }
    }

    @Test(arguments: passing, [nil, 1_200_000])
    func theSameBytesAreSentAgainAndMakeOneEntry(
        problem: GatewayProblem, photoBytes: Int?
    ) async throws {
        fail([problem, problem])
        let sent = try await send(
            content(photoBytes.map { [UInt8](repeating: 5, count: $0) }))
        #expect(try sent.outcome.get().count == 39)
        #expect(sent.pauses == [1, 2] && sent.unsure.isEmpty)
        #expect(tips == 1)
    }

    @Test(arguments: passing)
    func theReceiptOfATipThatTheGatewayMayHaveIsNotLost(problem: GatewayProblem) async throws {
        fail(Array(repeating: problem, count: 100))
        let sent = try await send(content())
        #expect(throws: problem) { try sent.outcome.get() }
        #expect(sent.unsure.map(\.count) == [39])
        #expect(sent.pauses.reduce(0, +) == 120)
        #expect(tips == 1)
    }

    @Test func whatIsRefusedIsNotSentAgain() async throws {
        fail([.said(slug: "key-revoked", title: "", status: 409)])
        let sent = try await send(content())
        #expect(throws: GatewayProblem.self) { try sent.outcome.get() }
        #expect(sent.pauses.isEmpty && sent.unsure.isEmpty)
    }

    /// The first answer is lost on the way, and the second refuses: the gateway may have taken the first.
    @Test(arguments: passing)
    func aRefusalAfterALostAnswerNamesTheReceipt(problem: GatewayProblem) async throws {
        let refusal = GatewayProblem.said(slug: "key-revoked", title: "", status: 409)
        fail([problem, refusal])
        let sent = try await send(content())
        #expect(throws: refusal) { try sent.outcome.get() }
        #expect(sent.pauses == [1])
        #expect(sent.unsure.map(\.count) == [39])
    }

    // MARK: Rosters

    /// Version 2, which revokes the key of version 1.
    private func revoke() throws -> (note: [UInt8], staff: [UInt8]) {
        let served = try #require(gateway.state.withLock { $0.roster })
        let current = try Roster(
            note: Note(parsing: Array(served.note.utf8)), staff: Array(served.staff.utf8))
        var draft = RosterDraft(after: current, expires: gateway.now + 80 * 86_400)
        let key = try #require(world.keys["desk-ar"]?.keys(for: .envelopeX25519).first?.line.id)
        try draft.revokeKey(key)
        return try world.sign(draft)
    }

    private func roster(_ home: Home?) async throws -> PublicRoster {
        try await PublicTrust.roster(from: PublicClient(gateway), home: home, at: gateway.now)
    }

    @Test(arguments: [true, false])
    func aHomeTakesNoOlderRoster(isFounded: Bool) async throws {
        let home = isFounded ? try world.home("sender") : Home("\(world.folder)/sender")
        let first = gateway.state.withLock { $0.roster }
        #expect(try await roster(home).version == 1)
        try gateway.enter(try revoke())
        #expect(try await roster(home).version == 2)
        gateway.state.withLock { $0.roster = first }
        let problem = await #expect(throws: RosterError.self) { try await roster(home) }
        #expect(problem == .older(version: 1, current: 2) && problem?.exit == .badInput)
        #expect(try await roster(nil).version == 1, "nobody remembers anything")
    }

    @Test func whatAnOfficeHasSeenCountsInItsHomeToo() async throws {
        let home = try world.home("desk-ar")
        let first = gateway.state.withLock { $0.roster }
        try gateway.enter(try revoke())
        _ = try await world.station("desk-ar", gateway, home: home)
        gateway.state.withLock { $0.roster = first }
        await #expect(throws: RosterError.older(version: 1, current: 2)) {
            try await roster(home)
        }
    }

    @Test func aLaterRosterIsOneUnderTheRuleThatWasSeen() async throws {
        let home = try world.home("sender")
        _ = try await roster(home)
        let stranger = try World()
        try gateway.enter(try stranger.sign(stranger.draft()))
        await #expect(throws: RosterError.self) { try await roster(home) }
    }

    /// The public intake goes on after a roster has run out (formats §2); who sends is told by the program.
    @Test func aRosterThatHasRunOutIsTakenForSending() async throws {
        let home = try world.home("sender")
        _ = try await roster(home)
        gateway.wait(100 * 86_400)
        for place in [home, nil] {
            let roster = try await roster(place)
            #expect(roster.version == 1 && roster.isExpired(at: gateway.now))
        }
        // It could be as old as anybody likes.
        await #expect(throws: RosterError.expired) {
            try await roster(Home("\(world.folder)/fresh"))
        }
        #expect(try await send(content()).outcome.get().count == 39)
    }
}

/// What was paused, in seconds.
private final class Pauses: Sendable {
    private let seconds = Mutex<[UInt64]>([])

    var all: [UInt64] { seconds.withLock { $0 } }

    func add(_ pause: UInt64) {
        seconds.withLock { $0.append(pause) }
    }
}
