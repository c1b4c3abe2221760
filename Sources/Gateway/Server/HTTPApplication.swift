import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore

/// The context of one request: the base, its connection, and what its body holds.
struct GatewayContext: RequestContext {
    /// What a context is made of.
    struct Source: RequestContextSource {
        let channel: any Channel
        let hold: BodyHold
        let logger: Logger
    }

    /// Hummingbird's own storage.
    var coreContext: CoreRequestContextStorage
    /// The connection, for the staff routes to ask TLS whom it saw.
    let channel: any Channel
    /// Counts what is kept of the body until there is an answer.
    let hold: BodyHold
    /// The request's method, which `Routes` looks at after the address.
    var method = HTTPRequest.Method.get

    /// Keeps the connection and the hold beside Hummingbird's own storage.
    init(source: Source) {
        coreContext = .init(source: source)
        channel = source.channel
        hold = source.hold
    }
}

/// Limits of an HTTP connection.
enum HTTPLimits {
    /// One header field, in bytes.
    static let headerFieldBytesMax = 16 << 10
    /// All header fields of a request, in bytes.
    static let headerBytesMax = 24 << 10
    /// Header fields of a request.
    static let headerFieldsMax = 64
    /// Bytes of a body that still come after its answer and are passed over, so that the connection can go on.
    static let unreadBytesMax = 1 << 20
    /// How long a sender whose body was refused half-read may take to read the answer.
    static let linger = TimeAmount.seconds(2)
}

/// Makes the HTTP/1.1 channel that answers with routes.
enum HTTPApplication {
    /// A child channel for `InheritedServer`, to be wrapped in TLS.
    ///
    /// - Parameters:
    ///   - routes: what there is.
    ///   - bodies: what all connections of the edge may hold.
    ///   - deadline: see `PeerDeadlineHandler`.
    ///   - closesAfterBodies: whether a connection ends with the answer to a request that had a body. Without TLS a
    ///     request's bytes stay in the socket's read buffer for as long as the connection does.
    ///   - logger: for the framework's own notes, which name nobody.
    static func channel(
        routes: Routes, bodies: BodyBudget, deadline: TimeAmount, logger: Logger,
        closesAfterBodies: Bool = false
    ) -> GuardedChannel {
        let responder = routes.responder
        let channel = HTTP1Channel(
            responder: { request, writer, channel in
                let leave: @Sendable () -> Void = {
                    channel.pipeline.fireErrorCaught(BodyMadeRoom())
                }
                var response = try await bodies.holding(leave: leave) { hold in
                    let source = GatewayContext.Source(channel: channel, hold: hold, logger: logger)
                    let context = GatewayContext(source: source)
                    return try await responder.respond(to: request, context: context)
                }
                if request.method == .head { response = response.createHeadResponse() }
                response.headers[.date] = nil
                if request.headers[.connection] == "close" {
                    response.headers[.connection] = "close"
                }
                let hasBody = request.method != .get && request.method != .head
                if closesAfterBodies, hasBody { response.headers[.connection] = "close" }
                try await writer.write(response: response.head, body: response.body)
            },
            configuration: .init(
                additionalChannelHandlers: [
                    HeadFilter(), AnswerGuard(), PeerDeadlineHandler(deadline: deadline),
                ],
                httpDecoderConfiguration: .init(
                    maxHeaderFieldSize: HTTPLimits.headerFieldBytesMax,
                    maxHeaderListSize: HTTPLimits.headerBytesMax,
                    maxHeaderFieldCount: HTTPLimits.headerFieldsMax)))
        return GuardedChannel(base: channel)
    }
}
