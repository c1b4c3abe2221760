import HTTPTypes
import Hummingbird

/// Puts the headers on every answer that keep a browser from telling anyone anything, and turns every error into
/// problem details.
struct SecurityHeaders<Context: RequestContext>: RouterMiddleware {
    /// Nothing loads, nothing frames, nothing posts; pages carry a wider policy of their own.
    static var nothing: String { "default-src 'none'; frame-ancestors 'none'; base-uri 'none'" }

    /// Makes the middleware.
    init() {}

    /// Answers with the fixed headers added, and a problem for whatever was thrown.
    @concurrent
    func handle(
        _ request: Request, context: Context,
        next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        var response: Response
        do {
            response = try await next(request, context)
        } catch {
            response = try Self.problem(for: error).response(from: request, context: context)
        }
        Self.add(to: &response.headers)
        return response
    }

    private static func problem(for error: any Error) -> Problem {
        switch error {
        case let problem as Problem: problem
        case is VaultUnavailable: .unavailable
        case let error as HTTPError where error.status == .notFound: .notFound
        case let error as HTTPError where error.status == .contentTooLarge: .tooLarge
        case is HTTPError: .malformed
        default: .unavailable
        }
    }

    private static func add(to headers: inout HTTPFields) {
        if headers[.contentSecurityPolicy] == nil { headers[.contentSecurityPolicy] = nothing }
        headers[.strictTransportSecurity] = "max-age=63072000; includeSubDomains"
        headers[.xContentTypeOptions] = "nosniff"
        headers[.cacheControl] = headers[.cacheControl] ?? "no-store"
        for (name, value) in fixed { headers[name] = value }
    }

    private static var fixed: [(HTTPField.Name, String)] {
        [
            (.referrerPolicy, "no-referrer"),
            (.crossOriginOpenerPolicy, "same-origin"),
            (.crossOriginResourcePolicy, "same-origin"),
            (.permissionsPolicy, "interest-cohort=(), geolocation=(), camera=(), microphone=()"),
            (.xFrameOptions, "DENY"),
        ]
    }
}

extension HTTPField.Name {
    fileprivate static func known(_ name: String) -> HTTPField.Name {
        guard let field = HTTPField.Name(name) else {
            preconditionFailure("\(name) is a valid field name")
        }
        return field
    }

    static let referrerPolicy = known("Referrer-Policy")
    static let crossOriginOpenerPolicy = known("Cross-Origin-Opener-Policy")
    static let crossOriginResourcePolicy = known("Cross-Origin-Resource-Policy")
    static let permissionsPolicy = known("Permissions-Policy")
    static let xFrameOptions = known("X-Frame-Options")
    /// The member's signed note over the request (formats.md §7), base64.
    static let resguardoRequest = known("Resguardo-Request")
}
