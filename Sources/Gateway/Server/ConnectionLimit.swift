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

/// Keeps a listening channel from accepting while there is no room, and for a moment after the system had none.
///
/// Without a descriptor or memory for it, a connection stays in the backlog, and the socket readable: NIO's own handler
/// delays the reads that are asked for, but the one that failed is still wanted, and would be tried again at once for as
/// long as that lasts.
final class AcceptGate: ChannelDuplexHandler {
    /// What comes in: accepted connections.
    typealias InboundIn = Channel
    /// Nothing goes out.
    typealias OutboundIn = Never
    /// How long nothing is accepted after an error.
    static let pause = TimeAmount.milliseconds(200)
    private let limit: ConnectionLimit
    private var isWaiting = false
    private var isPaused = false

    /// - Parameter limit: shared by all the listeners that take from the same descriptors.
    init(limit: ConnectionLimit) {
        self.limit = limit
    }

    func read(context: ChannelHandlerContext) {
        guard !isWaiting, !isPaused else { return }
        if hasRoom(context) { context.read() }
    }

    /// Whether one more may be accepted; if not, accepting goes on by itself when there is room.
    private func hasRoom(_ context: ChannelHandlerContext) -> Bool {
        let loop = context.eventLoop
        let bound = NIOLoopBound((self, context), eventLoop: loop)
        let hasRoom = limit.hasRoom {
            loop.execute {
                let (gate, context) = bound.value
                gate.isWaiting = false
                gate.goOn(context)
            }
        }
        isWaiting = !hasRoom
        return hasRoom
    }

    /// Keeps the error from whoever takes the connections: that would be their end.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard error is IOError else {
            context.fireErrorCaught(error)
            return
        }
        guard !isPaused else { return }
        isPaused = true
        setReading(false, context)
        context.eventLoop.assumeIsolated().scheduleTask(in: Self.pause) {
            self.isPaused = false
            self.goOn(context)
        }
    }

    private func goOn(_ context: ChannelHandlerContext) {
        guard context.channel.isActive, !isPaused, !isWaiting, hasRoom(context) else { return }
        setReading(true, context)
        context.read()
    }

    /// Whether the socket is looked at: the read that failed is wanted all the while.
    private func setReading(_ isOn: Bool, _ context: ChannelHandlerContext) {
        try? context.channel.syncOptions?.setOption(.autoRead, value: isOn)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        limit.count(unwrapInboundIn(data))
        context.fireChannelRead(data)
    }
}
