import Ledger
import Notes
import Roster
import Sodium
import Synchronization
import Testing

@testable import Vault

/// A clock that is wrong for a while, or seems to be.
@Suite struct ClockTests {
    private static let day: UInt64 = 86_400
    private static let fiveYears = 5 * 365 * day
    private static let ticks = Ticks(lengthSeconds: 3_600)

    /// Seconds after the fixture's start, as the vault's clock shows them.
    private final class Shown: Sendable {
        private let seconds = Mutex<UInt64>(0)

        var now: UInt64 { VaultFixture.now + seconds.withLock { $0 } }

        func show(_ later: UInt64) { seconds.withLock { $0 = later } }
    }

    private let shown = Shown()
    private let fixture: VaultFixture

    init() throws {
        fixture = try Self.fixture(shown)
    }

    private static func fixture(
        _ shown: Shown, confirmedUntil: UInt64 = 0
    ) throws -> VaultFixture {
        try VaultFixture(
            clock: VaultClock(now: { shown.now }, confirmedUntil: confirmedUntil))
    }

    private var open: UInt64 { fixture.core.ledger.firstOpenTick }

    private var health: String {
        String(decoding: Operations(core: fixture.core).health(), as: UTF8.self)
    }

    /// A reply, as something that is promised.
    private func promised() async throws -> (commitment: Hash256, tick: UInt64) {
        let work = Change.Work.reply(
            id: Hash256(hashing: [1]), blob: Randomness.bytes(WireLimits.replyBytes))
        guard case .promised(let promised) = await fixture.change(work) else { throw Surprise() }
        let note = try Note(parsing: promised.promise)
            .body(PromiseNote.self, origin: VaultFixture.origin)
        return (try #require(Hash256(note.commitment)), note.tick)
    }

    private struct Surprise: Error {}

    @Test func aClockThatIsYearsAheadClosesNothing() async throws {
        let ledger = fixture.core.ledger
        shown.show(3_600)
        #expect(await fixture.change(.tick) == .done)
        let before = open
        #expect(before == VaultFixture.now / 3_600 + 1)
        guard case .handle(let upload) = await fixture.change(.beginUpload) else {
            throw Surprise()
        }
        #expect(
            await fixture.change(.uploadChunk(id: upload, index: 0, bytes: [1])) == .done)

        shown.show(Self.fiveYears)
        let size = try ledger.treeSize()
        for _ in 0..<2 { #expect(await fixture.change(.tick) == .done) }
        #expect(open == before)
        #expect(try ledger.treeSize() == size)
        #expect(try ledger.stagedUploads().count == 1)
        #expect(health.contains("degraded") && health.contains("the clock is far beyond"))
        #expect(fixture.told.lines.withLock { $0 } == [LogTime.aheadWarning])
        let promise = try await promised()
        #expect(promise.tick == before, "a tick that will end, whatever the right time is")
        let revoking = try fixture.next { try $0.revokeMember("operator-1", of: "desk-ar") }
        #expect(await fixture.load(revoking) == .taken)
        #expect(try ledger.rosters().last?.entry.tick == before)
        let request = try Note(parsing: fixture.signed(.roster(version: nil)).authorisation)
        #expect(fixture.core.book.signer(of: request) == nil)

        shown.show(2 * 3_600)
        #expect(await fixture.change(.tick) == .done)
        #expect(open == before + 1)
        #expect(try ledger.proof(of: promise.commitment) != nil)
        #expect(fixture.told.lines.withLock { $0.count } == 2 && !health.contains("the clock"))
        #expect(await fixture.load(try fixture.next()) == .taken)
        #expect(try ledger.rosters().last?.entry.tick == before + 1)
    }

    /// Within a week, or a roster's life, it is believed, and what it has closed stays so.
    @Test func aLogThatAClockHasClosedSaysUntilWhen() async throws {
        let ticks = try #require(Self.ticks)
        shown.show(5 * Self.day)
        #expect(await fixture.change(.tick) == .done)
        let closed = open
        shown.show(60)
        for _ in 0..<2 { #expect(await fixture.change(.tick) == .done) }
        #expect(open == closed)
        let until = "before \(UTCTime.text(ticks.end(of: closed)))"
        #expect(health.contains("degraded") && health.contains(until))
        #expect(fixture.told.lines.withLock { $0.count == 1 && $0[0].contains(until) })
        let promise = try await promised()
        #expect(promise.tick == closed)
        shown.show(ticks.end(of: closed) - VaultFixture.now)
        #expect(await fixture.change(.tick) == .done)
        #expect(try fixture.core.ledger.proof(of: promise.commitment) != nil)
        #expect(fixture.told.lines.withLock { $0.count } == 2 && !health.contains("the clock"))
    }

    /// Whatever may keep them: a writer that hangs answers nobody.
    @Test func ticksThatAreNotWrittenAreSaid() async throws {
        #expect(await fixture.change(.tick) == .done)
        let ticks = try #require(Self.ticks)
        let due = ticks.end(of: open)
        shown.show(due + 2 * 3_600 - 1 - VaultFixture.now)
        #expect(!health.contains("no tick has been written"))
        shown.show(due + 2 * 3_600 - VaultFixture.now)
        #expect(health.contains("degraded"))
        #expect(health.contains("since the one that ended at \(UTCTime.text(due))"))
        shown.show(Self.fiveYears)
        #expect(!health.contains("no tick has been written"), "the clock's warning says why")
        shown.show(due + 3 * 3_600 - VaultFixture.now)
        #expect(await fixture.change(.tick) == .done)
        #expect(!health.contains("no tick has been written"))
    }

    @Test func aLogThatWasFoundedJustNowIsSaid() async throws {
        #expect(health.contains("a new log was founded at \(fixture.folder)"))
        #expect(await fixture.change(.tick) == .done)
        #expect(health.contains("a new log was founded"))
        shown.show(3_600)
        #expect(await fixture.change(.tick) == .done)
        #expect(!health.contains("founded"))
    }

    /// What a new roster needs of it is that its authorities signed for the present.
    @Test func aGatewayThatWasOffForLongGoesOnWithANewRoster() async throws {
        #expect(await fixture.change(.tick) == .done)
        let before = open
        shown.show(200 * Self.day)
        #expect(await fixture.change(.tick) == .done)
        #expect(open == before)
        let promise = try await promised()
        let next = try fixture.next(expires: VaultFixture.now + 250 * Self.day)
        #expect(await fixture.load(next) == .taken)
        #expect(await fixture.change(.tick) == .done)
        #expect(open == shown.now / 3_600)
        #expect(try fixture.core.ledger.proof(of: promise.commitment) != nil)
    }

    @Test func theOperatorMaySpeakForTheClock() async throws {
        let shown = Shown()
        let fixture = try Self.fixture(
            shown, confirmedUntil: VaultFixture.now + 201 * Self.day)
        #expect(await fixture.change(.tick) == .done)
        shown.show(200 * Self.day)
        #expect(await fixture.change(.tick) == .done)
        #expect(fixture.core.ledger.firstOpenTick == shown.now / 3_600)
    }

    /// Requests that were judged by the wrong time do not keep the offices out of the right one.
    @Test func officesAreServedAfterTheClockIsSetRight() async throws {
        let staff = StaffService(core: fixture.core, start: shown.now)
        // From the second after a start or a change of the clock on, as the gate counts them.
        let later = [10, Self.fiveYears, 400 + Self.fiveYears, 800 + Self.fiveYears, 1_000]
        for later in later {
            shown.show(later)
            _ = try await answer(staff)
            shown.show(later + 1)
            guard case .bytes = try await answer(staff) else { throw Surprise() }
        }
    }

    @Test func aStartByTheWrongClockKeepsNoOfficeOutEither() async throws {
        shown.show(Self.fiveYears)
        let staff = StaffService(core: fixture.core, start: shown.now)
        shown.show(1_000)
        _ = try await answer(staff)
        shown.show(1_001)
        guard case .bytes = try await answer(staff) else { throw Surprise() }
    }

    /// What a new request is answered.
    private func answer(_ staff: StaffService) async throws -> VaultReply {
        let request = try fixture.signed(.roster(version: nil), at: shown.now)
        return await VaultFixture.answer { staff.handle(request, answer: $0) }
    }

    /// Days of the clock beyond the end of the newest tick, and of the roster's life and the operator's word.
    @Test(
        arguments: [
            (7, 0, 0, false), (8, 0, 0, true), (8, 9, 0, false), (8, 0, 9, false),
            (90, 90, 0, true), (90, 91, 0, false), (9_000, 90, 90, true), (0, 0, 0, false),
        ] as [(UInt64, UInt64, UInt64, Bool)])
    func nothingButAWeekIsBelievedWithoutAnotherWord(
        clock: UInt64, roster: UInt64, operator word: UInt64, isAhead: Bool
    ) throws {
        let ticks = try #require(Self.ticks)
        let open: UInt64 = 500_000
        let end = ticks.end(of: open)
        let time = LogTime(
            now: end + clock * Self.day, ticks: ticks, open: open,
            rosterExpires: end + roster * Self.day, confirmedUntil: end + word * Self.day)
        #expect(time.isAhead == isAhead)
        #expect(time.tick == (isAhead ? open : ticks.tick(at: end + clock * Self.day)))
    }

    @Test func aClockBehindTheLogWaitsForIt() throws {
        let ticks = try #require(Self.ticks)
        let time = LogTime(now: 5, ticks: ticks, open: 9, rosterExpires: 0, confirmedUntil: 0)
        #expect(time.tick == 9 && !time.isAhead)
    }
}
