import Envelope
import Vault

/// Reads a mailbox for somebody without JavaScript, whose receipt is in the edge for this one request.
struct MailboxReader: Sendable {
    /// A receipt's keys; a class, because they are move-only and the request crosses tasks.
    final class Holder: Sendable {
        let keys: ReceiptKeys
        init(_ keys: consuming ReceiptKeys) { self.keys = keys }
    }

    /// The replies, oldest first, and whose they are; nobody's if there are none.
    struct Found {
        var replies: [ReplyDocument] = []
        var owner: Holder?

        /// The State whose desk was the last to say that it wrote one.
        var state: String? { replies.last { $0.state != nil }?.state }
    }

    private let holders: [Holder]
    /// Replies that are shown of one mailbox: the newest.
    private static let repliesMax = 64
    /// Questions to the vault for one receipt, of four slots each; the page's script asks as many.
    private static let turnsMax = 64

    /// Derives the keys of every receipt that the text can be; slow by intent.
    ///
    /// The same words may fit the lists of several languages; no replies and no such receipt are one answer, so each
    /// has to be tried.
    /// - Throws: `EnvelopeError` if the text is no receipt.
    init(
        typed: [UInt8], in language: String, _ lists: ReceiptLists, origin: String
    ) throws(EnvelopeError) {
        var holders: [Holder] = []
        for reading in lists.readings(of: typed, typedIn: language) {
            holders.append(
                Holder(try ReceiptKeys(lists.receipt(typed, as: reading), origin: origin)))
        }
        guard !holders.isEmpty else { throw .malformedReceipt }
        self.holders = holders
    }

    /// What waits for the receipt.
    func read(from vault: VaultClient) async throws -> Found {
        var found = Found()
        for holder in holders {
            let replies = try await read(holder, from: vault).suffix(Self.repliesMax)
            guard !replies.isEmpty else { continue }
            found.replies += replies
            found.owner = holder
        }
        return found
    }

    /// A slot that does not open is random filling: nobody can tell but the receipt's holder.
    private func read(
        _ holder: Holder, from vault: VaultClient
    ) async throws -> [ReplyDocument] {
        var replies: [ReplyDocument] = []
        var cursor: UInt32 = 0
        for turn in 0..<Self.turnsMax {
            let answer = try await vault.bytes(
                for: PublicRequest.mailbox(id: holder.keys.id, cursor: cursor))
            let next = answer.prefix(4).reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            let slots = stride(from: 4, to: answer.count, by: WireLimits.replyBytes).map {
                Array(answer[$0..<$0 + WireLimits.replyBytes])
            }
            let opened = slots.compactMap { try? Reply.open($0, keys: holder.keys) }
            replies += opened.compactMap { try? ReplyDocument(json: $0) }
            // A slot that does not open may be another office's mistake, and replies may come after it.
            guard next > cursor || turn == 0 else { break }
            cursor = next
        }
        return replies
    }
}
