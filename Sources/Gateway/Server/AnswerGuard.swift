import HTTPTypes
import NIOCore
import NIOHTTP1
import NIOHTTPTypes

/// Keeps the answers of a connection in order: each request gets one, all carry the same headers, and the connection
/// ends behind the one that says so.
///
/// What is no request ends at the parser, below the routes, and the framework answers it with a bare 400. That becomes a
/// problem like all others; where the request had been answered before its body broke, it is left out.
final class AnswerGuard: ChannelDuplexHandler, RemovableChannelHandler {
    /// What comes in.
    typealias InboundIn = HTTPRequestPart
    /// What is passed on.
    typealias InboundOut = HTTPRequestPart
    /// What goes out.
    typealias OutboundIn = HTTPResponsePart
    /// What is passed on.
    typealias OutboundOut = HTTPResponsePart

    private var begun = 0
    private var answered = 0
    private var unreadBytes = 0
    private var isReadingBody = false
    private var isBodyBroken = false
    private var isLeavingOut = false
    private var closing = Closing.keep

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head:
            begun += 1
            isReadingBody = true
            unreadBytes = 0
        case .body(let bytes): passOver(bytes, context)
        case .end: isReadingBody = false
        }
        context.fireChannelRead(data)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if isReadingBody, error is HTTPParserError { isBodyBroken = true }
        context.fireErrorCaught(error)
    }

    func write(
        context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?
    ) {
        switch unwrapOutboundIn(data) {
        case .head(let head) where head.headerFields.haveSecurity:
            writeOwn(head, context, promise)
        case .head: writeProblem(context, promise)
        case .body where isLeavingOut: promise?.succeed()
        case .body: context.write(data, promise: promise)
        case .end where isLeavingOut:
            promise?.succeed()
            Closing.linger.apply(to: context.channel)
        case .end: writeEnd(data, context, promise)
        }
    }

    /// Ends a connection that goes on and on with a body whose answer has been given.
    private func passOver(_ bytes: ByteBuffer, _ context: ChannelHandlerContext) {
        guard answered == begun else { return }
        let before = unreadBytes
        unreadBytes += bytes.readableBytes
        let limit = HTTPLimits.unreadBytesMax
        if before <= limit, unreadBytes > limit { Closing.linger.apply(to: context.channel) }
    }

    private func writeOwn(
        _ head: HTTPResponse, _ context: ChannelHandlerContext, _ promise: EventLoopPromise<Void>?
    ) {
        answered += 1
        var head = head
        // Nobody knows where the next request would begin.
        if isBodyBroken, answered == begun { head.headerFields[.connection] = "close" }
        closing = Closing(head, isReadingBody: isReadingBody)
        context.write(wrapOutboundOut(.head(head)), promise: promise)
    }

    private func writeProblem(
        _ context: ChannelHandlerContext, _ promise: EventLoopPromise<Void>?
    ) {
        guard !isBodyBroken || answered < begun else {
            isLeavingOut = true
            promise?.succeed()
            return
        }
        let problem = Problem.malformed
        closing = .linger
        context.write(wrapOutboundOut(.head(problem.lastHead)), promise: promise)
        let body = context.channel.allocator.buffer(bytes: problem.document)
        context.write(wrapOutboundOut(.body(body)), promise: nil)
    }

    private func writeEnd(
        _ end: NIOAny, _ context: ChannelHandlerContext, _ promise: EventLoopPromise<Void>?
    ) {
        guard closing != .keep else {
            context.write(end, promise: promise)
            return
        }
        // Not before the system has taken the last byte: a slow line would get half a page.
        let sent = promise ?? context.eventLoop.makePromise(of: Void.self)
        let (channel, closing) = (context.channel, closing)
        sent.futureResult.whenComplete { _ in closing.apply(to: channel) }
        context.write(end, promise: sent)
    }
}

/// How a connection goes on after an answer.
private enum Closing {
    case keep, now, linger

    /// An answer to a body that was not read to its end lingers: closing at once would reset the
    /// connection, and the sender might never see why.
    ///
    /// All others that say "close" end at once, so that no buffer outlives its request.
    init(_ response: HTTPResponse, isReadingBody: Bool) {
        self =
            switch (response.headerFields[.connection], response.status) {
            case ("close", .contentTooLarge): .linger
            case ("close", .serviceUnavailable) where isReadingBody: .linger
            case ("close", _): .now
            default: .keep
            }
    }

    func apply(to channel: any Channel) {
        switch self {
        case .keep: break
        case .now: channel.close(promise: nil)
        case .linger:
            channel.close(mode: .output, promise: nil)
            channel.eventLoop.scheduleTask(in: HTTPLimits.linger) { channel.close(promise: nil) }
        }
    }
}
