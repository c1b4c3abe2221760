import Compression
import HTTPTypes
import Hummingbird
import NIOCore
import NIOPosix

/// A document that is the same for everybody, with its compressed forms, which are made once and before anybody asks.
///
/// Only such documents are compressed. What repeats a request, or holds a receipt or a reply, never is: its length under
/// compression would tell what it has in common with what an attacker can make a browser send (BREACH). Key files are
/// not either: all desks' have one length, so that the fetch does not tell whose it is, and compression would undo that.
struct StaticFile: Sendable {
    /// As it was made.
    let bytes: [UInt8]
    private let headers: HTTPFields
    private let identity: ByteBuffer
    private let coded: [ContentCoding: ByteBuffer]

    /// Compresses a document in every coding.
    init(_ bytes: [UInt8], type: String, policy: String? = nil) throws(CompressionError) {
        self.bytes = bytes
        var headers: HTTPFields = [.contentType: type, .vary: "Accept-Encoding"]
        headers[.contentSecurityPolicy] = policy
        self.headers = headers
        identity = ByteBuffer(bytes: bytes)
        var coded: [ContentCoding: ByteBuffer] = [:]
        for coding in ContentCoding.allCases {
            coded[coding] = ByteBuffer(bytes: try coding.compress(bytes))
        }
        self.coded = coded
    }

    /// A page with its policy.
    init(_ page: Page) throws(CompressionError) {
        try self.init(
            page.bytes, type: "text/html; charset=utf-8", policy: page.contentSecurityPolicy)
    }

    /// The answer in the coding that the request likes best.
    func response(to request: Request) -> Response {
        var headers = headers
        let coding = AcceptEncoding.choose(header: request.headers.combined(.acceptEncoding))
        guard let coding, let body = coded[coding] else {
            return Response(
                status: .ok, headers: headers, body: ResponseBody(byteBuffer: identity))
        }
        headers[.contentEncoding] = coding.rawValue
        return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: body))
    }
}

extension HTTPFields {
    /// All fields of a name as the one list that they are (RFC 9110 §5.3).
    fileprivate func combined(_ name: HTTPField.Name) -> String? {
        let values = self[values: name]
        return values.isEmpty ? nil : values.joined(separator: ",")
    }
}

/// The documents of a site by their addresses.
struct StaticFiles: Sendable {
    /// Threads that compress: the pages of thirteen languages take a second of a processor, and Brotli's best uses one
    /// for each page.
    private static let threads = 2

    private var files: [String: StaticFile] = [:]

    /// The file at an address.
    subscript(address: String) -> StaticFile? { files[address] }

    /// Makes the files away from the event loops, which go on serving what was made before.
    ///
    /// - Parameter documents: what makes each file, by its address.
    static func make(
        _ documents: [String: @Sendable () throws -> StaticFile]
    ) async throws -> StaticFiles {
        let pool = NIOThreadPool(numberOfThreads: threads)
        pool.start()
        let made: Result<[String: StaticFile], any Error>
        do {
            made = .success(try await make(documents, on: pool))
        } catch {
            made = .failure(error)
        }
        try await pool.shutdownGracefully()
        var result = StaticFiles()
        result.files = try made.get()
        return result
    }

    private static func make(
        _ documents: [String: @Sendable () throws -> StaticFile], on pool: NIOThreadPool
    ) async throws -> [String: StaticFile] {
        try await withThrowingTaskGroup(of: (String, StaticFile).self) { group in
            for (address, document) in documents {
                group.addTask { (address, try await pool.runIfActive(document)) }
            }
            return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
    }
}
