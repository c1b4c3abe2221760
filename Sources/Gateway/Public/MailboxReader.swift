import Envelope
import Vault

/// Reads a mailbox for somebody without JavaScript, whose receipt is in the edge for this one request.
struct MailboxReader: Sendable {
    private let keys: Keys

    /// The receipt's keys; a class, because they are move-only and the request crosses tasks.
    private final class Keys: Sendable {
        let keys: ReceiptKeys
        init(_ keys: consuming ReceiptKeys) { self.keys = keys }
    }

    /// Derives the keys of a receipt's digits; slow by intent.
    ///
    /// - Throws: `EnvelopeError` if the digits are no receipt.
    init(typed: [UInt8], origin: String) throws(EnvelopeError) {
        keys = Keys(try ReceiptKeys(Receipt(digits: typed), origin: origin))
    }

    /// The texts of the replies, oldest first.
    ///
    /// A slot that does not open is random filling: nobody can tell but the receipt's holder.
    func read(from vault: VaultClient, max: Int) async throws -> [[UInt8]] {
        var texts: [[UInt8]] = []
        var cursor: UInt32 = 0
        while texts.count < max {
            let answer = try await vault.bytes(
                for: PublicRequest.mailbox(id: keys.keys.id, cursor: cursor))
            let next = answer.prefix(4).reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            let slots = stride(from: 4, to: answer.count, by: WireLimits.replyBytes).map {
                Array(answer[$0..<$0 + WireLimits.replyBytes])
            }
            let opened = slots.compactMap { try? Reply.open($0, keys: keys.keys) }
            texts += opened.compactMap { try? Array(ReplyDocument(json: $0).text.utf8) }
            guard next > cursor, opened.count == slots.count else { break }
            cursor = next
        }
        return texts
    }
}
