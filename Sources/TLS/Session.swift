import COpenSSL
import NIOCore

/// Owns one `SSL*`, server side, and the transport it reads and writes.
///
/// Knows no channel: bytes go in, bytes come out, and each call says where it stopped. All calls on
/// the connection's event loop.
@safe final class Session {
    /// Where reading or the handshake stopped.
    enum Stop: Equatable {
        /// Everything received is used up.
        case needsInput
        /// The peer sent close_notify: nothing more will come.
        case closeNotify
        /// The connection is broken; an alert that says so may be waiting to be sent.
        case failed(TLSFailure)
    }

    private let ssl: OpaquePointer
    private let transport: RecordTransport
    /// Ciphertext whose plaintext has not been handed over: an upper bound, for sizing buffers.
    private var undecryptedBytes = 0
    /// After a fatal error OpenSSL forbids any further call but freeing.
    private var isBroken = false

    init(context: TLSContext, allocator: ByteBufferAllocator) throws(TLSError) {
        ErrorQueue.clear()
        let transport = RecordTransport(allocator: allocator)
        guard let ssl = unsafe SSL_new(context.handle.pointer) else {
            throw .sessionUnavailable(ErrorQueue.drain())
        }
        guard let bio = unsafe transport.makeBIO() else {
            unsafe SSL_free(ssl)
            throw .sessionUnavailable(ErrorQueue.drain())
        }
        // The SSL takes the BIO over: one reference serves both directions.
        unsafe SSL_set_bio(ssl, bio, bio)
        unsafe SSL_set_accept_state(ssl)
        unsafe self.ssl = ssl
        self.transport = transport
    }

    deinit { unsafe SSL_free(ssl) }

    /// Whether something received has not been looked at yet.
    var hasInput: Bool { transport.inboundBytes > 0 }

    /// Bytes of records waiting to be sent.
    var outboundBytes: Int { transport.outboundBytes }

    func takeOutbound() -> ByteBuffer? { transport.takeOutbound() }

    func receive(_ ciphertext: ByteBuffer) {
        undecryptedBytes += ciphertext.readableBytes
        transport.receive(ciphertext)
    }

    /// Goes on with the handshake as far as what was received allows; nil when it is done.
    func handshake() -> Stop? {
        ErrorQueue.clear()
        let result = unsafe SSL_do_handshake(ssl)
        guard result == 1 else { return stop(afterResult: result) }
        undecryptedBytes = transport.inboundBytes
        return nil
    }

    /// Decrypts all complete records received so far.
    func decrypt(allocator: ByteBufferAllocator) -> (plaintext: ByteBuffer, stop: Stop) {
        var plaintext = allocator.buffer(capacity: undecryptedBytes)
        while true {
            ErrorQueue.clear()
            var count = 0
            var result: CInt = 0
            unsafe plaintext.writeWithUnsafeMutableBytes(minimumWritableBytes: 1) { room in
                result = unsafe SSL_read_ex(ssl, room.baseAddress, room.count, &count)
                return count
            }
            guard result == 1 else {
                // What is left over is less than one record.
                undecryptedBytes = min(
                    undecryptedBytes - plaintext.readableBytes, Limits.recordPlaintextBytes)
                return (plaintext, stop(afterResult: result))
            }
            let pending = Int(unsafe SSL_pending(ssl))
            if pending > 0 {
                plaintext.reserveCapacity(minimumWritableBytes: pending)
            } else if !hasInput {
                // Saves the call that would only say that there is nothing more.
                undecryptedBytes = 0
                return (plaintext, .needsInput)
            }
        }
    }

    /// Encrypts `plaintext` into the outbound records.
    func encrypt(_ plaintext: ByteBuffer) -> TLSFailure? {
        let bytes = plaintext.readableBytes
        guard bytes > 0 else { return nil }
        let records = 1 + (bytes - 1) / Limits.recordPlaintextBytes
        transport.reserve(bytes + records * Limits.recordOverheadBytes)
        ErrorQueue.clear()
        var count = 0
        let result = unsafe plaintext.withUnsafeReadableBytes { source in
            unsafe SSL_write_ex(ssl, source.baseAddress, source.count, &count)
        }
        guard result != 1 else { return nil }
        isBroken = true
        return ErrorQueue.drain()
    }

    /// Makes our close_notify, once.
    func closeNotify() {
        guard !isBroken, unsafe SSL_get_shutdown(ssl) & SSL_SENT_SHUTDOWN == 0 else { return }
        ErrorQueue.clear()
        unsafe SSL_shutdown(ssl)
        ErrorQueue.clear()
    }

    /// What the peer and we agreed on; meaningful when the handshake is done.
    var outcome: TLSHandshakeCompleted {
        var name: UnsafePointer<UInt8>?
        var count: CUnsignedInt = 0
        unsafe SSL_get0_alpn_selected(ssl, &name, &count)
        let chosen = unsafe UnsafeBufferPointer(start: name, count: Int(count))
        let peer = unsafe SSL_get0_peer_certificate(ssl).flatMap { certificate in
            unsafe PeerIdentity(certificate: certificate)
        }
        return TLSHandshakeCompleted(
            applicationProtocol: unsafe chosen.isEmpty
                ? nil : String(decoding: chosen, as: UTF8.self),
            peer: peer)
    }

    private func stop(afterResult result: CInt) -> Stop {
        switch unsafe SSL_get_error(ssl, result) {
        case SSL_ERROR_WANT_READ:
            return .needsInput
        case SSL_ERROR_ZERO_RETURN:
            return .closeNotify
        default:
            isBroken = true
            return .failed(ErrorQueue.drain())
        }
    }
}
