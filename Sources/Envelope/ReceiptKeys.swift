import Crypto
import CryptoExtras
import Sodium

/// What travels inside a tip so that an office can answer: id, reply public key, psk and answer key, 32 bytes each
/// (formats §3).
public struct Mailbox: Hashable, Sendable {
    /// The mailbox's identifier.
    public let id: [UInt8]
    /// The X25519 public key that replies are sealed to.
    public let replyKey: [UInt8]
    /// The preshared key of replies.
    public let psk: [UInt8]
    /// The key of an answer's tag.
    public let answer: [UInt8]

    /// Takes four times 32 bytes, and a reply key that is no point of small order, else `malformedDocument`.
    public init(
        id: [UInt8], replyKey: [UInt8], psk: [UInt8], answer: [UInt8]
    ) throws(EnvelopeError) {
        guard [id, replyKey, psk, answer].allSatisfy({ $0.count == EnvelopeLimits.keyBytes }),
            !SmallOrder.contains(replyKey)
        else { throw .malformedDocument }
        self.id = id
        self.replyKey = replyKey
        self.psk = psk
        self.answer = answer
    }
}

/// All that a receipt derives to, for its holder (formats §3).
public struct ReceiptKeys: ~Copyable, Sendable {
    /// The mailbox's identifier, 32 bytes.
    public let id: [UInt8]
    /// The X25519 public key that replies are sealed to, 32 bytes.
    public let replyPublicKey: [UInt8]
    let replySecret: SecretBytes
    let psk: SecretBytes
    let answerKey: SecretBytes

    /// Iterations of PBKDF2; about a tenth of a second, which is why a gateway runs this on one bounded worker.
    static let iterations = 262_144

    /// Derives the keys of a receipt at the gateway `origin`, slowly by intent.
    public init(_ receipt: borrowing Receipt, origin: String) throws(EnvelopeError) {
        let salt = Label.info(Label.receipt, Array(origin.utf8))
        let prk = try receipt.secret.withWorkingCopy { (working) throws(EnvelopeError) in
            do {
                return try KDF.Insecure.PBKDF2.deriveKey(
                    from: working, salt: salt, using: .sha256, outputByteCount: 32,
                    rounds: ReceiptKeys.iterations)
            } catch {
                throw EnvelopeError.unavailable
            }
        }
        let psk = try KeySchedule.expandSecret(prk, info: Label.replyPSK)
        let answerKey = try KeySchedule.expandSecret(prk, info: Label.answer)
        let ikm = try KeySchedule.expandSecret(prk, info: Label.replyIKM)
        let replySecret = try X25519Derivation.privateKey(from: ikm)
        try self.init(
            id: KeySchedule.expand(prk, info: Label.mailbox), replySecret: replySecret, psk: psk,
            answerKey: answerKey)
    }

    init(
        id: [UInt8], replySecret: consuming SecretBytes, psk: consuming SecretBytes,
        answerKey: consuming SecretBytes
    ) throws(EnvelopeError) {
        self.replyPublicKey = try HPKEBox.publicKey(of: replySecret, suite: .x25519)
        self.id = id
        self.replySecret = replySecret
        self.psk = psk
        self.answerKey = answerKey
    }

    /// What goes into the tip's JSON.
    ///
    /// The copies of psk and answer key live in ordinary memory, because they become plaintext of the tip.
    public borrowing func mailbox() throws(EnvelopeError) -> Mailbox {
        try Mailbox(
            id: id, replyKey: replyPublicKey, psk: psk.withWorkingCopy { $0 },
            answer: answerKey.withWorkingCopy { $0 })
    }

    /// The tag that shows an answer to be by the receipt's holder; over `TipWriter.headerSealHash`.
    public borrowing func answerTag(headerSealHash: [UInt8]) -> [UInt8] {
        answerKey.withWorkingCopy { working in
            Array(
                HMAC<SHA256>.authenticationCode(
                    for: headerSealHash, using: SymmetricKey(data: working)))
        }
    }
}

/// The tag of an answer (formats §7), for the office that holds the first tip's mailbox.
public enum Answer {
    /// True if `tag` is the receipt holder's over the answer's own head.
    public static func isValid(tag: [UInt8], header: EnvelopeHeader, mailbox: Mailbox) -> Bool {
        HMAC<SHA256>.isValidAuthenticationCode(
            tag, authenticating: header.sealHash, using: SymmetricKey(data: mailbox.answer))
    }
}
