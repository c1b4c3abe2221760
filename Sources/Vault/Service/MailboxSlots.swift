import Ledger

/// The answer of a mailbox: a cursor and four slots whatever is there, so that a mailbox without replies and one that
/// nobody ever had are the same answer (formats.md §7).
enum MailboxSlots {
    /// All slots together, in bytes.
    static let bytes = LedgerLimits.mailboxSlots * WireLimits.replyBytes

    /// The answer's bytes.
    ///
    /// The filling is drawn first and for every slot, so that it costs the same time whatever the page holds.
    ///
    /// - Parameters:
    ///   - filling: draws so many random bytes.
    ///   - page: the replies.
    static func answer(
        filling: (Int) -> [UInt8], _ page: () throws -> MailboxPage
    ) rethrows -> [UInt8] {
        let filling = filling(bytes)
        let page = try page()
        let cursor = stride(from: 24, through: 0, by: -8).map {
            UInt8(truncatingIfNeeded: page.cursor >> UInt32($0))
        }
        let replies = page.blobs.flatMap(\.self)
        return cursor + replies + filling.dropFirst(replies.count)
    }
}
