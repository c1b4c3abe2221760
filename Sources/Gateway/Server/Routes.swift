import HTTPTypes
import Hummingbird

/// Addresses, and the methods that each takes.
///
/// Hummingbird's router finds the address; a method that the found address does not take is then answered 405 and
/// told which it does (RFC 9110 §15.5.6), while an address that does not exist stays 404 whatever the method.
struct Routes {
    /// Answers one method of one address.
    typealias Handler = @Sendable (Request, GatewayContext) async throws -> Response

    private var handlers: [String: [HTTPRequest.Method: Handler]] = [:]

    /// Answers GET, and so HEAD.
    mutating func get(_ address: String, use handler: @escaping Handler) {
        handlers[address, default: [:]][.get] = handler
    }

    /// Answers POST.
    mutating func post(_ address: String, use handler: @escaping Handler) {
        handlers[address, default: [:]][.post] = handler
    }

    /// Answers PUT.
    mutating func put(_ address: String, use handler: @escaping Handler) {
        handlers[address, default: [:]][.put] = handler
    }

    /// What answers all of them, with the headers that every answer carries.
    var responder: some HTTPResponder<GatewayContext> {
        let router = Router(context: GatewayContext.self)
        router.add(middleware: SecurityHeaders())
        for (address, handlers) in handlers {
            router.on(
                RouterPath(address), method: AddressResponder.looked,
                responder: Address(handlers: handlers))
        }
        return AddressResponder(router: router.buildResponder())
    }
}

/// One address.
private struct Address: HTTPResponder {
    let handlers: [HTTPRequest.Method: Routes.Handler]

    func respond(to request: Request, context: GatewayContext) async throws -> Response {
        // A HEAD is answered as a GET whose body is left out (RFC 9110 §9.3.2).
        let method = context.method == .head ? .get : context.method
        guard let handler = handlers[method] else { throw Problem.wrongMethod(allowed: allowed) }
        return try await handler(request, context)
    }

    private var allowed: [HTTPRequest.Method] {
        Array(handlers.keys) + (handlers[.get] == nil ? [] : [.head])
    }
}

/// Has the router look for the address alone; the method waits in the context.
private struct AddressResponder: HTTPResponder {
    /// The one method that the router knows.
    static let looked = HTTPRequest.Method.get
    let router: RouterResponder<GatewayContext>

    func respond(to request: Request, context: GatewayContext) async throws -> Response {
        var context = context
        context.method = request.method
        var head = request.head
        head.method = Self.looked
        return try await router.respond(
            to: Request(head: head, body: request.body), context: context)
    }
}
