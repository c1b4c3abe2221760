public import Crypto

/// 32 bytes of SHA-256: a commitment, a tree hash, a key's or an envelope's name.
///
/// Hashes are public values: equality is plain, and printing one tells nobody anything.
public struct Hash256: Hashable, Sendable {
    /// Size in bytes.
    public static let byteCount = 32

    /// The 32 bytes.
    public let bytes: [UInt8]

    /// Takes exactly 32 bytes; nil for any other count.
    public init?(_ bytes: [UInt8]) {
        guard bytes.count == Self.byteCount else { return nil }
        self.bytes = bytes
    }

    /// Takes a digest that swift-crypto made.
    public init(_ digest: SHA256.Digest) {
        bytes = [UInt8](digest)
    }

    /// The eight bytes from 8 × `index` on, the first one the highest; `index` is 0 to 3.
    func word(at index: Int) -> UInt64 {
        bytes[8 * index..<8 * (index + 1)].reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// The SHA-256 of `message`.
    public init(hashing message: [UInt8]) {
        self.init(SHA256.hash(data: message))
    }
}
