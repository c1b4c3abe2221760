/// What OpenSSL said of a failure: the newest line of its error queue.
///
/// Holds numbers and OpenSSL's own fixed words only, nothing of the peer's bytes, so that it can be
/// logged.
public struct TLSFailure: Equatable, Sendable {
    /// Number of the part of OpenSSL that failed (`ERR_LIB_*`); 0 when the queue was empty.
    public let library: Int
    /// Reason within that part (`SSL_R_*` and the like); 0 when the queue was empty.
    public let reason: Int
    /// OpenSSL's words for the reason.
    public let text: String
}

/// Everything that can go wrong in this module.
public enum TLSError: Error, Equatable, Sendable {
    /// OpenSSL refused to make a context or one of its settings.
    case contextUnavailable(TLSFailure)
    /// The certificate chain is not PEM, holds no certificate, or one OpenSSL does not accept.
    case certificateUnreadable(TLSFailure)
    /// The chain has more certificates than `Limits.chainCertificatesMax`.
    case certificateChainTooLong
    /// The private key is not PEM, is encrypted, or is of a kind OpenSSL does not accept.
    case keyUnreadable(TLSFailure)
    /// The private key is not the first certificate's.
    case keyMismatch(TLSFailure)
    /// An inherited descriptor could not be read; the number is `errno`.
    case descriptorUnreadable(Int32)
    /// The PEM text is longer than `Limits.pemBytesMax`.
    case inputTooLarge
    /// OpenSSL could not make the state of a new connection.
    case sessionUnavailable(TLSFailure)
    /// The handshake failed: the peer offered nothing acceptable, sent garbage, or refused us.
    case handshakeFailed(TLSFailure)
    /// The handshake took longer than `TLSTimeouts.handshake`.
    case handshakeTimedOut
    /// The peer went away in the middle of the handshake.
    case handshakeTruncated
    /// A record after the handshake was garbage, forged or out of place.
    case recordRefused(TLSFailure)
    /// The connection ended without the peer's close_notify: what came may be cut short.
    case truncated
    /// The peer makes us answer its protocol messages and does not read the answers.
    case answersNotRead
    /// More than `Limits.earlyWriteBytesMax` were written before the handshake was done.
    case tooMuchWrittenEarly
    /// The bytes were written to a connection that is closed or closing.
    case closed
}
