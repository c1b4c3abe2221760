import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import TLS
import Vault

/// Lets in whoever shows a certificate whose key the roster pins for a member in force, and nobody else.
///
/// It stands between TLS and HTTP: until the vault has said who comes, nothing that the peer sends is looked at. It is asked
/// for every connection, so that a member's first one counts and a revoked one's next one does not. To anybody else one
/// fixed answer is given, once they have said something or have shut up for as long as a handshake may take; then the
/// connection ends.
final class PinGate: ChannelDuplexHandler {
    /// What comes in.
    typealias InboundIn = ByteBuffer
    /// What is passed on.
    typealias InboundOut = ByteBuffer
    /// What goes out.
    typealias OutboundIn = ByteBuffer
    /// What is passed on.
    typealias OutboundOut = ByteBuffer

    private enum State {
        /// Nobody has shown anything yet.
        case handshaking
        /// The vault is asked.
        case asking
        case open
        /// Nobody who is let in: to be told so when they have said something.
        case shut(Problem)
        case ended
    }

    private let vault: VaultClient
    private let deadline: TimeAmount
    private var state = State.handshaking
    /// What came before the vault had answered: one read of the socket at most.
    private var kept: [ByteBuffer] = []
    private var isReadWanted = false
    private var hasInputEnded = false
    private var alarm: Scheduled<Void>?

    /// - Parameters:
    ///   - vault: the staff edge's client.
    ///   - deadline: how long the vault may take to answer, and a stranger to say something.
    init(vault: VaultClient, deadline: TimeAmount) {
        self.vault = vault
        self.deadline = deadline
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch (event, state) {
        case (let event as TLSHandshakeCompleted, .handshaking): ask(event.peer, context)
        case (ChannelEvent.inputClosed, .asking), (ChannelEvent.inputClosed, .shut):
            hasInputEnded = true
            refuseIfDue(context)
            return
        default: break
        }
        context.fireUserInboundEventTriggered(event)
    }

    func read(context: ChannelHandlerContext) {
        switch state {
        case .handshaking, .open: context.read()
        case .asking, .shut, .ended: isReadWanted = true
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch state {
        case .open: context.fireChannelRead(data)
        case .handshaking, .asking: kept.append(unwrapInboundIn(data))
        case .shut:
            kept.append(unwrapInboundIn(data))
            refuseIfDue(context)
        case .ended: break
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if case .open = state { context.fireChannelReadComplete() }
    }

    func channelInactive(context: ChannelHandlerContext) {
        end()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        end()
    }

    private func ask(_ peer: PeerIdentity?, _ context: ChannelHandlerContext) {
        state = .asking
        alarm = context.eventLoop.assumeIsolated().scheduleTask(in: deadline) {
            self.end()
            context.close(promise: nil)
        }
        let answered = context.eventLoop.makePromise(of: Problem?.self)
        let (vault, deadline) = (vault, deadline)
        answered.completeWithTask { await vault.objection(to: peer, within: deadline) }
        answered.futureResult.assumeIsolated().whenSuccess { objection in
            guard case .asking = self.state else { return }
            if let objection {
                self.shut(objection, context)
            } else {
                self.open(context)
            }
        }
    }

    private func open(_ context: ChannelHandlerContext) {
        let kept = kept
        end()
        state = .open
        for bytes in kept { context.fireChannelRead(wrapInboundOut(bytes)) }
        if !kept.isEmpty { context.fireChannelReadComplete() }
        if hasInputEnded { context.fireUserInboundEventTriggered(ChannelEvent.inputClosed) }
        if isReadWanted { context.read() }
    }

    private func shut(_ problem: Problem, _ context: ChannelHandlerContext) {
        state = .shut(problem)
        refuseIfDue(context)
        if case .shut = state { context.read() }
    }

    /// An answer to nothing would puzzle a client that has not asked yet.
    private func refuseIfDue(_ context: ChannelHandlerContext) {
        guard case .shut(let problem) = state, hasInputEnded || !kept.isEmpty else { return }
        end()
        context.writeAndFlush(wrapOutboundOut(problem.lastWords), promise: nil)
        context.close(promise: nil)
    }

    private func end() {
        state = .ended
        kept = []
        alarm?.cancel()
        alarm = nil
    }
}

extension VaultClient {
    /// What stands against letting a peer in; nil for a member in force.
    fileprivate func objection(to peer: PeerIdentity?, within limit: TimeAmount) async -> Problem? {
        guard let pin = peer?.spkiSHA256 else { return .unauthorised }
        let request = StaffRequest(action: .admission, authorisation: [], pin: pin)
        do {
            _ = try await onceThereIsAVault(within: limit) { try await answer(to: request) }
            return nil
        } catch {
            return error as? Problem ?? .unavailable
        }
    }
}

extension Problem {
    /// The whole answer, for whoever does not get as far as HTTP.
    fileprivate var lastWords: ByteBuffer {
        let head = lastHead
        var text = "HTTP/1.1 \(head.status.code) \(head.status.reasonPhrase)\r\n"
        for field in head.headerFields { text += "\(field.name): \(field.value)\r\n" }
        var bytes = ByteBuffer(string: text + "\r\n")
        bytes.writeBytes(document)
        return bytes
    }
}

/// The staff listener's channel: a `PinGate` below HTTP.
struct PinnedChannel: ServerChildChannel {
    /// What the wrapped channel hands to its handler.
    typealias Value = GuardedChannel.Value
    let base: GuardedChannel
    let vault: VaultClient
    let deadline: TimeAmount

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHandler(
                PinGate(vault: vault, deadline: deadline))
        }.flatMap {
            base.setup(channel: channel, logger: logger)
        }
    }

    func handle(value: Value, logger: Logger) async {
        await base.handle(value: value, logger: logger)
    }
}
