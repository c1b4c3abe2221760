import HTTPTypes
import Hummingbird

/// Puts the headers on every answer that keep a browser from telling anyone anything, and turns every error into
/// problem details.
struct SecurityHeaders<Context: RequestContext>: RouterMiddleware {
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
        response.headers.addSecurity()
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
}

extension HTTPFields {
    /// Nothing loads, nothing frames, nothing posts; pages carry a wider policy of their own.
    private static let nothing = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'"
    private static let security = [
        HTTPField(
            name: .strictTransportSecurity, value: "max-age=63072000; includeSubDomains"),
        HTTPField(name: .xContentTypeOptions, value: "nosniff"),
        HTTPField(name: .referrerPolicy, value: "no-referrer"),
        HTTPField(name: .crossOriginOpenerPolicy, value: "same-origin"),
        HTTPField(name: .crossOriginResourcePolicy, value: "same-origin"),
        HTTPField(
            name: .permissionsPolicy,
            value: "interest-cohort=(), geolocation=(), camera=(), microphone=()"),
        HTTPField(name: .xFrameOptions, value: "DENY"),
    ]

    /// Adds what every answer carries; once, because nothing is looked for before.
    mutating func addSecurity() {
        self[.contentSecurityPolicy] = self[.contentSecurityPolicy] ?? Self.nothing
        self[.cacheControl] = self[.cacheControl] ?? "no-store"
        for field in Self.security { append(field) }
    }

    /// Whether they have been added: what the framework says by itself is without.
    var haveSecurity: Bool { self[.contentSecurityPolicy] != nil }
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
    static let onionLocation = known("Onion-Location")
    static let xFrameOptions = known("X-Frame-Options")
    /// The member's signed note over the request (formats.md §7), base64.
    static let resguardoRequest = known("Resguardo-Request")
    /// What was worked for a tip (`EffortProof`), base64.
    static let resguardoEffort = known("Resguardo-Effort")
}
