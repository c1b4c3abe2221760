import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore

/// The context of one request: the base, and its connection.
struct GatewayContext: RequestContext {
    /// Hummingbird's own storage.
    var coreContext: CoreRequestContextStorage
    /// The connection, for the staff routes to ask TLS whom it saw.
    let channel: any Channel
    /// The request's method, which `Routes` looks at after the address.
    var method = HTTPRequest.Method.get

    /// Keeps the connection beside Hummingbird's own storage.
    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        channel = source.channel
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
    /// How long a sender whose body was refused half-read may take to read the answer.
    static let linger = TimeAmount.seconds(2)
}

/// How a connection goes on after an answer.
private enum Closing {
    case keep, now, linger

    /// An answer to a body that was not read to its end lingers: closing at once would reset the
    /// connection, and the sender might never see why.
    ///
    /// All others that say "close" end at once, so that no buffer outlives its request.
    init(_ response: Response) {
        self =
            switch (response.headers[.connection], response.status) {
            case ("close", .contentTooLarge): .linger
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

/// Makes the HTTP/1.1 channel that answers with routes.
enum HTTPApplication {
    /// A child channel for `InheritedServer`, to be wrapped in TLS.
    ///
    /// - Parameters:
    ///   - routes: what there is.
    ///   - deadline: see `PeerDeadlineHandler`.
    ///   - closesAfterBodies: whether a connection ends with the answer to a request that had a body. Without TLS a
    ///     request's bytes stay in the socket's read buffer for as long as the connection does.
    ///   - logger: for the framework's own notes, which name nobody.
    static func channel(
        routes: Routes, deadline: TimeAmount, logger: Logger,
        closesAfterBodies: Bool = false
    ) -> HTTP1Channel {
        let responder = routes.responder
        return HTTP1Channel(
            responder: { request, writer, channel in
                let source = ApplicationRequestContextSource(channel: channel, logger: logger)
                let context = GatewayContext(source: source)
                var response = try await responder.respond(to: request, context: context)
                if request.method == .head { response = response.createHeadResponse() }
                response.headers[.date] = nil
                let hasBody = request.method != .get && request.method != .head
                if closesAfterBodies, hasBody { response.headers[.connection] = "close" }
                let closing = Closing(response)
                try await writer.write(response: response.head, body: response.body)
                closing.apply(to: channel)
            },
            configuration: .init(
                additionalChannelHandlers: [HeadFilter(), PeerDeadlineHandler(deadline: deadline)],
                httpDecoderConfiguration: .init(
                    maxHeaderFieldSize: HTTPLimits.headerFieldBytesMax,
                    maxHeaderListSize: HTTPLimits.headerBytesMax,
                    maxHeaderFieldCount: HTTPLimits.headerFieldsMax)))
    }
}
