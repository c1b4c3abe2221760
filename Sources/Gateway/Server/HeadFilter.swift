import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// Takes from each request's head what no route asks for, before anything holds on to it.
///
/// The framework keeps a head until the next request of the same connection or until its end. What
/// a browser says there about the person who uses it is gone by then: programs and languages,
/// cookies, the page before, what a proxy adds about the address.
final class HeadFilter: ChannelInboundHandler, RemovableChannelHandler {
    /// What comes in.
    typealias InboundIn = HTTPRequestPart
    /// What is passed on.
    typealias InboundOut = HTTPRequestPart

    /// What routes and framework read of every request.
    private static let read: Set<HTTPField.Name> = [
        .connection, .contentLength, .contentType, .expect, .resguardoRequest, .transferEncoding,
    ]

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .head(let head) = unwrapInboundIn(data) else {
            context.fireChannelRead(data)
            return
        }
        context.fireChannelRead(wrapInboundOut(.head(Self.filtered(head))))
    }

    /// The head without what is not read.
    ///
    /// The language is chosen by where the first page is asked for, which says nothing: so it stays
    /// with a request that has no body.
    static func filtered(_ head: HTTPRequest) -> HTTPRequest {
        let isPage = head.method == .get || head.method == .head
        var fields = HTTPFields()
        for field in head.headerFields {
            guard read.contains(field.name) || (isPage && field.name == .acceptLanguage) else {
                continue
            }
            fields.append(field)
        }
        return HTTPRequest(
            method: head.method, scheme: head.scheme, authority: head.authority, path: head.path,
            headerFields: fields)
    }
}
