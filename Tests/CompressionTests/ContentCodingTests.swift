import CBrotliDecoder
import CZlib
import Compression
import Testing

/// What is compressed, read again by the decoders that browsers use.
@Suite struct ContentCodingTests {
    static let samples: [[UInt8]] = [
        [], [0], Array("El lugar, la ayuda, la ayuda, la ayuda.".utf8),
        (0..<70_000).map { UInt8(truncatingIfNeeded: $0 &* $0 &>> 7) },
        Array(repeating: 0x20, count: ContentCoding.sourceBytesMax),
    ]

    @Test(arguments: samples.indices) func brotliIsReadAgain(_ index: Int) throws {
        let sample = Self.samples[index]
        #expect(try Self.brotliRead(ContentCoding.brotli.compress(sample), sample.count) == sample)
    }

    @Test(arguments: samples.indices) func gzipIsReadAgain(_ index: Int) throws {
        let sample = Self.samples[index]
        #expect(try Self.gzipRead(ContentCoding.gzip.compress(sample), sample.count) == sample)
    }

    /// A signed page is compared by its bytes: neither the time nor the machine's name may be in them.
    @Test(arguments: ContentCoding.allCases)
    func theSameBytesAlwaysGiveTheSame(_ coding: ContentCoding) throws {
        let first = try coding.compress(Self.samples[3])
        #expect(try coding.compress(Self.samples[3]) == first)
    }

    @Test func gzipCarriesNeitherTimeNorName() throws {
        let result = try ContentCoding.gzip.compress(Self.samples[2])
        #expect(Array(result.prefix(9)) == [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 2])
    }

    @Test(arguments: ContentCoding.allCases)
    func textGetsMuchShorter(_ coding: ContentCoding) throws {
        let text = Array(String(repeating: "una niña, un niño; ", count: 500).utf8)
        #expect(try coding.compress(text).count < text.count / 50)
    }

    @Test(arguments: ContentCoding.allCases)
    func whatIsTooLongIsNotBegun(_ coding: ContentCoding) {
        let count = ContentCoding.sourceBytesMax + 1
        #expect(throws: CompressionError.tooLong(byteCount: count)) {
            try coding.compress(Array(repeating: 0, count: count))
        }
    }

    private static func brotliRead(_ bytes: [UInt8], _ count: Int) -> [UInt8]? {
        var size = count
        // One byte more than announced, so that a longer result is not mistaken for the right one.
        var result = [UInt8](repeating: 0, count: count + 1)
        size += 1
        let status = unsafe BrotliDecoderDecompress(bytes.count, bytes, &size, &result)
        return status == BROTLI_DECODER_RESULT_SUCCESS ? Array(result.prefix(size)) : nil
    }

    private static func gzipRead(_ bytes: [UInt8], _ count: Int) -> [UInt8]? {
        var stream = unsafe z_stream()
        let size = unsafe CInt(MemoryLayout<z_stream>.size)
        guard unsafe inflateInit2_(&stream, 31, ZLIB_VERSION, size) == Z_OK else { return nil }
        defer { _ = unsafe inflateEnd(&stream) }
        var bytes = bytes
        var result = [UInt8](repeating: 0, count: count + 1)
        var status = Z_OK
        unsafe bytes.withUnsafeMutableBufferPointer { source in
            unsafe result.withUnsafeMutableBufferPointer { target in
                unsafe stream.next_in = source.baseAddress
                unsafe stream.avail_in = uInt(source.count)
                unsafe stream.next_out = target.baseAddress
                unsafe stream.avail_out = uInt(target.count)
                status = unsafe inflate(&stream, Z_FINISH)
            }
        }
        guard status == Z_STREAM_END else { return nil }
        return unsafe Array(result.prefix(Int(stream.total_out)))
    }
}
