/// One HTTP request as the staff tool makes it.
public struct WireRequest: Sendable, Equatable {
    /// `GET`, `POST` or `PUT`.
    public var method: String
    /// Path and query, starting with a slash: exactly what a request note signs.
    public var target: String
    /// Type of the body.
    public var contentType: String?
    /// The base64 request note, on the staff listener.
    public var authorisation: String?
    /// The body's bytes; empty where there is none.
    public var body: [UInt8]
    /// Further headers.
    public var headers: [String: String] = [:]

    /// A request; without a body by default.
    public init(
        _ method: String, _ target: String, contentType: String? = nil, body: [UInt8] = []
    ) {
        self.method = method
        self.target = target
        self.contentType = contentType
        self.body = body
    }
}

/// A whole answer.
public struct WireResponse: Sendable, Equatable {
    /// The HTTP status.
    public let status: Int
    /// The media type without parameters, in lower case; empty if none was given.
    public let contentType: String
    /// The body's bytes.
    public let body: [UInt8]
    /// The headers by their names in lower case; the values of one that occurs twice are joined by a comma.
    public let headers: [String: String]

    /// Puts an answer together.
    public init(
        status: Int, contentType: String, body: [UInt8], headers: [String: String] = [:]
    ) {
        self.status = status
        self.contentType = contentType
        self.body = body
        self.headers = headers
    }
}

/// The way to one listener of a gateway.
///
/// Tests put a gateway in memory behind it.
public protocol Transport: Sendable {
    /// Sends a request and collects an answer of at most `limit` bytes.
    func exchange(_ request: WireRequest, limit: Int) async throws -> WireResponse

    /// Sends a request and hands a 200's body on piece by piece while it arrives, until `take`
    /// returns false.
    ///
    /// Any other status is collected and thrown as a `GatewayProblem`.
    func stream(
        _ request: WireRequest, take: ([UInt8]) async throws -> Bool
    ) async throws
}
