public import HummingbirdCore
public import Logging
public import NIOCore

/// Puts TLS under a Hummingbird child channel.
///
/// Each connection takes the context that the holder has when it is accepted. A request handler
/// learns the peer's key from its channel: `Channel.tlsPeerIdentity()`.
public struct TLSChildChannel<Base: ServerChildChannel>: ServerChildChannel {
    /// What the wrapped child channel hands to its handler.
    public typealias Value = Base.Value

    let base: Base
    let contexts: TLSContextHolder
    let timeouts: TLSTimeouts

    /// Wraps `base`.
    public init(
        _ base: Base, contexts: TLSContextHolder, timeouts: TLSTimeouts = TLSTimeouts()
    ) {
        self.base = base
        self.contexts = contexts
        self.timeouts = timeouts
    }

    /// Adds TLS next to the socket and then sets up the wrapped channel.
    public func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            try channel.syncOptions?.setOption(.recvAllocator, value: ReadRoom())
            try channel.syncOptions?.setOption(.writeBufferWaterMark, value: Limits.waitingBytes)
            try channel.pipeline.syncOperations.addHandler(
                OpenSSLHandler(context: contexts.current, timeouts: timeouts))
        }.flatMap {
            base.setup(channel: channel, logger: logger)
        }
    }

    /// Leaves the connection to the wrapped channel.
    public func handle(value: Value, logger: Logger) async {
        await base.handle(value: value, logger: logger)
    }
}

extension TLSChildChannel: HTTPChannelHandler where Base: HTTPChannelHandler {
    /// The wrapped channel's responder.
    public var responder: HTTPChannelHandler.Responder { base.responder }
}
