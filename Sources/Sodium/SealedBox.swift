import CSodium

/// X25519 keys (RFC 7748) as 32-byte scalars.
public enum X25519 {
    /// Size of a private scalar and of a public key, in bytes.
    public static let byteCount = 32

    /// The public key of a 32-byte private scalar (libsodium clamps it as RFC 7748 section 5 says).
    public static func publicKey(of secret: borrowing SecretBytes) throws(SodiumError) -> [UInt8] {
        try Library.requireReady()
        try requireLength("X25519 scalar", secret.count, byteCount)
        var publicKey = [UInt8](repeating: 0, count: byteCount)
        guard unsafe crypto_scalarmult_base(&publicKey, secret.base) == 0 else {
            throw .weakPublicKey
        }
        return publicKey
    }
}

/// libsodium's anonymous public-key encryption: X25519 and XSalsa20-Poly1305 with an ephemeral sender key.
public enum SealedBox {
    /// How much longer the box is than its message, in bytes: ephemeral key 32, tag 16.
    public static let overheadBytes = 48

    /// Seals `message` to the 32-byte X25519 `publicKey`.
    public static func seal(
        _ message: borrowing SecretBytes, to publicKey: [UInt8]
    ) throws(SodiumError) -> [UInt8] {
        try Library.requireReady()
        try requireLength("sealed message", message.count, 0...Limits.boxedBytesMax)
        try requireLength("X25519 public key", publicKey.count, X25519.byteCount)
        var box = [UInt8](repeating: 0, count: message.count + overheadBytes)
        let status = unsafe crypto_box_seal(
            &box, message.base, UInt64(message.count), publicKey)
        guard status == 0 else { throw .weakPublicKey }
        return box
    }

    /// Opens a box sealed to `publicKey`, whose private scalar is `secretKey`, into guarded memory.
    public static func open(
        _ box: [UInt8], publicKey: [UInt8], secretKey: borrowing SecretBytes
    ) throws(SodiumError) -> SecretBytes {
        try Library.requireReady()
        try requireLength(
            "sealed box", box.count, overheadBytes...(Limits.boxedBytesMax + overheadBytes))
        try requireLength("X25519 public key", publicKey.count, X25519.byteCount)
        try requireLength("X25519 scalar", secretKey.count, X25519.byteCount)
        let message = try SecretBytes(count: box.count - overheadBytes)
        let status = unsafe crypto_box_seal_open(
            message.base, box, UInt64(box.count), publicKey, secretKey.base)
        guard status == 0 else { throw .cannotOpen }
        return message
    }
}
