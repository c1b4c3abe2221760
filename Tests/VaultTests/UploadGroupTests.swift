import Foundation
import Ledger
import Synchronization
import Testing

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

    private struct Surprise: Error {}
}
