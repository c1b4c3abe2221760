import Testing
import Vault

@testable import Gateway

@Suite struct URLEncodedFormTests {
    @Test func readsFieldsAsBytes() throws {
        let body = Array("what_happened=se%C3%B1a+1%0D%0Ab&danger_now=no&empty=&bare".utf8)
        #expect(
            try URLEncodedForm.fields(body) == [
                .field(name: "what_happened", value: Array("seña 1\r\nb".utf8)),
                .field(name: "danger_now", value: Array("no".utf8)),
                .field(name: "empty", value: []), .field(name: "bare", value: []),
            ])
    }

    @Test(arguments: ["a=%", "a=%4", "a=%zz", "%=a"])
    func refusesBrokenEscapes(_ body: String) {
        #expect(throws: FormError.malformed) { try URLEncodedForm.fields(Array(body.utf8)) }
    }

    @Test func refusesTooMuch() {
        let long = "a=" + String(repeating: "x", count: FormLimits.valueBytesMax + 1)
        #expect(throws: FormError.tooLarge) { try URLEncodedForm.fields(Array(long.utf8)) }
        let many = Array(repeating: "a=b", count: FormLimits.partsMax + 1).joined(separator: "&")
        #expect(throws: FormError.tooLarge) { try URLEncodedForm.fields(Array(many.utf8)) }
    }
}

@Suite struct MultipartFormTests {
    static let boundary = "----resguardo7"
    static let contentType = "multipart/form-data; boundary=\(boundary)"
    /// Holds near-misses of the delimiter.
    static let picture = Array(
        "\r\n------resguardo\r\n--\r\n\u{0}\r\r\n----resguardo7x".utf8.dropLast())

    static var body: [UInt8] {
        var body = Array("preamble is ignored\r\n--\(boundary)\r\n".utf8)
        body += Array("Content-Disposition: form-data; name=\"what_happened\"\r\n\r\n".utf8)
        body += Array("hola\r\n--no\r\n--\(boundary)\r\n".utf8)
        body += Array("content-disposition: form-data; name=\"none\"\r\n\r\n".utf8)
        body += Array("\r\n--\(boundary)\r\n".utf8)
        body += Array(
            "Content-Disposition: form-data; name=\"attachments\"; filename=\"a;b.jpg\"\r\n".utf8)
        body += Array("Content-Type: image/jpeg\r\n\r\n".utf8)
        body += Array("\u{0}bytes".utf8) + Array("\r\n--resguardo".utf8)
        body += Array("\r\n--\(boundary)--\r\nepilogue".utf8)
        return body
    }

    /// The events with a file's pieces joined, so that they don't depend on how the body was cut.
    static func events(_ body: [UInt8], pieces: Int) throws -> [FormEvent] {
        var form = try MultipartForm(contentType: contentType)
        var all: [FormEvent] = []
        var start = 0
        while start < body.count {
            let end = min(start + pieces, body.count)
            for event in try form.feed(body[start..<end]) {
                if case .filePiece(let more) = event, case .filePiece(let before)? = all.last {
                    all[all.count - 1] = .filePiece(before + more)
                } else {
                    all.append(event)
                }
            }
            start = end
        }
        try form.finish()
        return all
    }

    @Test(arguments: Array(1...64) + [1_000]) func readsTheSameHoweverItIsCut(_ pieces: Int) throws
    {
        #expect(
            try Self.events(Self.body, pieces: pieces) == [
                .field(name: "what_happened", value: Array("hola\r\n--no".utf8)),
                .field(name: "none", value: []),
                .fileBegan(name: Array("a;b.jpg".utf8), type: Array("image/jpeg".utf8)),
                .filePiece(Array("\u{0}bytes\r\n--resguardo".utf8)), .fileEnded,
            ])
    }

    @Test func aBodyCutOffIsMalformedWhereverItIsCut() {
        let whole = Self.body
        let last = whole.count - "\r\nepilogue".utf8.count
        for end in stride(from: 1, to: last - 1, by: 3) {
            #expect(throws: FormError.self) {
                try Self.events(Array(whole[..<end]), pieces: 50)
            }
        }
    }

    @Test func holdsLittleOfAFile() throws {
        var form = try MultipartForm(contentType: Self.contentType)
        let head =
            "--\(Self.boundary)\r\nContent-Disposition: form-data; name=\"f\"; filename=\"x\"\r\n\r\n"
        _ = try form.feed(Array(head.utf8))
        var given = 0
        for _ in 0..<100 {
            for case .filePiece(let piece) in try form.feed([UInt8](repeating: 13, count: 1_000)) {
                given += piece.count
            }
        }
        #expect(given >= 100_000 - 64)
    }

    @Test(arguments: [
        "multipart/form-data", "multipart/form-data; boundary=",
        "multipart/form-data; boundary=" + String(repeating: "b", count: 71),
    ]) func refusesABadBoundary(_ type: String) {
        #expect(throws: FormError.malformed) { try MultipartForm(contentType: type) }
    }

    @Test func refusesAValueOrHeadersWithoutEnd() throws {
        var form = try MultipartForm(contentType: Self.contentType)
        _ = try form.feed(
            Array("--\(Self.boundary)\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n".utf8))
        #expect(throws: FormError.tooLarge) {
            for _ in 0..<100 { _ = try form.feed([UInt8](repeating: 120, count: 1_000)) }
        }
        var headers = try MultipartForm(contentType: Self.contentType)
        _ = try headers.feed(Array("--\(Self.boundary)\r\n".utf8))
        #expect(throws: FormError.tooLarge) {
            for _ in 0..<10 { _ = try headers.feed([UInt8](repeating: 120, count: 1_000)) }
        }
    }
}

@Suite struct TilePathTests {
    @Test func readsPathsAsTheSpecificationWritesThem() {
        #expect(TilePath.request(["0", "000"]) == .tile(level: 0, index: 0, width: 0))
        #expect(
            TilePath.request(["1", "x001", "x234", "067"])
                == .tile(level: 1, index: 1_234_067, width: 0))
        #expect(TilePath.request(["2", "005.p", "17"]) == .tile(level: 2, index: 5, width: 17))
        #expect(TilePath.request(["entries", "x001", "000"]) == .entries(index: 1_000, width: 0))
    }

    @Test(arguments: [
        ["0"], ["0", "0"], ["0", "x001"], ["0", "001", "002"], ["0", "x000", "001"], ["64", "000"],
        ["00", "000"], ["0", "000.p", "0"], ["0", "000.p", "256"], ["0", "000.p", "01"],
        ["entries"], ["-1", "000"], ["0", "+00"], ["0", "00a"],
        ["0", "x001", "x001", "x001", "x001", "x001", "x001", "001"],
    ]) func refusesEverythingElse(_ parts: [String]) {
        #expect(TilePath.request(parts) == nil)
    }
}
