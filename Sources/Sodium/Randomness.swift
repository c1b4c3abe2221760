import CSodium

/// Random bytes from the system's generator, by libsodium.
public enum Randomness {
    /// Gives `count` random bytes in ordinary memory, for salts, nonces and identifiers; secrets use `SecretBytes(random:)`.
    public static func bytes(_ count: Int) -> [UInt8] {
        // Without randomness nothing here is safe to go on with, and no caller could make up for it.
        precondition(Library.isReady, "libsodium did not start: no safe randomness")
        precondition(count >= 0, "a negative number of random bytes was asked for")
        return unsafe [UInt8](unsafeUninitializedCapacity: count) { out, filled in
            if let start = out.baseAddress { unsafe randombytes_buf(start, count) }
            filled = count
        }
    }
}

/// SHA-256 (FIPS 180-4) of short inputs: key lines, key hashes, notes.
///
/// libsodium's is several times slower than swift-crypto's, which bulk data goes to; this one spares small modules the
/// second dependency.
public enum SmallHash {
    /// Size of a digest in bytes.
    public static let byteCount = 32

    /// The 32-byte SHA-256 of `message`.
    public static func sha256(_ message: [UInt8]) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: byteCount)
        // It returns 0 always: there is no key, no allocation and no length that it refuses.
        _ = unsafe crypto_hash_sha256(&digest, message, UInt64(message.count))
        return digest
    }
}

/// What is known about memory beyond `SecretBytes`.
public enum LockedMemory {
    /// Overwrites an array's bytes in place if it is their only owner.
    ///
    /// An array that shares its storage is copied first and the copy is wiped: so this is a help, not a guarantee.
    public static func wipe(_ bytes: inout [UInt8]) {
        unsafe bytes.withUnsafeMutableBytes { block in
            if let start = block.baseAddress { unsafe sodium_memzero(start, block.count) }
        }
    }
}
