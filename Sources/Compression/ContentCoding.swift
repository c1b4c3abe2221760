/// The codings that a document can be compressed in before it is served (RFC 9110 §8.4.1).
///
/// Compressing takes tens of milliseconds for Brotli and is meant for what is made once and is the same for everybody:
/// never for an answer that repeats what a request said, nor for one that holds a secret (BREACH).
public enum ContentCoding: String, Sendable, CaseIterable {
    /// Brotli (RFC 7932) at its best quality.
    case brotli = "br"
    /// gzip (RFC 1952) at its best level, for browsers that have nothing newer.
    case gzip

    /// The most that is compressed at once, in bytes; longer documents do not belong on a page for slow lines.
    public static let sourceBytesMax = 4 << 20

    /// Compresses a whole document; the same bytes always give the same result.
    ///
    /// - Throws: `CompressionError.tooLong` beyond `sourceBytesMax`, `failed` if the library refuses.
    public func compress(_ source: [UInt8]) throws(CompressionError) -> [UInt8] {
        guard source.count <= Self.sourceBytesMax else {
            throw .tooLong(byteCount: source.count)
        }
        switch self {
        case .brotli: return try Brotli.compress(source)
        case .gzip: return try Gzip.compress(source)
        }
    }
}

/// Why a document was not compressed.
public enum CompressionError: Error, Equatable, Sendable {
    /// It is longer than `ContentCoding.sourceBytesMax`.
    case tooLong(byteCount: Int)
    /// The library refused; it does so only when it gets no memory, or is another version than it was built against.
    case failed(ContentCoding)
}
