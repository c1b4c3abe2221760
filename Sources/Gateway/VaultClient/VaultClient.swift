public import NIOCore
import NIOPosix
import Synchronization
public import Vault

/// The vault cannot be asked: its connection has ended.
public struct VaultUnavailable: Error {}

/// An edge's end of its socket pair: asks, and hands each answer to whoever asked.
///
/// Any number of requests may be under way; the pair keeps them apart by number. When the pair ends, everything under
/// way fails with `VaultUnavailable`, and so does what is asked later.
public final class VaultClient: Sendable {
    private struct State {
        var next: UInt32 = 0
        var waiting: [UInt32: CheckedContinuation<VaultReply, any Error>] = [:]
        var isOpen = true
    }

    private let state = Mutex(State())
    private let outbox: Outbox
    private let channel: any Channel

    private init(channel: any Channel) {
        self.channel = channel
        outbox = Outbox(channel: channel)
    }

    /// Takes over a connected socket.
    ///
    /// - Parameters:
    ///   - descriptor: the edge's end of the pair; owned by the client from now on.
    ///   - group: where its channel runs.
    /// - Throws: what the event loop throws if it cannot register the descriptor.
    public static func connect(
        descriptor: CInt, group: any EventLoopGroup
    ) async throws -> VaultClient {
        let channel = try await ClientBootstrap(group: group)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let decoder = FrameDecoder(payloadBytesMax: {
                        VaultReply.payloadBytesMax($0)
                    })
                    try channel.pipeline.syncOperations.addHandler(ByteToMessageHandler(decoder))
                }
            }
            .withConnectedSocket(descriptor).get()
        let client = VaultClient(channel: channel)
        try await channel.eventLoop.submit {
            try channel.pipeline.syncOperations.addHandler(AnswerHandler(client: client))
        }.get()
        return client
    }

    /// Asks and waits for the answer.
    ///
    /// - Throws: `VaultUnavailable` when the pair has ended before the answer came.
    public func ask(_ request: some WireTable) async throws -> VaultReply {
        try await withCheckedThrowingContinuation { continuation in
            let number = state.withLock { state -> UInt32? in
                guard state.isOpen else { return nil }
                repeat { state.next &+= 1 } while state.waiting[state.next] != nil
                state.waiting[state.next] = continuation
                return state.next
            }
            guard let number else {
                continuation.resume(throwing: VaultUnavailable())
                return
            }
            outbox.send(request, number: number)
        }
    }

    /// Completes when the pair has ended.
    public var closed: EventLoopFuture<Void> { channel.closeFuture }

    fileprivate func answer(_ frame: Frame) throws {
        let reply = try VaultReply(kind: frame.kind, payload: frame.payload)
        let waiting = state.withLock { $0.waiting.removeValue(forKey: frame.number) }
        guard let waiting else { throw WireError.malformed }
        waiting.resume(returning: reply)
    }

    fileprivate func end() {
        let waiting = state.withLock { state in
            state.isOpen = false
            defer { state.waiting = [:] }
            return state.waiting
        }
        for continuation in waiting.values { continuation.resume(throwing: VaultUnavailable()) }
    }
}

private final class AnswerHandler: ChannelInboundHandler {
    typealias InboundIn = Frame
    private let client: VaultClient

    init(client: VaultClient) {
        self.client = client
    }

    func handlerAdded(context: ChannelHandlerContext) {
        if !context.channel.isActive { client.end() }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        do {
            try client.answer(unwrapInboundIn(data))
        } catch {
            context.close(promise: nil)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        client.end()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
