import CZlib

/// zlib's deflate with gzip's frame, in one call.
enum Gzip {
    /// 15 bits of window, and 16 more for gzip's header and trailer; zlib then writes no name and no time.
    private static let windowBits: CInt = 15 + 16
    /// Smaller blocks than zlib's own choice (8): style, markup and script, one after another, each get codes that fit.
    private static let memoryLevel: CInt = 5

    static func compress(_ source: [UInt8]) throws(CompressionError) -> [UInt8] {
        var stream = unsafe z_stream()
        let size = unsafe CInt(MemoryLayout<z_stream>.size)
        let started = unsafe deflateInit2_(
            &stream, Z_BEST_COMPRESSION, Z_DEFLATED, windowBits, memoryLevel, Z_DEFAULT_STRATEGY,
            ZLIB_VERSION, size)
        guard started == Z_OK else { throw .failed(.gzip) }
        defer { _ = unsafe deflateEnd(&stream) }
        let capacity = unsafe Int(deflateBound(&stream, uLong(source.count)))
        var status = Z_BUF_ERROR
        let result = unsafe [UInt8](unsafeUninitializedCapacity: capacity) { target, filled in
            unsafe source.withUnsafeBufferPointer { source in
                // zlib reads through a pointer to bytes that may change, and does not change them.
                unsafe stream.next_in = UnsafeMutablePointer(mutating: source.baseAddress)
                unsafe stream.avail_in = uInt(source.count)
                unsafe stream.next_out = target.baseAddress
                unsafe stream.avail_out = uInt(capacity)
                status = unsafe deflate(&stream, Z_FINISH)
            }
            filled = unsafe capacity - Int(stream.avail_out)
        }
        guard status == Z_STREAM_END else { throw .failed(.gzip) }
        return result
    }
}
