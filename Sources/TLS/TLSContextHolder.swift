import Synchronization

/// The context for new connections, exchanged while the server runs (SIGHUP).
///
/// A connection keeps the context that it began with until it ends; nothing is dropped.
public final class TLSContextHolder: Sendable {
    private let held: Mutex<TLSContext>

    /// Starts with `context`.
    public init(_ context: TLSContext) {
        held = Mutex(context)
    }

    /// What the next connection uses.
    public var current: TLSContext {
        held.withLock { $0 }
    }

    /// Uses `context` for every connection accepted from now on.
    public func replace(with context: TLSContext) {
        held.withLock { $0 = context }
    }

    /// Makes a context of new PEM bytes, with the present rule on client certificates, and uses it
    /// from now on.
    ///
    /// - Throws: as `TLSContext.init`; the present context then stays in place.
    public func reload(certificateChain: [UInt8], privateKey: RawSpan) throws(TLSError) {
        replace(
            with: try TLSContext(
                certificateChain: certificateChain, privateKey: privateKey,
                clientCertificates: current.clientCertificates))
    }

    /// Makes a context of PEM bytes held in arrays, as the other `reload`.
    ///
    /// - Throws: as `TLSContext.init`; the present context then stays in place.
    public func reload(certificateChain: [UInt8], privateKey: [UInt8]) throws(TLSError) {
        try unsafe reload(certificateChain: certificateChain, privateKey: privateKey.span.bytes)
    }

    /// Makes a context of what two descriptors hold, as `reload(certificateChain:privateKey:)`.
    ///
    /// - Throws: as `TLSContext.init`; the present context then stays in place.
    public func reload(
        certificateChainDescriptor: CInt, privateKeyDescriptor: CInt
    ) throws(TLSError) {
        replace(
            with: try TLSContext(
                certificateChainDescriptor: certificateChainDescriptor,
                privateKeyDescriptor: privateKeyDescriptor,
                clientCertificates: current.clientCertificates))
    }
}
