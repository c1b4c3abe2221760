import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// Ends connections whose peer is too slow: an idle one, a head that drips, a body that trickles, an answer that is not
/// read.
///
/// A deadline runs from the start of the connection and from the end of each answer to the next request's head; from
/// a head on, each `stepBytes` of body that arrive push it on by the same time. While an answer waits for the peer to read,
/// it has to get on by as much. So a phone on a bad line may take an hour over an attachment, while a peer that
/// does nothing useful is gone after one deadline, or two if it does not read. What we are slow at is not held against
/// it: an answer that we owe, and bytes that we do not take.
final class PeerDeadlineHandler: ChannelDuplexHandler, RemovableChannelHandler {
    /// What comes in.
    typealias InboundIn = HTTPRequestPart
    /// What goes out.
    typealias OutboundIn = HTTPResponsePart
    /// Bytes that must arrive, or leave, within one deadline.
    static let stepBytes = 4_096

    /// How far the answers have got.
    private struct Progress {
        /// Parts written so far: no more are while the system takes none.
        var parts = 0
        /// Bytes that the system has not taken.
        var waiting = Int.max

        /// Whether the peer has read something worth its place since then.
        func hasMoved(since before: Progress) -> Bool {
            parts > before.parts || waiting <= before.waiting - PeerDeadlineHandler.stepBytes
        }
    }

    private let deadline: TimeAmount
    private var scheduled: Scheduled<Void>?
    /// When the step that is under way has to be done.
    private var due = NIODeadline.distantFuture
    private var bytesSinceStep = 0
    private var wholeRequests = 0
    private var wholeAnswers = 0
    private var partsWritten = 0
    /// Whether the handlers above wait for what the peer sends.
    private var isAwaited = false
    private var before = Progress()

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

    func read(context: ChannelHandlerContext) {
        isAwaited = true
        context.read()
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        isAwaited = false
        context.fireChannelReadComplete()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head: if isOwed { start(context) }
        case .body(let bytes):
            bytesSinceStep += bytes.readableBytes
            if bytesSinceStep >= Self.stepBytes { start(context) }
        case .end: wholeRequests += 1
        }
        context.fireChannelRead(data)
    }

    func write(
        context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?
    ) {
        partsWritten += 1
        if case .end = unwrapOutboundIn(data) {
            wholeAnswers += 1
            start(context)
        }
        context.write(data, promise: promise)
    }

    /// Whether it is the peer's turn: all that it has asked whole is answered.
    private var isOwed: Bool { wholeRequests <= wholeAnswers }

    private func start(_ context: ChannelHandlerContext) {
        before = Progress(parts: partsWritten)
        begin(context)
    }

    /// Begins a step.
    ///
    /// The alarm that is set stays: when it goes off it is set anew for what is left, which is once in a deadline and not
    /// several times a request.
    private func begin(_ context: ChannelHandlerContext) {
        bytesSinceStep = 0
        due = .now() + deadline
        if scheduled == nil { setAlarm(context) }
    }

    private func setAlarm(_ context: ChannelHandlerContext) {
        scheduled = context.eventLoop.assumeIsolated().scheduleTask(deadline: due) {
            self.scheduled = nil
            if NIODeadline.now() >= self.due {
                self.passed(context)
            } else {
                self.setAlarm(context)
            }
        }
    }

    private func passed(_ context: ChannelHandlerContext) {
        let waiting = try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)
        let now = Progress(parts: partsWritten, waiting: waiting ?? 0)
        let isTheirTurn = isOwed && isAwaited
        let goesOn = now.waiting > 0 ? now.hasMoved(since: before) : !isTheirTurn
        guard goesOn else {
            context.channel.close(promise: nil)
            return
        }
        before = now
        begin(context)
    }

    private func stop() {
        scheduled?.cancel()
        scheduled = nil
    }
}
