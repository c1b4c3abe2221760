internal import AsyncHTTPClient
internal import NIOCore
internal import NIOPosix
internal import NIOSSL

/// What the network's errors mean to somebody who wants to reach a gateway, and what to look at.
enum NetworkWords {
    /// An error in a few words.
    static func of(_ error: any Error) -> String {
        switch error {
        case let error as NIOConnectionError: of(error)
        case let error as IOError: of(error)
        case let error as HTTPClientError: of(error)
        case NIOSSLError.handshakeFailed(let cause): of(cause)
        case is NIOSSLExtraError: "its certificate is for another name than the address has."
        default: "\(error)"
        }
    }

    private static func of(_ error: NIOConnectionError) -> String {
        guard error.dnsAError == nil, error.dnsAAAAError == nil else {
            return "nobody knows this name; check the address, and this computer's network."
        }
        return error.connectionErrors.first.map { of($0.error) } ?? "\(error)"
    }

    private static func of(_ error: IOError) -> String {
        switch error.errnoCode {
        case ECONNREFUSED: "nothing listens there; does the gateway run, and on this port?"
        case ENETUNREACH, EHOSTUNREACH: "there is no way to it; check this computer's network."
        case ECONNRESET, EPIPE: "the connection broke."
        default: "\(error)"
        }
    }

    private static func of(_ error: HTTPClientError) -> String {
        switch error {
        case .connectTimeout, .tlsHandshakeTimeout, .readTimeout, .deadlineExceeded:
            "it does not answer in time."
        case .remoteConnectionClosed, .uncleanShutdown: "the connection broke."
        case .invalidURL, .emptyHost: "that is no address."
        default: "\(error)"
        }
    }

    private static func of(_ error: BoringSSLError) -> String {
        guard "\(error)".contains("CERTIFICATE_VERIFY_FAILED") else {
            return "TLS failed: \(error)"
        }
        return
            "its certificate is not trusted; --ca names the file of the right one, or of its issuer."
    }
}
