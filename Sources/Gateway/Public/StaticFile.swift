import Compression
import HTTPTypes
import Hummingbird
import NIOCore
import NIOPosix

/// A document that is the same for everybody, with its compressed forms, which are made once and not for each request.
///
/// Only such documents are compressed. What repeats a request, or holds a receipt or a reply, never is: its length under
/// compression would tell what it has in common with what an attacker can make a browser send (BREACH). Key files are
/// not either: all desks' have one length, so that the fetch does not tell whose it is, and compression would undo that.
struct StaticFile: Sendable {
    private let headers: HTTPFields
    /// Shared with the page that it came from: nearly nobody asks for it, and a copy of each would be kept for nothing.
    private let identity: [UInt8]
    private var coded: [ContentCoding: ByteBuffer] = [:]

    /// A document as it was made, not compressed yet.
    init(_ bytes: [UInt8], type: String, policy: String? = nil) {
        var headers: HTTPFields = [.contentType: type, .vary: "Accept-Encoding"]
        headers[.contentSecurityPolicy] = policy
        self.headers = headers
        identity = bytes
    }

    /// A page with its policy.
    init(_ page: Page) {
        self.init(page.bytes, type: page.kind.rawValue, policy: page.contentSecurityPolicy)
    }

    /// The same with its form in every coding.
    func compressed() throws(CompressionError) -> StaticFile {
        var file = self
        for coding in ContentCoding.allCases {
            file.coded[coding] = ByteBuffer(bytes: try coding.compress(identity))
        }
        return file
    }

    /// The answer in the coding that the request likes best.
    func response(to request: Request) -> Response {
        var headers = headers
        let coding = AcceptEncoding.choose(header: request.headers.combined(.acceptEncoding))
        guard let coding, let body = coded[coding] else {
            return Response(status: .ok, headers: headers, body: .whole(identity))
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
    ///
    /// They stay when there is nothing to do: NIO ends threads with the help of libdispatch's pool, which traps in a
    /// confined process (see `Executor`).
    private static let pool = {
        let pool = NIOThreadPool(numberOfThreads: 2)
        pool.start()
        return pool
    }()

    private var files: [String: StaticFile]

    /// Takes each address's document.
    init(_ files: [String: StaticFile]) { self.files = files }

    /// The file at an address.
    subscript(address: String) -> StaticFile? {
        get { files[address] }
        set { files[address] = newValue }
    }

    /// Compresses every document, away from the event loops, which go on serving meanwhile.
    func compressed() async throws -> StaticFiles {
        try await withThrowingTaskGroup(of: (String, StaticFile).self) { group in
            for (address, file) in files {
                group.addTask {
                    (address, try await Self.pool.runIfActive { try file.compressed() })
                }
            }
            return StaticFiles(try await group.reduce(into: [:]) { $0[$1.0] = $1.1 })
        }
    }
}
