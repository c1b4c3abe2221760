import Compression
import Testing

@testable import Gateway

/// Which coding a browser gets (RFC 9110 §12.5.3).
@Suite struct AcceptEncodingTests {
    static let wishes: [(header: String?, coding: ContentCoding?)] = [
        (nil, nil),
        ("", nil),
        ("gzip, deflate, br, zstd", .brotli),
        ("gzip, deflate", .gzip),
        ("br", .brotli),
        ("BR", .brotli),
        ("x-gzip", .gzip),
        ("deflate", nil),
        ("gzip;q=1.0, br;q=0.5", .gzip),
        ("gzip;q=0.5,br;q=0.5", .brotli),
        ("br;q=0, gzip", .gzip),
        ("br;q=0,gzip;q=0.000", nil),
        ("*", .brotli),
        ("*;q=0", nil),
        ("br;q=0, *", .gzip),
        ("gzip;q=0.3, identity;q=0.8", nil),
        ("gzip ; q=0.8 , identity;q=0.8", .gzip),
        ("identity;q=0", nil),
        ("br;q=2", nil),
        ("br;q=", nil),
        ("br;Q=0", nil),
        (",, ;q=1, gzip", .gzip),
        (String(repeating: "a,", count: 16) + "br", nil),
    ]

    @Test(arguments: wishes.indices) func theBestLikedCodingIsChosen(_ index: Int) {
        let wish = Self.wishes[index]
        #expect(AcceptEncoding.choose(header: wish.header) == wish.coding)
    }
}
