import Testing

@testable import Ledger
@testable import Vault

@Suite("slots of a mailbox") struct MailboxSlotsTests {
    /// What was done, in its order.
    private final class Journal {
        var steps: [String] = []
    }

    private func answer(_ page: MailboxPage, _ journal: Journal) -> [UInt8] {
        MailboxSlots.answer { count in
            journal.steps.append("draw \(count)")
            return [UInt8](repeating: 0xF1, count: count)
        } _: {
            journal.steps.append("read")
            return page
        }
    }

    @Test("the filling is drawn for every slot before anything is read", arguments: 0...4)
    func work(replies: Int) {
        let blobs = (0..<replies).map { [UInt8](repeating: UInt8($0), count: 4_144) }
        let journal = Journal()
        let bytes = answer(MailboxPage(cursor: 0x01_02_03_04, blobs: blobs), journal)
        #expect(journal.steps == Array(repeating: "draw 4144", count: 4) + ["read"])
        #expect(bytes.count == 4 + 16_576)
        #expect(Array(bytes.prefix(4)) == [1, 2, 3, 4])
        #expect(Array(bytes.dropFirst(4).prefix(4_144 * replies)) == blobs.flatMap(\.self))
        #expect(bytes.dropFirst(4 + 4_144 * replies).allSatisfy { $0 == 0xF1 })
    }
}
