import CBrotli

/// libbrotlienc, in one call.
enum Brotli {
    /// The window as a power of two, in bytes: larger than any page, and no larger, for a phone's memory.
    private static let windowBits: CInt = 18

    static func compress(_ source: [UInt8]) throws(CompressionError) -> [UInt8] {
        let capacity = BrotliEncoderMaxCompressedSize(source.count)
        var isDone = false
        let result = unsafe [UInt8](unsafeUninitializedCapacity: capacity) { target, filled in
            var count = capacity
            isDone =
                unsafe BrotliEncoderCompress(
                    BROTLI_MAX_QUALITY, windowBits, BROTLI_MODE_TEXT, source.count, source, &count,
                    target.baseAddress) != 0
            filled = isDone ? count : 0
        }
        guard isDone else { throw .failed(.brotli) }
        return result
    }
}
