import Crypto
import CryptoExtras
import Sodium

/// The work that a gateway asks of a tip while more of them come than it has room for.
///
/// challenge = SHA-256("resguardo/1 effort" ‖ 00 ‖ root ‖ SHA-256 of the envelope); an attempt with a nonce of 8 bytes is
/// PBKDF2-HMAC-SHA-256(challenge, salt = nonce, 1,024 iterations, 8 bytes), and its effort is the number of zero bits
/// that it begins with. `root` is the root of the newest checkpoint, so that work cannot be stored up, and the envelope's
/// hash binds it to one tip: nothing has to be handed out to each asker. PBKDF2, because browsers have it natively: a
/// cheap phone is then a few times slower than an attacker's core, where SHA-256 in script would be a hundred times.
public struct EffortProof: Hashable, Sendable {
    /// Bytes of a proof: root and nonce.
    public static let byteCount = rootBytes + nonceBytes
    /// Bits that one attempt has, and so the greatest effort.
    public static let bitsMax = 64

    static let rootBytes = 32
    static let nonceBytes = 8
    static let iterations = 1_024

    /// Root of the checkpoint that was worked on, 32 bytes.
    public let root: [UInt8]
    /// What was tried, 8 bytes.
    public let nonce: [UInt8]

    /// Reads root ‖ nonce; nil for another number of bytes.
    public init?(_ bytes: [UInt8]) {
        guard bytes.count == Self.byteCount else { return nil }
        root = Array(bytes.prefix(Self.rootBytes))
        nonce = Array(bytes.suffix(Self.nonceBytes))
    }

    private init(root: [UInt8], nonce: [UInt8]) {
        self.root = root
        self.nonce = nonce
    }

    /// root ‖ nonce, 40 bytes.
    public var bytes: [UInt8] { root + nonce }

    /// The effort that it proves for an envelope, in bits; costs one attempt.
    ///
    /// - Parameter envelope: the envelope's SHA-256, 32 bytes.
    public func bits(for envelope: [UInt8]) throws(EnvelopeError) -> Int {
        try Self.bits(of: nonce, Self.challenge(root: root, envelope: envelope))
    }

    /// Tries until an attempt has the bits that are asked, at most so many times, and keeps the best.
    ///
    /// - Parameters:
    ///   - bits: what is asked.
    ///   - root: root of the newest checkpoint, 32 bytes.
    ///   - envelope: the envelope's SHA-256, 32 bytes.
    ///   - attemptsMax: the bound on the work, whatever is asked: an attempt takes about 0.3 ms.
    /// - Throws: `outsideLimit` for hashes of another length.
    public static func work(
        bits: Int, root: [UInt8], envelope: [UInt8], attemptsMax: Int
    ) throws(EnvelopeError) -> EffortProof {
        try requireLimit("root, bytes", root.count, rootBytes...rootBytes)
        try requireLimit("envelope's hash, bytes", envelope.count, 32...32)
        let challenge = challenge(root: root, envelope: envelope)
        var best: (bits: Int, nonce: [UInt8]) = (-1, [])
        for _ in 0..<max(1, attemptsMax) {
            let nonce = Randomness.bytes(nonceBytes)
            let found = try Self.bits(of: nonce, challenge)
            if found > best.bits { best = (found, nonce) }
            if best.bits >= bits { break }
        }
        return EffortProof(root: root, nonce: best.nonce)
    }

    private static func challenge(root: [UInt8], envelope: [UInt8]) -> [UInt8] {
        Array(SHA256.hash(data: Label.info(Label.effort, root, envelope)))
    }

    private static func bits(
        of nonce: [UInt8], _ challenge: [UInt8]
    ) throws(EnvelopeError) -> Int {
        let derived: SymmetricKey
        do {
            derived = try KDF.Insecure.PBKDF2.deriveKey(
                from: challenge, salt: nonce, using: .sha256, outputByteCount: 8,
                unsafeUncheckedRounds: iterations)
        } catch {
            throw .unavailable
        }
        let value = [UInt8](lentBy: derived).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return value.leadingZeroBitCount
    }
}
