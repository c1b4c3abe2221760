public import NIOCore

extension OpenSSLHandler {
    /// Closes one direction or both, as the type's description says.
    ///
    /// The promise of `.all` is completed when the socket is closed, at the latest after
    /// `TLSTimeouts.drain` and `TLSTimeouts.linger`.
    public func close(
        context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?
    ) {
        switch mode {
        case .all: closeAll(promise, context)
        case .output: closeOutput(promise, context)
        case .input: closeInput(promise, context)
        }
    }

    private func closeAll(_ promise: EventLoopPromise<Void>?, _ context: ChannelHandlerContext) {
        if case .closed = state {
            context.close(mode: .all, promise: promise)
            return
        }
        closePromises.join(promise)
        switch state {
        case .idle, .handshaking:
            writes.fail(with: .closed)
            closeNow(context)
        case .open, .inputClosed:
            beginDraining(context)
            flushWanted = true
            pump(context)
            limitDraining(context)
        case .outputClosed:
            beginDraining(context)
            if endOfStreamSent { linger(context) }
            limitDraining(context)
        case .draining, .lingering, .closed:
            break
        }
    }

    private func closeOutput(_ promise: EventLoopPromise<Void>?, _ context: ChannelHandlerContext) {
        switch state {
        case .open, .inputClosed:
            closeOutputPromises.join(promise)
            outputCloseWanted = true
            flushWanted = true
            pump(context)
        case .outputClosed:
            promise?.fail(ChannelError.outputClosed)
        case .idle, .handshaking, .draining, .lingering, .closed:
            closeAll(promise, context)
        }
    }

    /// Reads no more for the handlers above; TLS has no way to tell the peer.
    private func closeInput(_ promise: EventLoopPromise<Void>?, _ context: ChannelHandlerContext) {
        switch state {
        case .open:
            enter(.inputClosed)
            promise?.succeed()
            context.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        case .inputClosed:
            promise?.fail(ChannelError.inputClosed)
        case .idle, .handshaking, .outputClosed, .draining, .lingering, .closed:
            closeAll(promise, context)
        }
    }

    /// The peer's close_notify came: the only sign that what it sent is whole.
    func peerHasClosed(_ context: ChannelHandlerContext) {
        peerClosed = true
        guard case .open = state, allowsHalfClosure(context) else {
            completeDelivery(context)
            closeAll(nil, context)
            return
        }
        enter(.inputClosed)
        completeDelivery(context)
        context.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
    }

    /// The peer's end of stream came below TLS.
    func endOfStream(_ context: ChannelHandlerContext) {
        sawEndOfStream = true
        switch state {
        case .handshaking:
            fail(with: .handshakeTruncated, context)
        case .open, .outputClosed:
            // Kept-back records may still hold the close_notify.
            if session?.hasInput != true { fail(with: .truncated, context) }
        case .lingering:
            closeNow(context)
        case .idle, .inputClosed, .draining, .closed:
            break
        }
    }

    /// Called when all that was written has been encrypted: now the closing that waited goes on.
    func finishOutput(_ context: ChannelHandlerContext) {
        switch state {
        case .draining where !lastRecordsSent && !endOfStreamSent:
            session?.closeNotify()
            sendLastRecords(context)
        case .inputClosed where outputCloseWanted:
            closePromises.join(closeOutputPromises.take())
            closeAll(nil, context)
        case .open where outputCloseWanted:
            session?.closeNotify()
            enter(.outputClosed)
            endOutput(context)
        case .idle, .handshaking, .open, .inputClosed, .outputClosed, .draining, .lingering,
            .closed:
            break
        }
    }

    /// Ends the connection because of an error: sends the alert that OpenSSL may have left.
    func fail(with error: TLSError, _ context: ChannelHandlerContext) {
        switch state {
        case .closed, .draining, .lingering:
            return
        case .outputClosed:
            writes.fail(with: error)
            closeNow(context)
        case .idle, .handshaking, .open, .inputClosed:
            writes.fail(with: error)
            if session?.outboundBytes ?? 0 > 0, !sawEndOfStream {
                beginDraining(context)
                sendLastRecords(context)
                limitDraining(context)
            } else {
                closeNow(context)
            }
        }
        context.fireErrorCaught(error)
    }

    private func beginDraining(_ context: ChannelHandlerContext) {
        enter(.draining(nil))
    }

    /// Limits the draining, unless it was done at once, which is the rule.
    private func limitDraining(_ context: ChannelHandlerContext) {
        guard case .draining(nil) = state else { return }
        enter(.draining(alarm(in: timeouts.drain, context)))
    }

    /// Sends our last records and goes on when the system has taken them and all before them.
    private func sendLastRecords(_ context: ChannelHandlerContext) {
        lastRecordsSent = true
        let records = session?.takeOutbound() ?? ByteBuffer()
        let taken = context.eventLoop.makePromise(of: Void.self)
        taken.futureResult.assumeIsolated().whenComplete { result in
            guard case .draining = self.state else { return }
            switch result {
            case .success: self.linger(context)
            case .failure: self.closeNow(context)
            }
        }
        context.writeAndFlush(wrapOutboundOut(records), promise: taken)
    }

    /// Ends our direction while the peer may go on talking.
    private func endOutput(_ context: ChannelHandlerContext) {
        if let records = session?.takeOutbound() {
            context.write(wrapOutboundOut(records), promise: nil)
        }
        context.flush()
        closeOutputPromises.join(nil)
        let ended = context.eventLoop.makePromise(of: Void.self)
        ended.futureResult.cascade(to: closeOutputPromises.take())
        ended.futureResult.assumeIsolated().whenComplete { _ in
            self.endOfStreamSent = true
            if case .draining = self.state { self.linger(context) }
        }
        context.close(mode: .output, promise: ended)
    }

    /// Sends our end of stream and waits for the peer's.
    private func linger(_ context: ChannelHandlerContext) {
        guard !peerClosed, !sawEndOfStream else {
            closeNow(context)
            return
        }
        enter(.lingering(alarm(in: timeouts.linger, context)))
        session = nil
        if !endOfStreamSent {
            endOfStreamSent = true
            context.close(mode: .output, promise: nil)
        }
        if case .lingering = state { context.read() }
    }

    func closeNow(_ context: ChannelHandlerContext) {
        enter(.closed)
        context.close(mode: .all, promise: closePromises.take())
    }

    private func allowsHalfClosure(_ context: ChannelHandlerContext) -> Bool {
        let option = try? context.channel.syncOptions?.getOption(.allowRemoteHalfClosure)
        return option ?? false
    }
}
