public import NIOCore
import NIOPosix
import Synchronization
public import Vault

/// The vault cannot be asked just now: it is ending, starting, or ended before it answered.
public struct VaultUnavailable: Error {}

/// An edge's end of its socket pair: asks, and hands each answer to whoever asked.
///
/// Any number of requests may be under way; the pair keeps them apart by number. When the pair ends, everything under
/// way fails with `VaultUnavailable`, and so does what is asked until the supervisor has sent the end of a new pair:
/// whether the vault had made the last requests durable is then unknown, which is why senders repeat the same bytes.
/// A pair that ended while the vault lives is no business of the supervisor's, and no new one comes: then the edge is
/// of no use any more.
public final class VaultClient: Sendable {
    private struct State {
        var next: UInt32 = 0
        var waiting: [UInt32: CheckedContinuation<VaultReply, any Error>] = [:]
        var outbox: Outbox?
    }

    /// How long a new pair is waited for: the supervisor sends it as soon as the vault has ended.
    private static let patience = TimeAmount.seconds(3)

    private let state = Mutex(State())
    private let abandoned: @Sendable () -> Void

    private init(abandoned: @escaping @Sendable () -> Void) {
        self.abandoned = abandoned
    }

    /// Takes over a connected socket; call it from a thread that may wait.
    ///
    /// - Parameters:
    ///   - descriptor: the edge's end of the pair; owned by the client from now on.
    ///   - group: where its channel runs.
    ///   - abandoned: called when a pair has ended and no new one has come for some seconds.
    /// - Throws: what the event loop throws if it cannot register the descriptor.
    public static func connecting(
        descriptor: CInt, group: any EventLoopGroup, abandoned: @escaping @Sendable () -> Void
    ) throws -> VaultClient {
        let client = VaultClient(abandoned: abandoned)
        try client.attach(descriptor: descriptor, group: group).wait()
        return client
    }

    /// Goes on with another pair, when the vault was started again.
    public func attach(descriptor: CInt, group: any EventLoopGroup) -> EventLoopFuture<Void> {
        ClientBootstrap(group: group)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let decoder = FrameDecoder(payloadBytesMax: {
                        VaultReply.payloadBytesMax($0)
                    })
                    let sync = channel.pipeline.syncOperations
                    try sync.addHandler(ByteToMessageHandler(decoder))
                    try sync.addHandler(AnswerHandler(client: self))
                }
            }
            .withConnectedSocket(descriptor)
            .map { _ in }
    }

    /// Asks and waits for the answer.
    ///
    /// - Throws: `VaultUnavailable` when there is no vault, or it ended before it answered.
    public func ask(_ request: some WireTable) async throws -> VaultReply {
        try await withCheckedThrowingContinuation { continuation in
            let place = state.withLock { state -> (Outbox, UInt32)? in
                guard let outbox = state.outbox else { return nil }
                repeat { state.next &+= 1 } while state.waiting[state.next] != nil
                state.waiting[state.next] = continuation
                return (outbox, state.next)
            }
            guard let (outbox, number) = place else {
                continuation.resume(throwing: VaultUnavailable())
                return
            }
            outbox.send(request, number: number)
        }
    }

    fileprivate func began(_ channel: any Channel) {
        fail(replacingOutbox: Outbox(channel: channel))
    }

    fileprivate func ended(_ channel: any Channel) {
        let isCurrent = state.withLock { $0.outbox?.channel === channel }
        guard isCurrent else { return }
        fail(replacingOutbox: nil)
        channel.eventLoop.scheduleTask(in: Self.patience) {
            if self.state.withLock({ $0.outbox == nil }) { self.abandoned() }
        }
    }

    fileprivate func answer(_ frame: Frame) throws {
        let reply = try VaultReply(kind: frame.kind, payload: frame.payload)
        let waiting = state.withLock { $0.waiting.removeValue(forKey: frame.number) }
        guard let waiting else { throw WireError.malformed }
        waiting.resume(returning: reply)
    }

    private func fail(replacingOutbox outbox: Outbox?) {
        let waiting = state.withLock { state in
            state.outbox = outbox
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
        if context.channel.isActive { client.began(context.channel) }
    }

    func channelActive(context: ChannelHandlerContext) {
        client.began(context.channel)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        do {
            try client.answer(unwrapInboundIn(data))
        } catch {
            context.close(promise: nil)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        client.ended(context.channel)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
