import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// Ends connections whose peer is too slow: an idle one, a head that drips, a body that trickles.
///
/// A deadline runs from the start of the connection and from the end of each answer to the next request's head; from
/// a head on, each `stepBytes` of body that arrive push it on by the same time. So a phone on a bad line may take an
/// hour over an attachment, while a peer that sends nothing useful is gone after one deadline.
final class PeerDeadlineHandler: ChannelDuplexHandler, RemovableChannelHandler {
    /// What comes in.
    typealias InboundIn = HTTPRequestPart
    /// What goes out.
    typealias OutboundIn = HTTPResponsePart
    /// Body bytes that must arrive within one deadline.
    static let stepBytes = 4_096

    private let deadline: TimeAmount
    private var scheduled: Scheduled<Void>?
    private var bytesSinceStep = 0

    /// - Parameter deadline: how long one step may take.
    init(deadline: TimeAmount) {
        self.deadline = deadline
    }

    func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive { start(context) }
    }

    func channelActive(context: ChannelHandlerContext) {
        start(context)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        stop()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        stop()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head: start(context)
        case .body(let bytes):
            bytesSinceStep += bytes.readableBytes
            if bytesSinceStep >= Self.stepBytes { start(context) }
        case .end: stop()
        }
        context.fireChannelRead(data)
    }

    func write(
        context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?
    ) {
        if case .end = unwrapOutboundIn(data) { start(context) }
        context.write(data, promise: promise)
    }

    private func start(_ context: ChannelHandlerContext) {
        stop()
        let channel = context.channel
        scheduled = context.eventLoop.scheduleTask(in: deadline) { channel.close(promise: nil) }
    }

    private func stop() {
        bytesSinceStep = 0
        scheduled?.cancel()
        scheduled = nil
    }
}
