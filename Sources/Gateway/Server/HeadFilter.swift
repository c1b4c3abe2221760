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
        .connection, .contentLength, .contentType, .expect, .resguardoEffort, .resguardoRequest,
        .transferEncoding,
    ]

    /// What is read besides of a request for a document.
    private static let readOfPages: Set<HTTPField.Name> = [.acceptEncoding, .acceptLanguage]

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .head(let head) = unwrapInboundIn(data) else {
            context.fireChannelRead(data)
            return
        }
        context.fireChannelRead(wrapInboundOut(.head(Self.filtered(head))))
    }

    /// The head without what is not read.
    ///
    /// Language and coding are chosen for documents that are the same for everybody: so they stay with
    /// a request that has no body, and no answer to one that has can be compressed.
    static func filtered(_ head: HTTPRequest) -> HTTPRequest {
        let isPage = head.method == .get || head.method == .head
        var fields = HTTPFields()
        for field in head.headerFields {
            guard read.contains(field.name) || (isPage && readOfPages.contains(field.name)) else {
                continue
            }
            fields.append(field)
        }
        return HTTPRequest(
            method: head.method, scheme: head.scheme, authority: head.authority, path: head.path,
            headerFields: fields)
    }
}
