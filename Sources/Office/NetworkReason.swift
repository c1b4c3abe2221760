internal import AsyncHTTPClient
internal import Confinement
internal import Glibc
internal import NIOCore
internal import NIOPosix
internal import NIOSSL

/// Why a gateway cannot be reached, in words for whoever sits at the terminal.
enum NetworkReason {
    /// The reason, without a full stop.
    ///
    /// - Parameters:
    ///   - error: what the network threw.
    ///   - authorityFile: what the gateway's certificate was checked against; nil for the system's list.
    static func words(_ error: any Error, authorityFile: String?) -> String {
        switch error {
        case let error as NIOConnectionError: words(error)
        case NIOSSLError.handshakeFailed(let failure): words(failure, authorityFile)
        case let error as NIOSSLExtraError where error == .failedToValidateHostname:
            "its certificate is not for this name"
        case let error as HTTPClientError: words(error)
        case let error as IOError: words(error)
        case ChannelError.connectTimeout: noAnswer
        default: "the connection broke (\(type(of: error)))"
        }
    }

    private static let noAnswer = "it does not answer in time"

    private static func words(_ error: NIOConnectionError) -> String {
        // A name that one of the two look-ups found gives attempts, and those fail for their own reasons.
        let failures = error.connectionErrors.map(\.error)
        guard let first = failures.first else {
            return "there is no such name, or it cannot be looked up now"
        }
        // A machine without IPv6 says so of one address, which is not what is wrong with the other.
        let refused = failures.first { ($0 as? IOError)?.errnoCode == ECONNREFUSED }
        return words(refused ?? first, authorityFile: nil)
    }

    private static func words(_ error: HTTPClientError) -> String {
        switch error {
        case .connectTimeout, .readTimeout, .writeTimeout, .deadlineExceeded, .tlsHandshakeTimeout,
            .getConnectionFromPoolTimeout:
            noAnswer
        case .remoteConnectionClosed: "it closed the connection before it answered"
        case .invalidURL, .emptyHost: "that is no address of a gateway"
        default: error.shortDescription
        }
    }

    private static func words(_ error: IOError) -> String {
        error.errnoCode == ECONNREFUSED
            ? "nothing listens there (\(SystemError.words(ECONNREFUSED)))"
            : SystemError.words(error.errnoCode)
    }

    /// The library says no more than a text of its own about a failed check.
    private static func words(_ failure: BoringSSLError, _ authorityFile: String?) -> String {
        guard "\(failure)".contains("CERTIFICATE_VERIFY_FAILED") else {
            return "the TLS handshake failed: another service may be there, "
                + "or one that does not take this member's certificate"
        }
        guard let authorityFile else {
            return "its certificate is not one that this system's list of issuers vouches for; "
                + "--ca names the file of one that is right, or of its issuer"
        }
        return "its certificate is not one that \(authorityFile) vouches for"
    }
}
