import CSodium

/// Subkeys of a random key by `crypto_kdf_derive_from_key` (keyed BLAKE2b; libsodium's own construction).
public enum KeyDerivation {
    /// Size of the key derived from, in bytes.
    public static let keyByteCount = 32
    /// Size of a context string, in bytes.
    public static let contextByteCount = 8
    /// Sizes of a subkey that libsodium makes, in bytes.
    public static let subkeyByteCounts = 16...64

    /// Derives subkey number `subkey` of `count` bytes under the 8-byte `context`, into guarded memory.
    public static func derive(
        from key: borrowing SecretBytes, subkey: UInt64, context: String, count: Int = 32
    ) throws(SodiumError) -> SecretBytes {
        try requireLength("derivation key", key.count, keyByteCount)
        try requireLength("context", context.utf8.count, contextByteCount)
        try requireLength("subkey", count, subkeyByteCounts)
        let derived = try SecretBytes(count: count)
        let status = unsafe crypto_kdf_derive_from_key(
            derived.base, count, subkey, context, key.base)
        guard status == 0 else { throw .unavailable }
        return derived
    }

    /// Derives a value that is published (a commitment to the key), which therefore needs no guarded memory.
    public static func derivePublic(
        from key: borrowing SecretBytes, subkey: UInt64, context: String, count: Int = 32
    ) throws(SodiumError) -> [UInt8] {
        try Library.requireReady()
        try requireLength("derivation key", key.count, keyByteCount)
        try requireLength("context", context.utf8.count, contextByteCount)
        try requireLength("subkey", count, subkeyByteCounts)
        var derived = [UInt8](repeating: 0, count: count)
        let status = unsafe crypto_kdf_derive_from_key(&derived, count, subkey, context, key.base)
        guard status == 0 else { throw .unavailable }
        return derived
    }
}
