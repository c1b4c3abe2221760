import Ledger

/// The answer of a mailbox: a cursor and four slots whatever is there, so that a mailbox without replies and one that
/// nobody ever had are the same answer (formats.md §7).
enum MailboxSlots {
    /// All slots together, in bytes.
    static let bytes = LedgerLimits.mailboxSlots * WireLimits.replyBytes

    /// The answer's bytes.
    ///
    /// The filling is drawn first and for every slot, and every slot is copied alone, so that it costs the same time
    /// whatever the page holds.
    ///
    /// - Parameters:
    ///   - filling: draws so many random bytes.
    ///   - page: the replies.
    static func answer(
        filling: (Int) -> [UInt8], _ page: () throws -> MailboxPage
    ) rethrows -> [UInt8] {
        let slots = (0..<LedgerLimits.mailboxSlots).map { _ in filling(WireLimits.replyBytes) }
        let page = try page()
        var answer: [UInt8] = []
        answer.reserveCapacity(4 + bytes)
        for shift in stride(from: UInt32(24), through: 0, by: -8) {
            answer.append(UInt8(truncatingIfNeeded: page.cursor >> shift))
        }
        for (index, slot) in slots.enumerated() {
            answer += index < page.blobs.count ? page.blobs[index] : slot
        }
        return answer
    }
}
