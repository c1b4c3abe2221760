import HTTPTypes
import Hummingbird
import NIOCore
import Vault

/// What a refused request gets: RFC 9457 problem details with a stable type and nothing about what is stored.
struct Problem: Error, HTTPResponseError, Equatable {
    /// The last part of the problem type's path, `/problems/<slug>`.
    let slug: String
    /// One short sentence.
    let title: String
    /// The HTTP status.
    let status: HTTPResponse.Status
    /// A number that the asker may know and needs, under a name of its own (RFC 9457 §3.2).
    private(set) var detail: Detail?

    /// Whether the connection ends with the answer.
    private(set) var endsConnection = false

    /// An extension member.
    struct Detail: Equatable {
        let name: String
        let value: UInt64
    }
    /// The methods that the address takes, if that is what was wrong.
    private(set) var allow: String?

    init(_ slug: String, _ title: String, _ status: HTTPResponse.Status) {
        self.slug = slug
        self.title = title
        self.status = status
    }

    static let malformed = Problem("malformed", "The request is not in its format.", .badRequest)
    static let notFound = Problem("not-found", "There is nothing here.", .notFound)
    static let wrongType = Problem(
        "wrong-content-type", "The content type is not the one this address takes.",
        .unsupportedMediaType)
    static let tooLarge = Problem(
        "too-large", "The request is longer than the limit.", .contentTooLarge)
    static let wrongLength = Problem(
        "wrong-length", "The body is not as long as announced.", .badRequest)
    static let unavailable = Problem(
        "unavailable", "Nothing is promised. Please send the same again soon.", .serviceUnavailable)
    /// The body had to make room for others while it was read: nobody knows where a next request would begin.
    static let madeRoom = unavailable.ending()
    /// Whoever comes again is looked at again (`PinGate`).
    static let unauthorised = Problem(
        "not-authorised", "The request is not signed by a member in force.", .unauthorized
    ).ending()

    /// Whether the request itself could not be read, so that nothing of it can be shown again.
    var isOfTheRequest: Bool { [.malformed, .wrongType, .wrongLength].contains(self) }

    /// A known address was asked with a method that is none of these.
    static func wrongMethod(allowed methods: [HTTPRequest.Method]) -> Problem {
        var problem = Problem(
            "wrong-method", "This address does not take that method.", .methodNotAllowed)
        problem.allow = methods.map(\.rawValue).sorted().joined(separator: ", ")
        return problem
    }

    private func ending() -> Problem {
        var problem = self
        problem.endsConnection = true
        return problem
    }

    /// The problem behind a refusal of the vault.
    init(_ refusal: Refusal) {
        switch refusal {
        case .malformed: self = .malformed
        case .unknownKey:
            self.init(
                "unknown-key", "No desk of this gateway has the key.", .unprocessableContent)
        case .keyRevoked:
            self.init("key-revoked", "The key was revoked: use a current one.", .conflict)
        case .unknownUpload:
            self.init("unknown-upload", "There is no such upload.", .notFound)
        case .uploadMismatch:
            self.init("upload-mismatch", "The upload is not what was announced.", .conflict)
        case .tooLarge: self = .tooLarge
        case .full, .busy, .durabilityUnknown: self = .unavailable
        case .notFound: self = .notFound
        case .notAuthorised: self = .unauthorised
        case .replayed:
            self.init("replayed", "The request was used before.", .unauthorized)
        case .stale(let time):
            self.init("stale", "The request's time is not the gateway's.", .unauthorized)
            detail = Detail(name: "time", value: time)
        case .numberGap(let expected):
            self.init("number-gap", "The report's number is not the next one.", .conflict)
            detail = Detail(name: "expected", value: expected)
        case .notAllowed:
            self.init("not-allowed", "This member may not do that.", .forbidden)
        case .rosterExpired:
            self.init("roster-expired", "The roster has expired.", .forbidden)
        }
    }

    /// The problem document, UTF-8.
    var document: [UInt8] {
        let extra = detail.map { ",\"\($0.name)\":\($0.value)" } ?? ""
        let text =
            #"{"type":"/problems/\#(slug)","title":"\#(title)","status":\#(status.code)\#(extra)}"#
        return Array(text.utf8)
    }

    /// What belongs to the document, without what every answer carries.
    var headers: HTTPFields {
        var headers: HTTPFields = [.contentType: "application/problem+json"]
        if status == .serviceUnavailable { headers[.retryAfter] = "5" }
        if status == .contentTooLarge || endsConnection { headers[.connection] = "close" }
        headers[.allow] = allow
        return headers
    }

    /// The head of an answer that is the connection's last, and that no route gives.
    var lastHead: HTTPResponse {
        var head = HTTPResponse(status: status, headerFields: headers)
        head.headerFields.addSecurity()
        head.headerFields[.connection] = "close"
        head.headerFields[.contentLength] = String(document.count)
        return head
    }

    /// The problem as an answer.
    func response(from request: Request, context: some RequestContext) throws -> Response {
        Response(
            status: status, headers: headers,
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: document)))
    }
}
