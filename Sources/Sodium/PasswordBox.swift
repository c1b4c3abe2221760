import CSodium

/// A secret under a passphrase: Argon2id (`crypto_pwhash`, RFC 9106) makes the key, `crypto_secretbox` encrypts.
///
/// Bytes: "RSGP" ‖ 01 ‖ 00 00 00 ‖ passes u32 ‖ memory in KiB u32 ‖ salt (16) ‖ nonce (24) ‖ secretbox (secret + 16).
/// The parameters and the salt go into the key, so that altering them makes the box unreadable.
public enum PasswordBox {
    static let saltByteCount = 16
    static let keyByteCount = 32
    static let nonceByteCount = 24
    static let tagByteCount = 16
    private static let magic: [UInt8] = Array("RSGP".utf8) + [1, 0, 0, 0]
    private static let headerByteCount = 8 + 4 + 4 + saltByteCount + nonceByteCount

    /// How much longer the box is than its secret, in bytes.
    public static let overheadBytes = headerByteCount + tagByteCount

    /// The work of Argon2id.
    public struct Cost: Equatable, Sendable {
        /// Number of passes over the memory.
        public let passes: UInt32
        /// Memory in KiB.
        public let memoryKiB: UInt32

        /// libsodium's MODERATE: 3 passes over 256 MiB, for keys at rest.
        public static let moderate = Cost(passes: 3, memoryKiB: 256 * 1_024)
        /// libsodium's INTERACTIVE: 2 passes over 64 MiB, for demonstrations and small machines.
        public static let interactive = Cost(passes: 2, memoryKiB: 64 * 1_024)

        /// Passes that are accepted, so that a hostile file can neither weaken a key nor occupy the machine.
        static let passesAccepted: ClosedRange<UInt32> = 1...10
        /// Memory that is accepted: 8 MiB to 1 GiB, in KiB.
        static let memoryKiBAccepted: ClosedRange<UInt32> = (8 * 1_024)...(1_024 * 1_024)

        /// A cost of one's own; refused outside 1 to 10 passes and 8 MiB to 1 GiB.
        public init(checking passes: UInt32, memoryKiB: UInt32) throws(SodiumError) {
            guard Self.passesAccepted.contains(passes),
                Self.memoryKiBAccepted.contains(memoryKiB)
            else { throw .unsupportedParameters }
            self.init(passes: passes, memoryKiB: memoryKiB)
        }

        private init(passes: UInt32, memoryKiB: UInt32) {
            self.passes = passes
            self.memoryKiB = memoryKiB
        }
    }

    /// Encrypts `secret` under `passphrase` (1 to 1,024 bytes of UTF-8).
    public static func seal(
        _ secret: borrowing SecretBytes, passphrase: borrowing SecretBytes, cost: Cost = .moderate
    ) throws(SodiumError) -> [UInt8] {
        try requireLength("boxed secret", secret.count, 1...Limits.boxedBytesMax)
        let salt = Randomness.bytes(saltByteCount)
        let nonce = Randomness.bytes(nonceByteCount)
        let key = try deriveKey(passphrase: passphrase, salt: salt, cost: cost)
        var box = [UInt8](repeating: 0, count: secret.count + tagByteCount)
        let status = unsafe crypto_secretbox_easy(
            &box, secret.base, UInt64(secret.count), nonce, key.base)
        guard status == 0 else { throw .unavailable }
        let header = magic + bigEndian(cost.passes) + bigEndian(cost.memoryKiB)
        return header + salt + nonce + box
    }

    /// Decrypts a box; a wrong passphrase and an altered box are the same error, `cannotOpen`.
    public static func open(
        _ box: [UInt8], passphrase: borrowing SecretBytes
    ) throws(SodiumError) -> SecretBytes {
        try requireLength(
            "password box", box.count, (overheadBytes + 1)...(overheadBytes + Limits.boxedBytesMax))
        guard Array(box[0..<8]) == magic else { throw .unsupportedParameters }
        let cost = try Cost(
            checking: integer(box[8..<12]), memoryKiB: integer(box[12..<16]))
        let salt = Array(box[16..<32])
        let nonce = Array(box[32..<headerByteCount])
        let sealed = Array(box[headerByteCount...])
        let key = try deriveKey(passphrase: passphrase, salt: salt, cost: cost)
        let secret = try SecretBytes(count: sealed.count - tagByteCount)
        let status = unsafe crypto_secretbox_open_easy(
            secret.base, sealed, UInt64(sealed.count), nonce, key.base)
        guard status == 0 else { throw .cannotOpen }
        return secret
    }

    private static func deriveKey(
        passphrase: borrowing SecretBytes, salt: [UInt8], cost: Cost
    ) throws(SodiumError) -> SecretBytes {
        try requireLength("passphrase", passphrase.count, 1...Limits.passphraseBytesMax)
        let key = try SecretBytes(count: keyByteCount)
        let status = unsafe crypto_pwhash(
            key.base, UInt64(keyByteCount), passphrase.base, UInt64(passphrase.count), salt,
            UInt64(cost.passes), Int(cost.memoryKiB) * 1_024, crypto_pwhash_alg_argon2id13())
        guard status == 0 else { throw .outOfGuardedMemory }
        return key
    }

    private static func bigEndian(_ value: UInt32) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) }
    }

    private static func integer(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        bytes.reduce(0) { $0 << 8 | UInt32($1) }
    }
}
