public import NIOCore

/// TLS, server side, between the socket and the application's handlers.
///
/// Below it ciphertext, above it plaintext, both as `ByteBuffer`. It fires `TLSHandshakeCompleted`
/// when the handshake is done, and `TLSError` through the pipeline when the connection breaks.
///
/// - Reading: plaintext is handed up only after the handlers above have asked (`read()`), and the
///   socket is not read further than they asked, except for the handshake's own messages.
/// - Writing: small writes share a record; plaintext is encrypted only while the channel is
///   writable, so a peer that stops reading stops the encryption too, and `isWritable` tells the
///   handlers above.
/// - Closing: `close(.all)` sends what was written, then close_notify and the end of stream, and
///   waits a little for the peer's end, so that no reset destroys what is on its way. Half-closure
///   works both ways; the peer's needs the channel option `allowRemoteHalfClosure`.
///
/// Make one for each connection; use it on the connection's event loop.
public final class OpenSSLHandler: ChannelDuplexHandler {
    /// Ciphertext from the socket.
    public typealias InboundIn = ByteBuffer
    /// Plaintext for the application.
    public typealias InboundOut = ByteBuffer
    /// Plaintext from the application.
    public typealias OutboundIn = ByteBuffer
    /// Ciphertext for the socket.
    public typealias OutboundOut = ByteBuffer

    /// Where the connection stands.
    ///
    /// A state that the peer could drag out carries its alarm.
    enum State {
        /// Not connected yet.
        case idle
        case handshaking(NIOScheduledCallback?)
        /// Both sides talk.
        case open
        /// The peer's close_notify came; we may still talk.
        case inputClosed
        /// Our close_notify went; the peer may still talk.
        case outputClosed
        /// To be closed as soon as the system has taken what was written.
        case draining(NIOScheduledCallback?)
        /// All is said; waiting for the peer's end of stream.
        case lingering(NIOScheduledCallback?)
        case closed
    }

    let rules: TLSContext
    let timeouts: TLSTimeouts
    var state = State.idle
    /// Made when the peer's first bytes come: who only connects costs no TLS state.
    var session: Session?
    /// The handlers above have asked for data and have got none since.
    var readWanted = false
    /// Plaintext was handed up since the last `channelReadComplete`.
    var hasDelivered = false
    /// The peer's close_notify came.
    var peerClosed = false
    /// The peer's end of stream came, below TLS.
    var sawEndOfStream = false
    /// Our last records are on their way: nothing may be written after them.
    var lastRecordsSent = false
    /// The system has sent our end of stream.
    var endOfStreamSent = false
    /// Answers to protocol messages that wait because the peer does not read, in bytes.
    var unreadAnswerBytes = 0
    var writes = PendingWrites()
    /// `flush` was called and not all of `writes` has gone.
    var flushWanted = false
    /// Guards against re-entry: writing can change the writability, which calls us.
    var isPumping = false
    /// `close(.output)` waits for `writes` to go.
    var outputCloseWanted = false
    var closePromises = JoinedPromise()
    var closeOutputPromises = JoinedPromise()

    /// The key that the peer proved to hold.
    ///
    /// Nil before the handshake is done and when the context asks for no certificate. Read it on
    /// the connection's event loop.
    public internal(set) var peerIdentity: PeerIdentity?

    /// Makes the handler of one connection, which uses `context` to its end.
    public init(context: TLSContext, timeouts: TLSTimeouts = TLSTimeouts()) {
        self.rules = context
        self.timeouts = timeouts
    }

    /// Begins at once on a channel that is already connected.
    public func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive { beginHandshake(context) }
    }

    /// Lets go of everything; bytes not yet sent are lost.
    public func handlerRemoved(context: ChannelHandlerContext) {
        enter(.closed)
        writes.fail(with: .closed)
    }

    /// Begins the handshake and its time limit.
    public func channelActive(context: ChannelHandlerContext) {
        beginHandshake(context)
        context.fireChannelActive()
    }

    /// Tells the handlers above whether the connection ended as it should.
    public func channelInactive(context: ChannelHandlerContext) {
        if canRead, session?.hasInput == true {
            // Nobody will ask any more: hand over what had come.
            deliver(context)
            completeDelivery(context)
        }
        let error: TLSError? =
            switch state {
            case .handshaking: .handshakeTruncated
            case .open, .outputClosed: .truncated
            case .idle, .inputClosed, .draining, .lingering, .closed: nil
            }
        enter(.closed)
        writes.fail(with: error ?? .closed)
        closeOutputPromises.take()?.fail(error ?? TLSError.closed)
        closePromises.take()?.succeed()
        if let error { context.fireErrorCaught(error) }
        context.fireChannelInactive()
    }

    /// Keeps back the socket's end of stream: only close_notify ends a TLS stream.
    public func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? ChannelEvent, event == .inputClosed {
            endOfStream(context)
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }

    /// Goes on encrypting when the peer has read.
    public func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable {
            unreadAnswerBytes = 0
            pump(context)
        }
        context.fireChannelWritabilityChanged()
    }

    /// Leaves the present state, its alarm with it.
    ///
    /// A closed connection keeps no TLS state.
    func enter(_ next: State) {
        switch state {
        case .handshaking(let alarm), .draining(let alarm), .lingering(let alarm):
            alarm?.cancel()
        case .idle, .open, .inputClosed, .outputClosed, .closed:
            break
        }
        state = next
        if case .closed = next { session = nil }
    }

    /// Calls `alarmRang` after `delay` if the state is then still the one that carries the result.
    func alarm(in delay: TimeAmount, _ context: ChannelHandlerContext) -> NIOScheduledCallback? {
        // Throws only on an event loop that is shutting down, which closes the channel itself.
        try? context.eventLoop.assumeIsolated().scheduleCallback(
            in: delay, handler: Alarm(handler: self, context: context))
    }

    private func alarmRang(_ context: ChannelHandlerContext) {
        switch state {
        case .handshaking:
            closeNow(context)
            context.fireErrorCaught(TLSError.handshakeTimedOut)
        case .draining:
            writes.fail(with: .closed)
            closeNow(context)
        case .lingering:
            closeNow(context)
        case .idle, .open, .inputClosed, .outputClosed, .closed:
            break
        }
    }

    private struct Alarm: NIOScheduledCallbackHandler {
        let handler: OpenSSLHandler
        let context: ChannelHandlerContext

        func handleScheduledCallback(eventLoop: some EventLoop) {
            handler.alarmRang(context)
        }
    }
}

/// The handler belongs to one event loop.
@available(*, unavailable)
extension OpenSSLHandler: Sendable {}
