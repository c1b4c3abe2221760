public import NIOCore

extension OpenSSLHandler {
    /// Whether plaintext may still come from the peer.
    var canRead: Bool {
        switch state {
        case .open, .outputClosed: true
        case .idle, .handshaking, .inputClosed, .draining, .lingering, .closed: false
        }
    }

    /// Hands up what was kept back, and asks the socket for more.
    public func read(context: ChannelHandlerContext) {
        readWanted = true
        if canRead, session?.hasInput == true {
            // Kept back until now because nobody had asked.
            deliver(context)
            completeDelivery(context)
        }
        context.read()
    }

    /// Takes ciphertext from the socket.
    public func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch state {
        case .handshaking:
            guard let session = session ?? makeSession(context) else { return }
            session.receive(unwrapInboundIn(data))
            continueHandshake(session, context)
        case .open, .outputClosed:
            session?.receive(unwrapInboundIn(data))
            if readWanted { deliver(context) }
        case .idle, .inputClosed, .draining, .lingering, .closed:
            // Nothing that comes now has a meaning: it is read so that no reset is sent.
            break
        }
    }

    /// Sends what the records read call for, and asks for more where the state needs it.
    public func channelReadComplete(context: ChannelHandlerContext) {
        sendAnswers(context)
        guard !hasDelivered else {
            completeDelivery(context)
            return
        }
        let needsMore =
            switch state {
            case .open, .outputClosed: readWanted
            case .handshaking, .inputClosed, .draining, .lingering: true
            case .idle, .closed: false
            }
        if needsMore { context.read() }
    }

    func beginHandshake(_ context: ChannelHandlerContext) {
        guard case .idle = state else { return }
        enter(.handshaking(alarm(in: timeouts.handshake, context)))
    }

    private func makeSession(_ context: ChannelHandlerContext) -> Session? {
        do {
            let made = try Session(context: rules, allocator: context.channel.allocator)
            session = made
            return made
        } catch {
            fail(with: error, context)
            return nil
        }
    }

    private func continueHandshake(_ session: Session, _ context: ChannelHandlerContext) {
        switch session.handshake() {
        case .needsInput:
            break
        case .closeNotify:
            fail(with: .handshakeTruncated, context)
        case .failed(let failure):
            fail(with: .handshakeFailed(failure), context)
        case nil:
            finishHandshake(session, context)
        }
    }

    private func finishHandshake(_ session: Session, _ context: ChannelHandlerContext) {
        let outcome = session.outcome
        if case .required = rules.clientCertificates, outcome.peer == nil {
            // OpenSSL refuses this itself; a slip there must not let anybody in.
            let reason = TLSFailure(library: 0, reason: 0, text: "no client certificate")
            fail(with: .handshakeFailed(reason), context)
            return
        }
        peerIdentity = outcome.peer
        enter(.open)
        context.fireUserInboundEventTriggered(outcome)
        pump(context)
        if canRead, readWanted, session.hasInput { deliver(context) }
    }

    /// Decrypts what has come and hands it up.
    func deliver(_ context: ChannelHandlerContext) {
        guard let session else { return }
        let (plaintext, stop) = session.decrypt(allocator: context.channel.allocator)
        if plaintext.readableBytes > 0 {
            hasDelivered = true
            context.fireChannelRead(wrapInboundOut(plaintext))
        }
        // The handlers above may have closed the connection meanwhile.
        guard canRead else { return }
        switch stop {
        case .needsInput:
            boundAnswers(session, context)
            if canRead, sawEndOfStream { fail(with: .truncated, context) }
        case .closeNotify:
            peerHasClosed(context)
        case .failed(let failure):
            fail(with: .recordRefused(failure), context)
        }
    }

    /// Tells the handlers above that this was all for now.
    func completeDelivery(_ context: ChannelHandlerContext) {
        guard hasDelivered else { return }
        hasDelivered = false
        readWanted = false
        sendAnswers(context)
        context.fireChannelReadComplete()
    }

    /// Sends what reading made OpenSSL say: its part of the handshake, alerts, key updates.
    private func sendAnswers(_ context: ChannelHandlerContext) {
        guard let records = session?.takeOutbound() else { return }
        context.writeAndFlush(wrapOutboundOut(records), promise: nil)
    }

    /// A peer that asks for answers and does not read them would fill our memory.
    private func boundAnswers(_ session: Session, _ context: ChannelHandlerContext) {
        guard session.outboundBytes > 0, !context.channel.isWritable else { return }
        unreadAnswerBytes += session.outboundBytes
        if unreadAnswerBytes > Limits.unreadAnswerBytesMax {
            fail(with: .answersNotRead, context)
        }
    }
}
