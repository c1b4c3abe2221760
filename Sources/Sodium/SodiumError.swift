/// What can go wrong in a call to libsodium.
///
/// Decryption failure is one case without detail, so that it cannot serve as an oracle.
public enum SodiumError: Error, Equatable, Sendable {
    /// The library could not be started, or is not the one this program was written for.
    case unavailable
    /// Guarded memory was refused by the system (see `LimitMEMLOCK` and address-space limits).
    case outOfGuardedMemory
    /// An argument, named by `what`, has `actual` bytes; `allowed` says what is accepted, in bytes.
    case wrongLength(what: String, allowed: ClosedRange<Int>, actual: Int)
    /// The ciphertext, its key or its passphrase is wrong, or it was altered.
    case cannotOpen
    /// A public key that no honest party makes (a point of small order).
    case weakPublicKey
    /// A stream was used after its final message.
    case streamEnded
    /// A stored key asks for more work or memory than this program grants, or is of another format.
    case unsupportedParameters
}

/// Throws unless `count` bytes are within `allowed`.
func requireLength(
    _ what: String, _ count: Int, _ allowed: ClosedRange<Int>
) throws(SodiumError) {
    guard allowed.contains(count) else {
        throw .wrongLength(what: what, allowed: allowed, actual: count)
    }
}

/// Throws unless `count` is exactly `expected` bytes.
func requireLength(_ what: String, _ count: Int, _ expected: Int) throws(SodiumError) {
    try requireLength(what, count, expected...expected)
}
