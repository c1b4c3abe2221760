import Glibc
import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import Gateway
@testable import Vault

/// A vault that keeps what it is asked and answers as a test likes; it ends when it has nothing to say.
final class FakeVault: RequestHandler {
    private let state = Mutex<[PublicRequest]>([])
    private let reply: @Sendable (PublicRequest) -> VaultReply?
    private let channel = Mutex<(any Channel)?>(nil)

    /// - Parameter reply: the answer; nil ends the vault before it answers.
    init(_ reply: @escaping @Sendable (PublicRequest) -> VaultReply?) {
        self.reply = reply
    }

    /// What it was asked so far.
    var asked: [PublicRequest] { state.withLock { $0 } }

    func handle(_ request: PublicRequest, answer: @escaping @Sendable (VaultReply) -> Void) {
        state.withLock { $0.append(request) }
        if let reply = reply(request) {
            answer(reply)
        } else {
            channel.withLock { $0 }?.close(promise: nil)
        }
    }

    /// Takes one end of a new pair; the result is the other, for a client.
    func start() async throws -> CInt {
        var ends: [CInt] = [-1, -1]
        let made = unsafe socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends)
        try #require(made == 0)
        let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try VaultConnection.install(on: channel, handler: self)
                }
            }
        let own = try await bootstrap.withConnectedSocket(ends[0]).get()
        channel.withLock { $0 = own }
        return ends[1]
    }
}
