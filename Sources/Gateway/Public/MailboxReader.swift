import Envelope
import Vault

/// Reads a mailbox for somebody without JavaScript, whose receipt is in the edge for this one request.
struct MailboxReader: Sendable {
    private let keys: [Keys]

    /// The receipt's keys; a class, because they are move-only and the request crosses tasks.
    private final class Keys: Sendable {
        let keys: ReceiptKeys
        init(_ keys: consuming ReceiptKeys) { self.keys = keys }
    }

    /// Derives the keys of every receipt that the text can be; slow by intent.
    ///
    /// The same words may fit the lists of several languages; no replies and no such receipt are one answer, so each
    /// has to be tried.
    /// - Throws: `EnvelopeError` if the text is no receipt.
    init(
        typed: [UInt8], in language: String, _ lists: ReceiptLists, origin: String
    ) throws(EnvelopeError) {
        var keys: [Keys] = []
        for reading in lists.readings(of: typed, typedIn: language) {
            keys.append(
                Keys(try ReceiptKeys(lists.receipt(typed, as: reading), origin: origin)))
        }
        guard !keys.isEmpty else { throw .malformedReceipt }
        self.keys = keys
    }

    /// The replies, oldest first.
    func read(from vault: VaultClient, max: Int) async throws -> [ReplyDocument] {
        var replies: [ReplyDocument] = []
        for keys in keys { replies += try await read(keys, from: vault, max: max - replies.count) }
        return replies
    }

    /// A slot that does not open is random filling: nobody can tell but the receipt's holder.
    private func read(
        _ keys: Keys, from vault: VaultClient, max: Int
    ) async throws -> [ReplyDocument] {
        var replies: [ReplyDocument] = []
        var cursor: UInt32 = 0
        while replies.count < max {
            let answer = try await vault.bytes(
                for: PublicRequest.mailbox(id: keys.keys.id, cursor: cursor))
            let next = answer.prefix(4).reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            let slots = stride(from: 4, to: answer.count, by: WireLimits.replyBytes).map {
                Array(answer[$0..<$0 + WireLimits.replyBytes])
            }
            let opened = slots.compactMap { try? Reply.open($0, keys: keys.keys) }
            replies += opened.compactMap { try? ReplyDocument(json: $0) }
            guard next > cursor, opened.count == slots.count else { break }
            cursor = next
        }
        return replies
    }
}
