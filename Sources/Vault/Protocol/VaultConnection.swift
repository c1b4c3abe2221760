public import NIOCore
import NIOPosix
import Synchronization

/// Whoever answers the requests of one table.
///
/// Called on the connection's event loop; must not block it.
protocol RequestHandler<Request>: Sendable {
    /// The table.
    associatedtype Request: WireTable
    /// Answers one request, now or later, exactly once, from any thread.
    func handle(_ request: Request, answer: @escaping @Sendable (VaultReply) -> Void)
}

/// The vault's end of one socket pair: reads requests of one table, hands them on, writes the replies.
///
/// A frame that the table does not list, or that is longer than the table allows, ends the connection and with it the
/// edge that sent it (OpenSSH's monitor does the same).
///
/// It hands on and reads no more while too many requests wait for their answers, or answers wait to be read: an edge that
/// asks and does not listen fills its own buffers and not the vault's memory. What one read of the socket has brought
/// waits as it came, so that not even answers that are there at once can be more than are waited for.
final class VaultConnection<Handler: RequestHandler>: ChannelDuplexHandler {
    /// What comes in.
    typealias InboundIn = Frame
    /// What goes out.
    typealias OutboundIn = ByteBuffer
    /// What is passed on.
    typealias OutboundOut = ByteBuffer
    /// Requests of one edge that may be under way.
    static var underWayMax: Int { 4_096 }
    /// Answers that may wait for the event loop, in bytes; the one with which they are that many comes on top.
    static var outboxBytesMax: Int { 4 << 20 }

    private let handler: Handler
    private var outbox: Outbox?
    private let underWay = UnderWay()
    /// What was read and is not handed on yet.
    private var frames = CircularBuffer<Frame>()
    private var isReadPutOff = false

    /// - Parameter handler: who answers.
    init(handler: Handler) {
        self.handler = handler
    }

    /// Adds the frame decoder and a connection handler to an edge's channel.
    static func install(on channel: any Channel, handler: Handler) throws {
        let sync = channel.pipeline.syncOperations
        let decoder = FrameDecoder(payloadBytesMax: { Handler.Request.payloadBytesMax($0) })
        try sync.addHandler(ByteToMessageHandler(decoder))
        try sync.addHandler(VaultConnection(handler: handler))
    }

    /// Answers on a connected socket, until the other end closes it.
    static func serve(_ descriptor: CInt, _ handler: Handler) {
        _ = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try install(on: channel, handler: handler)
                }
            }
            .withConnectedSocket(descriptor)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        outbox = Outbox(channel: context.channel)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        frames.append(unwrapInboundIn(data))
        handOn(context)
    }

    private func handOn(_ context: ChannelHandlerContext) {
        while hasRoom(context), let frame = frames.popFirst() { handle(frame, context) }
    }

    private func handle(_ frame: Frame, _ context: ChannelHandlerContext) {
        guard let outbox,
            let request = try? Handler.Request(kind: frame.kind, payload: frame.payload)
        else { return end(context) }
        let number = frame.number
        let underWay = underWay
        underWay.count.add(1, ordering: .relaxed)
        handler.handle(request) { reply in
            underWay.count.subtract(1, ordering: .relaxed)
            outbox.send(reply.withinLimits, number: number)
        }
    }

    func read(context: ChannelHandlerContext) {
        guard frames.isEmpty, hasRoom(context) else {
            isReadPutOff = true
            return
        }
        context.read()
    }

    /// Every answer is written, so that whatever made room comes by here.
    func write(
        context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?
    ) {
        context.write(data, promise: promise)
        catchUp(context)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        catchUp(context)
        context.fireChannelWritabilityChanged()
    }

    private func catchUp(_ context: ChannelHandlerContext) {
        handOn(context)
        guard isReadPutOff, frames.isEmpty, hasRoom(context) else { return }
        isReadPutOff = false
        context.read()
    }

    private func hasRoom(_ context: ChannelHandlerContext) -> Bool {
        context.channel.isWritable && underWay.count.load(ordering: .relaxed) < Self.underWayMax
            && (outbox?.waitingBytes ?? 0) < Self.outboxBytesMax
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        end(context)
    }

    func channelInactive(context: ChannelHandlerContext) {
        frames.removeAll()
        context.fireChannelInactive()
    }

    /// What else the edge has asked is not looked at.
    private func end(_ context: ChannelHandlerContext) {
        outbox = nil
        frames.removeAll()
        context.close(promise: nil)
    }
}

/// Requests that wait for their answers, counted from any thread.
private final class UnderWay: Sendable {
    let count = Atomic(0)
}

/// Gathers the frames that other threads want written, so that many answers cost one hop to the event loop and one
/// write.
public final class Outbox: Sendable {
    private struct State {
        var waiting: ByteBuffer?
        var isScheduled = false
    }

    /// Where the frames go.
    public let channel: any Channel
    private let state = Mutex(State())

    /// - Parameter channel: where the frames go.
    public init(channel: any Channel) {
        self.channel = channel
    }

    /// Bytes that wait for the event loop.
    var waitingBytes: Int { state.withLock { $0.waiting?.readableBytes ?? 0 } }

    /// Queues one frame.
    public func send(_ message: some WireTable, number: UInt32) {
        let mustSchedule = state.withLock { state in
            var buffer = state.waiting ?? channel.allocator.buffer(capacity: 32 << 10)
            state.waiting = nil
            buffer.writeFrame(number: number, kind: message.kind) { message.write(into: &$0) }
            state.waiting = buffer
            defer { state.isScheduled = true }
            return !state.isScheduled
        }
        if mustSchedule { channel.eventLoop.execute { self.flush() } }
    }

    private func flush() {
        let waiting = state.withLock { state in
            state.isScheduled = false
            defer { state.waiting = nil }
            return state.waiting
        }
        guard let waiting else { return }
        channel.writeAndFlush(waiting, promise: nil)
    }
}
