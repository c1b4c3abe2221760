public import NIOCore

extension OpenSSLHandler {
    /// Takes plaintext to be encrypted.
    ///
    /// The promise fails with `TLSError.tooMuchWrittenEarly` or `closed`, or with
    /// `ChannelError.outputClosed`.
    public func write(
        context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?
    ) {
        let bytes = unwrapOutboundIn(data)
        switch state {
        case .idle, .handshaking:
            guard writes.bytes + bytes.readableBytes <= Limits.earlyWriteBytesMax else {
                promise?.fail(TLSError.tooMuchWrittenEarly)
                return
            }
        case .open, .inputClosed:
            guard !outputCloseWanted else {
                promise?.fail(ChannelError.outputClosed)
                return
            }
        case .outputClosed:
            promise?.fail(ChannelError.outputClosed)
            return
        case .draining, .lingering, .closed:
            promise?.fail(TLSError.closed)
            return
        }
        writes.append(bytes, promise)
        // Much that is not flushed goes to the channel all the same: its writability counts it.
        if writes.bytes >= Limits.batchPlaintextBytes { pump(context) }
    }

    /// Encrypts what was written and has the socket send it.
    public func flush(context: ChannelHandlerContext) {
        flushWanted = true
        pump(context)
    }

    /// Whether `writes` may be encrypted now.
    private var canWrite: Bool {
        switch state {
        case .open, .inputClosed, .draining: true
        case .idle, .handshaking, .outputClosed, .lingering, .closed: false
        }
    }

    /// Encrypts and sends what was written, while the channel is writable.
    func pump(_ context: ChannelHandlerContext) {
        guard !isPumping, canWrite else { return }
        isPumping = true
        repeat {
            while !writes.isEmpty, context.channel.isWritable, let session, canWrite {
                sendBatch(session, context)
            }
            if flushWanted {
                flushWanted = !writes.isEmpty
                context.flush()
            }
        } while !writes.isEmpty && context.channel.isWritable && canWrite && session != nil
        isPumping = false
        if writes.isEmpty { finishOutput(context) }
    }

    private func sendBatch(_ session: Session, _ context: ChannelHandlerContext) {
        var sent = JoinedPromise()
        var room = Limits.batchPlaintextBytes
        while room > 0, !writes.isEmpty {
            let plaintext = writes.next(upTo: room, joining: &sent)
            room -= max(plaintext.readableBytes, 1)
            if let failure = session.encrypt(plaintext) {
                sent.take()?.fail(TLSError.recordRefused(failure))
                fail(with: .recordRefused(failure), context)
                return
            }
        }
        let records = session.takeOutbound()
        let promise = sent.take()
        guard records != nil || promise != nil else { return }
        context.write(wrapOutboundOut(records ?? ByteBuffer()), promise: promise)
    }
}

/// What the application has written and OpenSSL has not encrypted.
struct PendingWrites {
    private var queue = CircularBuffer<(bytes: ByteBuffer, promise: EventLoopPromise<Void>?)>(
        initialCapacity: 2)
    /// Plaintext waiting, in bytes.
    private(set) var bytes = 0

    var isEmpty: Bool { queue.isEmpty }

    mutating func append(_ plaintext: ByteBuffer, _ promise: EventLoopPromise<Void>?) {
        bytes += plaintext.readableBytes
        queue.append((plaintext, promise))
    }

    /// Takes at most `limit` bytes.
    ///
    /// Small writes come together, up to one record; of a large one comes the beginning. Joins the
    /// promises of the writes that this completes.
    mutating func next(upTo limit: Int, joining sent: inout JoinedPromise) -> ByteBuffer {
        guard var (first, promise) = queue.popFirst() else { return ByteBuffer() }
        if first.readableBytes > limit, let beginning = first.readSlice(length: limit) {
            queue.prepend((first, promise))
            bytes -= limit
            return beginning
        }
        sent.join(promise)
        let recordBytes = min(limit, Limits.recordPlaintextBytes)
        while let (more, _) = queue.first,
            first.readableBytes + more.readableBytes <= recordBytes
        {
            promise = queue.removeFirst().promise
            sent.join(promise)
            first.writeImmutableBuffer(more)
        }
        bytes -= first.readableBytes
        return first
    }

    mutating func fail(with error: TLSError) {
        bytes = 0
        let failed = queue
        queue.removeAll()
        for write in failed { write.promise?.fail(error) }
    }
}

/// Several promises completed as one; costs nothing while there are none.
struct JoinedPromise {
    private var promise: EventLoopPromise<Void>?

    mutating func join(_ other: EventLoopPromise<Void>?) {
        guard let promise else {
            promise = other
            return
        }
        promise.futureResult.cascade(to: other)
    }

    mutating func take() -> EventLoopPromise<Void>? { promise.take() }
}
