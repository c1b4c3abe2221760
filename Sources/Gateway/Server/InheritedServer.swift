import HummingbirdCore
import Logging
import NIOCore
import NIOExtras
import NIOPosix
import ServiceLifecycle
import Synchronization

/// Accepts connections on a listening socket that the supervisor opened and hands each to a child channel.
///
/// On graceful shutdown it stops accepting, lets requests under way finish, closes idle kept connections, and returns;
/// what waits in the socket's backlog is there for the next edge.
struct InheritedServer<Child: ServerChildChannel>: Service {
    private let descriptor: CInt
    private let child: Child
    private let limit: ConnectionLimit
    private let group: any EventLoopGroup
    private let logger: Logger

    /// - Parameters:
    ///   - descriptor: a bound, listening, stream socket.
    ///   - child: sets up and handles each connection.
    ///   - limit: how many connections may be open, of all the servers that share it.
    ///   - group: where accepted connections run.
    ///   - logger: says nothing about who connects.
    init(
        descriptor: CInt, child: Child, limit: ConnectionLimit, group: any EventLoopGroup,
        logger: Logger
    ) {
        self.descriptor = descriptor
        self.child = child
        self.limit = limit
        self.group = group
        self.logger = logger
    }

    /// Serves until graceful shutdown.
    ///
    /// - Throws: `ListenerEnded` if the socket ends before: with the next edge comes another chance.
    func run() async throws {
        let quiescing = ServerQuiescingHelper(group: group)
        let limit = limit
        let server = try await ServerBootstrap(group: group)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let handler = quiescing.makeServerChannelHandler(channel: channel)
                    try channel.pipeline.syncOperations.addHandlers(
                        handler, AcceptGate(limit: limit))
                }
            }
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .bind(descriptor) { channel in child.setup(channel: channel, logger: logger) }
        let done = group.next().makePromise(of: Void.self)
        let isAskedToEnd = Atomic(false)
        try await withGracefulShutdownHandler {
            try await withThrowingDiscardingTaskGroup { tasks in
                try await server.executeThenClose { inbound in
                    for try await connection in inbound {
                        tasks.addTask { await child.handle(value: connection, logger: logger) }
                    }
                }
            }
        } onGracefulShutdown: {
            isAskedToEnd.store(true, ordering: .relaxed)
            quiescing.initiateShutdown(promise: done)
        }
        guard isAskedToEnd.load(ordering: .relaxed) else {
            quiescing.initiateShutdown(promise: done)
            throw ListenerEnded()
        }
        try? await done.futureResult.get()
    }
}

/// A listening socket cannot be used any more.
struct ListenerEnded: Error, CustomStringConvertible {
    /// One line for the log.
    var description: String { "a listening socket has ended" }
}
