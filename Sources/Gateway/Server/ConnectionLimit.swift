import NIOCore
import Synchronization

/// How many connections may be open at once, of all the listeners that share it.
///
/// Each is a descriptor, of which a process has so many and no more, and the edge needs some for itself: without one it
/// could not be given a pair to the next vault. Whoever comes when there is no room waits in the socket's backlog.
final class ConnectionLimit: Sendable {
    private struct State {
        var open = 0
        var waiting: [@Sendable () -> Void] = []
    }

    private let connectionsMax: Int
    private let state = Mutex(State())

    /// - Parameter connectionsMax: beyond it nothing is accepted.
    init(_ connectionsMax: Int) {
        self.connectionsMax = connectionsMax
    }

    /// Whether one more may be accepted; if not, `again` is called once when there is room, from any thread.
    func hasRoom(else again: @escaping @Sendable () -> Void) -> Bool {
        state.withLock { state in
            guard state.open >= connectionsMax else { return true }
            state.waiting.append(again)
            return false
        }
    }

    /// Counts a connection for as long as it is open.
    func count(_ connection: any Channel) {
        state.withLock { $0.open += 1 }
        connection.closeFuture.whenComplete { _ in self.closed() }
    }

    private func closed() {
        let waiting = state.withLock { state in
            state.open -= 1
            guard state.open < connectionsMax else { return [@Sendable () -> Void]() }
            defer { state.waiting = [] }
            return state.waiting
        }
        for again in waiting { again() }
    }
}

/// Keeps a listening channel from accepting while there is no room.
///
/// It does not look at errors: NIO's own handler waits after one, and keeps it from whoever takes the connections.
final class AcceptGate: ChannelDuplexHandler {
    /// What comes in: accepted connections.
    typealias InboundIn = Channel
    /// Nothing goes out.
    typealias OutboundIn = Never
    private let limit: ConnectionLimit
    private var isWaiting = false

    /// - Parameter limit: shared by all the listeners that take from the same descriptors.
    init(limit: ConnectionLimit) {
        self.limit = limit
    }

    func read(context: ChannelHandlerContext) {
        guard !isWaiting else { return }
        let loop = context.eventLoop
        let bound = NIOLoopBound((self, context), eventLoop: loop)
        let hasRoom = limit.hasRoom {
            loop.execute {
                let (gate, context) = bound.value
                gate.isWaiting = false
                if context.channel.isActive { gate.read(context: context) }
            }
        }
        isWaiting = !hasRoom
        if hasRoom { context.read() }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        limit.count(unwrapInboundIn(data))
        context.fireChannelRead(data)
    }
}
