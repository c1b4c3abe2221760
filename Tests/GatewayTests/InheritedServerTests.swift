import Glibc
import Logging
import NIOCore
import NIOPosix
import Testing

@testable import Gateway

@Suite struct InheritedServerTests {
    /// The supervisor starts the next edge in the place of one that ends, not of one that listens to nobody.
    @Test(.timeLimit(.minutes(5))) func aListenerThatBreaksEndsItsServer() async throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        // Without an address it gets one from the system.
        try #require(listener >= 0 && listen(listener, 1) == 0)
        let same = dup(listener)
        let server = InheritedServer(
            descriptor: listener,
            child: HTTPApplication.channel(
                routes: Routes(), bodies: BodyBudget(), deadline: .seconds(60),
                logger: Logger(label: "test")),
            limit: ConnectionLimit(1), group: MultiThreadedEventLoopGroup.singleton,
            logger: Logger(label: "test"))
        // Again and again: whoever listens anew, as a server does that starts, mends it.
        let breaking = Task {
            while !Task.isCancelled {
                shutdown(same, Int32(SHUT_RDWR))
                try? await Task.sleep(for: .milliseconds(10))
            }
        }
        await #expect(throws: (any Error).self) { try await server.run() }
        breaking.cancel()
        await breaking.value
        close(same)
    }
}
