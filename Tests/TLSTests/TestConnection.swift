import NIOCore
import NIOEmbedded

@testable import TLS

/// The socket's side of the handler: keeps what would be sent and says when it is too much.
final class SocketTap: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer

    private(set) var unsent: [UInt8] = []
    private var promises: [EventLoopPromise<Void>] = []
    private var flushed = 0
    var mostUnsent = 0
    var closes: [CloseMode] = []
    var reads = 0
    /// The memory of the largest write, in bytes.
    var mostCapacity = 0
    /// Writability goes at this many unsent bytes.
    let highWaterBytes = Limits.waitingBytes.high

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let bytes = unwrapOutboundIn(data)
        unsent += bytes.readableBytesView
        mostCapacity = max(mostCapacity, bytes.storageCapacity)
        mostUnsent = max(mostUnsent, unsent.count)
        if let promise { promises.append(promise) }
        setWritability(context)
    }

    func flush(context: ChannelHandlerContext) {
        flushed = unsent.count
        if flushed == 0 { completePromises() }
    }

    func read(context: ChannelHandlerContext) {
        reads += 1
    }

    func channelInactive(context: ChannelHandlerContext) {
        // As a socket does with what it never sent.
        let lost = promises
        promises = []
        for promise in lost { promise.fail(ChannelError.ioOnClosedChannel) }
        context.fireChannelInactive()
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        closes.append(mode)
        if mode == .all {
            context.close(mode: mode, promise: promise)
        } else {
            promise?.succeed()
        }
    }

    /// Lets the system take up to `limit` flushed bytes.
    func send(upTo limit: Int = .max, _ context: ChannelHandlerContext) -> [UInt8] {
        let count = min(limit, flushed)
        let sent = [UInt8](unsent.prefix(count))
        unsent.removeFirst(count)
        flushed -= count
        if unsent.isEmpty { completePromises() }
        setWritability(context)
        return sent
    }

    private func completePromises() {
        let done = promises
        promises = []
        for promise in done { promise.succeed() }
    }

    private func setWritability(_ context: ChannelHandlerContext) {
        guard let channel = context.channel as? EmbeddedChannel else { return }
        let isWritable = unsent.count < highWaterBytes
        guard channel.isWritable != isWritable else { return }
        channel.isWritable = isWritable
        context.fireChannelWritabilityChanged()
    }
}

/// The application's side of the handler: notes what comes up.
final class ApplicationTap: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    var received: [UInt8] = []
    var completions = 0
    var errors: [TLSError] = []
    var handshake: TLSHandshakeCompleted?
    var inputClosed = 0
    var echoes = false
    var isInactive = false

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data)
        received += bytes.readableBytesView
        if echoes { context.write(wrapOutboundOut(bytes), promise: nil) }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        completions += 1
        if echoes { context.flush() }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let done = event as? TLSHandshakeCompleted { handshake = done }
        if let event = event as? ChannelEvent, event == .inputClosed { inputClosed += 1 }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if let error = error as? TLSError { errors.append(error) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        isInactive = true
    }
}

/// A server's handler and a client in memory, joined.
final class TestConnection {
    let channel: EmbeddedChannel
    let socket = SocketTap()
    let application = ApplicationTap()
    let handler: OpenSSLHandler
    let peer: TestPeer
    /// Stands for NIO's automatic reading.
    var readsAutomatically = true

    init(
        context: TLSContext, offer: TestPeer.Offer = .init(), allowsHalfClosure: Bool = true
    ) throws {
        peer = try TestPeer(offer)
        handler = OpenSSLHandler(context: context)
        channel = EmbeddedChannel()
        try channel.pipeline.syncOperations.addHandlers(socket, handler, application)
        try channel.syncOptions?.setOption(
            .allowRemoteHalfClosure, value: allowsHalfClosure)
        channel.connect(to: try SocketAddress(unixDomainSocketPath: "/peer"), promise: nil)
    }

    deinit {
        // A channel that was never closed keeps its handlers: it would look like our leak.
        try? context(of: socket).close(promise: nil)
        channel.embeddedEventLoop.advanceTime(by: .hours(1))
    }

    /// A connection whose handshake is done.
    static func open(
        context: TLSContext? = nil, offer: TestPeer.Offer = .init(),
        allowsHalfClosure: Bool = true
    ) throws -> TestConnection {
        let made = try TestConnection(
            context: try context ?? .forTests(), offer: offer,
            allowsHalfClosure: allowsHalfClosure)
        made.exchange()
        return made
    }

    func context(of handler: any ChannelHandler) throws -> ChannelHandlerContext {
        try channel.pipeline.syncOperations.context(handler: handler)
    }

    /// Carries bytes both ways until both are silent.
    func exchange() {
        for _ in 0..<64 {
            peer.handshake()
            let up = peer.take()
            if !up.isEmpty { receive(up) }
            guard carryDown() || !up.isEmpty else { return }
        }
    }

    /// Gives the handler bytes from the socket.
    func receive(_ bytes: [UInt8]) {
        if readsAutomatically { channel.pipeline.read() }
        channel.pipeline.fireChannelRead(ByteBuffer(bytes: bytes))
        channel.pipeline.fireChannelReadComplete()
        channel.embeddedEventLoop.run()
    }

    /// Gives the peer what the handler sent.
    func carryDown(upTo limit: Int = .max) -> Bool {
        guard let context = try? context(of: socket) else { return false }
        let down = socket.send(upTo: limit, context)
        channel.embeddedEventLoop.run()
        peer.give(down)
        return !down.isEmpty
    }

    func endOfStream() {
        channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        channel.embeddedEventLoop.run()
    }

    func write(_ bytes: [UInt8], _ promise: EventLoopPromise<Void>? = nil) {
        channel.pipeline.writeAndFlush(ByteBuffer(bytes: bytes), promise: promise)
        channel.embeddedEventLoop.run()
    }

    func close(_ mode: CloseMode = .all) -> EventLoopFuture<Void> {
        let closed = channel.pipeline.close(mode: mode)
        channel.embeddedEventLoop.run()
        return closed
    }
}

extension TLSContext {
    static func forTests(_ clients: ClientCertificates = .none) throws -> TLSContext {
        try TLSContext(
            certificateChain: TestPair.server.certificate, privateKey: TestPair.server.key,
            clientCertificates: clients)
    }
}
