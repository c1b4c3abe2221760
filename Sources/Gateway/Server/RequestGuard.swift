import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPTypes

/// Refuses what the parser lets through and HTTP does not, while version and header fields are still as they came.
///
/// What it refuses goes the way of the parser's own errors, so that it is answered in its turn.
final class RequestGuard: ChannelDuplexHandler, RemovableChannelHandler {
    /// What comes in.
    typealias InboundIn = HTTPServerRequestPart
    /// What is passed on.
    typealias InboundOut = HTTPServerRequestPart
    /// What goes out.
    typealias OutboundIn = HTTPServerResponsePart
    /// What is passed on.
    typealias OutboundOut = HTTPServerResponsePart

    private var isRefused = false
    private var unanswered = 0

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isRefused else { return }
        guard case .head(var head) = unwrapInboundIn(data) else {
            context.fireChannelRead(data)
            return
        }
        guard head.hasOneHost, head.hasKnownCoding else {
            isRefused = true
            context.fireErrorCaught(HTTPParserError.invalidHeaderToken)
            return
        }
        unanswered += 1
        if head.waitsForContinue, unanswered == 1 {
            let head = HTTPResponseHead(version: .http1_1, status: .continue)
            context.writeAndFlush(wrapOutboundOut(.head(head)), promise: nil)
        }
        if head.isLast { head.headers.replaceOrAdd(name: "Connection", value: "close") }
        context.fireChannelRead(wrapInboundOut(.head(head)))
    }

    func write(
        context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?
    ) {
        if case .end = unwrapOutboundIn(data) { unanswered -= 1 }
        context.write(data, promise: promise)
    }
}

extension HTTPRequestHead {
    /// Exactly one, and one that can be a name (RFC 9112 §3.2), in HTTP/1.0 as well: nobody who means this gateway
    /// leaves it out.
    fileprivate var hasOneHost: Bool {
        let hosts = headers["Host"]
        return hosts.count == 1 && !hosts[0].isEmpty && hosts[0].utf8.allSatisfy(Self.isOfHost)
    }

    /// None but "chunked", once; HTTP/1.0 has none at all (RFC 9112 §6.1).
    fileprivate var hasKnownCoding: Bool {
        let codings = headers["Transfer-Encoding"]
        guard let coding = codings.first else { return true }
        return codings.count == 1 && coding.lowercased() == "chunked" && version == .http1_1
    }

    /// Whether the sender holds its body back until it hears that it may come (RFC 9110 §10.1.1).
    fileprivate var waitsForContinue: Bool {
        version == .http1_1 && headers["Expect"].map { $0.lowercased() } == ["100-continue"]
    }

    /// Whether no request can follow: the parser reads nothing behind what could change the protocol.
    fileprivate var isLast: Bool {
        !isKeepAlive || version != .http1_1 || method == .CONNECT
            || headers.contains(name: "Upgrade")
    }

    private static func isOfHost(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "-._~:%[]!$&'()*+;=".utf8.contains(byte)
        }
    }
}

/// Hummingbird's HTTP/1.1 channel with a `RequestGuard` behind the parser, where it has no place for one.
struct GuardedChannel: ServerChildChannel {
    /// What the wrapped channel hands to its handler.
    typealias Value = HTTP1Channel.Value
    let base: HTTP1Channel

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        base.setup(channel: channel, logger: logger).flatMapThrowing { value in
            let pipeline = channel.pipeline.syncOperations
            let parser = try pipeline.handler(type: ByteToMessageHandler<HTTPRequestDecoder>.self)
            try pipeline.addHandler(RequestGuard(), position: .after(parser))
            return value
        }
    }

    func handle(value: Value, logger: Logger) async {
        await base.handle(value: value, logger: logger)
    }
}
