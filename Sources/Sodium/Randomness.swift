import CSodium

/// Random bytes from the system's generator, by libsodium.
public enum Randomness {
    /// Gives `count` random bytes in ordinary memory, for salts, nonces and identifiers; secrets use `SecretBytes(random:)`.
    public static func bytes(_ count: Int) -> [UInt8] {
        requireGenerator()
        precondition(count >= 0, "a negative number of random bytes was asked for")
        return unsafe [UInt8](unsafeUninitializedCapacity: count) { out, filled in
            if let start = out.baseAddress { unsafe randombytes_buf(start, count) }
            filled = count
        }
    }

    /// A number below `bound`, each equally likely; `bound` is at least 1.
    public static func uniform(below bound: UInt32) -> UInt32 {
        requireGenerator()
        precondition(bound >= 1, "no number is below zero")
        return randombytes_uniform(bound)
    }

    private static func requireGenerator() {
        // Without randomness nothing here is safe to go on with, and no caller could make up for it.
        precondition(Library.isReady, "libsodium did not start: no safe randomness")
    }
}

/// Comparison in time that depends on lengths only.
public enum ConstantTime {
    /// True if both hold the same bytes; lengths are not secret.
    public static func areEqual(_ a: [UInt8], _ b: [UInt8]) -> Bool {
        guard a.count == b.count else { return false }
        return unsafe sodium_memcmp(a, b, a.count) == 0
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

    /// True if `byteCount` more bytes can be locked against swap now (`RLIMIT_MEMLOCK`).
    ///
    /// libsodium goes on silently with unlocked memory where the limit is too low, so a daemon asks at its start.
    public static func canLock(byteCount: Int) -> Bool {
        guard Library.isReady, byteCount > 0, byteCount <= Limits.secretBytesMax else {
            return false
        }
        let block = UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: 4_096)
        defer { unsafe block.deallocate() }
        guard unsafe sodium_mlock(block, byteCount) == 0 else { return false }
        return unsafe sodium_munlock(block, byteCount) == 0
    }
}
