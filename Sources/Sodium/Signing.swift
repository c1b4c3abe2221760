import CSodium

/// An Ed25519 signing key (RFC 8032), kept as libsodium's expanded form in guarded memory.
public struct SigningKey: ~Copyable, Sendable {
    /// Size of the seed that a key is made from, in bytes.
    public static let seedByteCount = 32
    /// Size of libsodium's expanded secret key (seed and public key), in bytes.
    static let expandedByteCount = 64

    private let expanded: SecretBytes
    /// The public half.
    public let verifyingKey: VerifyingKey

    /// Expands a 32-byte seed.
    public init(seed: borrowing SecretBytes) throws(SodiumError) {
        try requireLength("signing seed", seed.count, Self.seedByteCount)
        let expanded = try SecretBytes(count: Self.expandedByteCount)
        var publicKey = [UInt8](repeating: 0, count: VerifyingKey.byteCount)
        let status = unsafe crypto_sign_seed_keypair(&publicKey, expanded.base, seed.base)
        guard status == 0 else { throw .unavailable }
        let verifyingKey = try VerifyingKey(bytes: publicKey)
        self.expanded = expanded
        self.verifyingKey = verifyingKey
    }

    /// Makes a key that nobody else has; `seed()` gives what is to be stored under a passphrase.
    public static func random() throws(SodiumError) -> SigningKey {
        try SigningKey(seed: SecretBytes(random: seedByteCount))
    }

    /// The 32-byte seed, for storing the key.
    public borrowing func seed() throws(SodiumError) -> SecretBytes {
        try expanded.copy(0..<Self.seedByteCount)
    }

    /// Signs `message` and returns the 64-byte detached signature.
    public borrowing func sign(_ message: [UInt8]) throws(SodiumError) -> [UInt8] {
        try requireLength("signed message", message.count, 0...Limits.signedBytesMax)
        var signature = [UInt8](repeating: 0, count: VerifyingKey.signatureByteCount)
        let status = unsafe crypto_sign_detached(
            &signature, nil, message, UInt64(message.count), expanded.base)
        guard status == 0 else { throw .unavailable }
        return signature
    }
}

/// An Ed25519 public key (RFC 8032), 32 bytes.
public struct VerifyingKey: Hashable, Sendable {
    /// Size of a public key in bytes.
    public static let byteCount = 32
    /// Size of a signature in bytes.
    public static let signatureByteCount = 64

    /// The 32 bytes.
    public let bytes: [UInt8]

    /// Takes 32 bytes; whether they are a point of the curve shows when a signature is checked.
    public init(bytes: [UInt8]) throws(SodiumError) {
        try requireLength("verifying key", bytes.count, Self.byteCount)
        self.bytes = bytes
    }

    /// True if `signature` is this key's over `message`.
    ///
    /// libsodium refuses non-canonical scalars and points of small order, which keeps a signature from being varied.
    public func isValid(_ signature: [UInt8], over message: [UInt8]) -> Bool {
        guard Library.isReady, signature.count == Self.signatureByteCount,
            message.count <= Limits.signedBytesMax
        else { return false }
        return unsafe crypto_sign_verify_detached(
            signature, message, UInt64(message.count), bytes) == 0
    }
}
