import Foundation
import GRDB
import Synchronization
import Testing

@testable import Ledger
@testable import Vault

@Suite struct UploadGroupTests {
    private let fixture: VaultFixture

    init() throws {
        fixture = try VaultFixture()
    }

    /// What became of the changes of one group, in the order in which they were answered.
    private final class Answers: Sendable {
        let given = Mutex<[(place: Int, reply: VaultReply)]>([])

        var places: [Int] { given.withLock { $0.map(\.place) } }

        func reply(_ place: Int) -> VaultReply? {
            given.withLock { $0.first { $0.place == place }?.reply }
        }
    }

    private func shelf(_ fixture: VaultFixture) throws -> UploadShelf {
        let core = fixture.core
        return try UploadShelf(
            ledger: core.ledger, limits: core.limits, room: core.room, clock: core.clock)
    }

    private static func id(_ number: Int) -> [UInt8] {
        (0..<LedgerStore.uploadIDBytes).map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) }
    }

    private static func beginnings(_ numbers: Range<Int>) -> [UploadStep] {
        numbers.map { .begin(id: id($0)) }
    }

    /// How many transactions the write-ahead log holds since it was begun anew: frames that end one say how long the
    /// database is (SQLite's file format, §4.1).
    private static func commits(_ fixture: VaultFixture) throws -> Int {
        let log = try [UInt8](
            Data(contentsOf: URL(filePath: fixture.folder + "/ledger.sqlite-wal")))
        guard log.count > 32 else { return 0 }
        let pageBytes = log[8..<12].reduce(0) { $0 << 8 | Int($1) }
        let frames = stride(from: 32, to: log.count, by: 24 + pageBytes)
        return frames.prefix { log[$0 + 8..<$0 + 16] == log[16..<24] }
            .count { log[$0 + 4..<$0 + 8].contains { $0 != 0 } }
    }

    private func writer(_ fixture: VaultFixture) throws -> VaultWriter {
        let core = fixture.core
        return try VaultWriter(
            ledger: core.ledger, book: core.book, clock: core.clock, limits: core.limits,
            flood: core.flood, standing: core.standing)
    }

    private func work(_ writer: VaultWriter, _ works: [Change.Work]) -> Answers {
        let answers = Answers()
        writer.work(
            works.enumerated().map { place, work in
                Change(work: work) { reply in
                    answers.given.withLock { $0.append((place, reply)) }
                }
            })
        return answers
    }

    @Test func whatIsAppendedDoesNotWaitForUploads() throws {
        let writer = try writer(fixture)
        let id = Hash256(hashing: [1])
        let blob = [UInt8](repeating: 7, count: WireLimits.replyBytes)
        let answers = work(
            writer,
            [
                .beginUpload, .reply(id: id, blob: blob),
                .uploadChunk(id: [UInt8](repeating: 9, count: 16), index: 0, bytes: [1]),
                .beginUpload, .reply(id: id, blob: blob), .tick,
            ])
        #expect(answers.places == [1, 4, 0, 2, 3, 5])
        #expect(answers.reply(2) == .refused(.unknownUpload))
        guard case .handle(let first)? = answers.reply(0),
            case .handle(let second)? = answers.reply(3)
        else { throw Surprise() }
        #expect(first.count == LedgerStore.uploadIDBytes && first != second)
        let pieces = work(
            writer,
            [
                .uploadChunk(id: first, index: 0, bytes: [1, 2]),
                .uploadChunk(id: second, index: 0, bytes: []),
                .uploadChunk(id: first, index: 0, bytes: [3]),
            ])
        #expect(pieces.reply(0) == .done && pieces.reply(2) == .done)
        #expect(pieces.reply(1) == .refused(.malformed))
    }

    @Test func whereNoStateTakesFilesUploadsCostNothing() throws {
        let fixture = try VaultFixture(attachmentBytesMax: 0)
        let answers = work(try writer(fixture), [.beginUpload, .beginUpload])
        #expect(answers.reply(0) == .refused(.tooLarge) && answers.reply(1) == .refused(.tooLarge))
        #expect(try fixture.core.ledger.stagedUploads().isEmpty)
    }

    @Test func idleUploadsMakeRoomInOneTransactionAndNotAllInOneGroup() throws {
        // Nothing is free, so that uploads may hold half of what they hold.
        let fixture = try VaultFixture(diskReserveBytes: .max / 2)
        let ledger = fixture.core.ledger
        let dropsMax = UploadBudget.dropsMax
        _ = try ledger.stage(Self.beginnings(0..<3 * dropsMax), tick: 1)
        let shelf = try shelf(fixture)
        fixture.elapsed.pass(fixture.core.limits.uploadIdleSeconds)
        for left in [2 * dropsMax, 3 * dropsMax / 2, 3 * dropsMax / 2] {
            let wasMore = try ledger.stagedUploads().count > left
            let before = try Self.commits(fixture)
            #expect(try shelf.take([], tick: 1) == [])
            #expect(try Self.commits(fixture) - before == (wasMore ? 1 : 0))
            #expect(try ledger.stagedUploads().count == left)
        }
    }

    @Test func whatAGroupBeginsIsInTheSameTransactionAsWhatMakesRoomForIt() throws {
        let (ledger, countMax) = (fixture.core.ledger, UploadBudget.countMax)
        _ = try ledger.stage(Self.beginnings(0..<countMax), tick: 1)
        let shelf = try shelf(fixture)
        #expect(
            try shelf.take(Self.beginnings(countMax..<countMax + 1), tick: 1) == [.refused(.full)])
        fixture.elapsed.pass(fixture.core.limits.uploadIdleSeconds)
        let before = try Self.commits(fixture)
        let replies = try shelf.take(Self.beginnings(countMax..<countMax + 9), tick: 1)
        #expect(replies == (countMax..<countMax + 9).map { .handle(Self.id($0)) })
        #expect(try Self.commits(fixture) - before == 1)
        #expect(
            try ledger.stagedUploads().map(\.id) == (9..<countMax + 9).map(Self.id))
    }

    @Test func whatCouldNotBeWrittenCountsForNothing() throws {
        let (ledger, countMax) = (fixture.core.ledger, UploadBudget.countMax)
        _ = try ledger.stage(Self.beginnings(0..<countMax - 1), tick: 1)
        let shelf = try shelf(fixture)
        fixture.elapsed.pass(fixture.core.limits.uploadIdleSeconds)
        func execute(_ sql: String) throws {
            try ledger.pool.write { try $0.execute(sql: sql) }
        }
        try execute(
            """
            CREATE TRIGGER stuck BEFORE UPDATE OF is_dropped ON upload
            BEGIN SELECT RAISE(ABORT, 'stuck'); END
            """)
        // There is room for the first of them only, and the second one's cannot be made.
        #expect(throws: LedgerError.self) {
            try shelf.take(Self.beginnings(countMax..<countMax + 2), tick: 1)
        }
        try execute("DROP TRIGGER stuck")
        // The room is still there for one, and nobody has to make any.
        let next = Self.beginnings(countMax + 2..<countMax + 3)
        #expect(try shelf.take(next, tick: 1) == [.handle(Self.id(countMax + 2))])
        #expect(try ledger.stagedUploads().count == countMax)
    }

    private struct Surprise: Error {}
}
