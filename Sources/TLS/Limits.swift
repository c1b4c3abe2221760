public import NIOCore

/// Bounds of this module, each named with its unit.
enum Limits {
    /// Longest PEM text of a chain or a key that is read.
    static let pemBytesMax = 64 * 1024
    /// Most certificates in our own chain, the leaf included.
    static let chainCertificatesMax = 8
    /// Most bytes of certificates that a peer may send; ours are self-signed, one is enough.
    static let peerChainBytesMax = 16 * 1024
    /// Most plaintext in one TLS record (RFC 8446 §5.1).
    static let recordPlaintextBytes = 16 * 1024
    /// What a record adds at most: header, inner type, explicit nonce and tag of an AEAD suite.
    static let recordOverheadBytes = 5 + 1 + 8 + 16
    /// What the first read of a socket may bring: a ClientHello with a post-quantum key share, or a request for a page.
    static let firstReadBytes = 2 * 1024
    /// What a read may bring after a full one: the rest of a tip without attachments.
    static let fullReadBytes = 32 * 1024
    /// Most ciphertext that becomes one write to the channel.
    ///
    /// A peer that does not read holds this much, twice: what is left of one write, and the next. A buffer's memory is a
    /// power of two.
    static let batchBytes = 32 * 1024
    /// Most plaintext that becomes one write to the channel: its records fit, a short one among them included.
    static let batchPlaintextBytes = batchBytes - 4 * recordOverheadBytes
    /// Ciphertext that waits for the system, in bytes: from `high` on no more is made, below `low` it goes on.
    static let waitingBytes = ChannelOptions.Types.WriteBufferWaterMark(
        low: batchBytes / 4, high: batchBytes / 2)
    /// Most bytes that may be written before the handshake is done.
    static let earlyWriteBytesMax = 64 * 1024
    /// Most bytes of unread answers (alerts, key updates) to a peer that does not read.
    static let unreadAnswerBytesMax = 16 * 1024
}

/// How long a connection may stay in the states that the peer could drag out.
public struct TLSTimeouts: Sendable {
    /// From the accepted connection to the finished handshake, however slowly bytes drip in.
    public var handshake: TimeAmount
    /// From the wish to close until everything written has been taken by the system.
    public var drain: TimeAmount
    /// From our close_notify to the peer's end of stream; what still comes is thrown away, so that
    /// the system sends no reset that would destroy the answer on its way.
    public var linger: TimeAmount

    /// Makes the set of timeouts.
    public init(
        handshake: TimeAmount = .seconds(10), drain: TimeAmount = .seconds(60),
        linger: TimeAmount = .seconds(3)
    ) {
        self.handshake = handshake
        self.drain = drain
        self.linger = linger
    }
}
