import Foundation
import HummingbirdCore
import Logging
import NIOCore
import NIOPosix
import Testing

@testable import TLS

/// A real socket with `openssl s_client`, a peer that shares no code with the tests.
@Suite struct LoopbackTests {
    @Test(arguments: ["-tls1_3", "-tls1_2"])
    func echoesTenMebibytes(version: String) async throws {
        // Lines of a length that no record or buffer size is a multiple of.
        var text = Data((0..<160_001).map { UInt8(ascii: "a") + UInt8(($0 ^ $0 >> 9) % 26) })
        while text.count < 10 << 20 { text += text }
        let server = try await EchoServer.start(closingAfter: text.count)
        let sent = TestPair.server.directory.appending(path: "sent\(version)")
        try text.write(to: sent)
        let result = runOpenSSL(
            [
                "s_client", "-quiet", version, "-connect", "127.0.0.1:\(server.port)",
                "-verify_quiet",
            ], inputFile: sent.path)
        #expect(result.status == 0)
        // Standard error is in it too: a line or two about the unknown certificate come first.
        #expect(result.output.suffix(text.count) == text)
        try await server.stop()
    }

    @Test func refusesTLS11() async throws {
        let server = try await EchoServer.start()
        let result = runOpenSSL([
            "s_client", "-connect", "127.0.0.1:\(server.port)", "-tls1_1", "-cipher",
            "ALL@SECLEVEL=0",
        ])
        #expect(result.status != 0)
        #expect(result.text.contains("alert protocol version"))
        try await server.stop()
    }

    @Test func showsItsRulesToAnotherProgram() async throws {
        let server = try await EchoServer.start()
        let result = runOpenSSL([
            "s_client", "-connect", "127.0.0.1:\(server.port)", "-alpn", "h2,http/1.1",
        ])
        #expect(result.text.contains("ALPN protocol: http/1.1"))
        #expect(result.text.contains("New, TLSv1.3, Cipher is TLS_AES_256_GCM_SHA384"))
        #expect(result.text.contains("Compression: NONE"))
        #expect(!result.text.contains("New Session Ticket arrived"))
        #expect(!result.text.contains("Max Early Data: 1"))
        let older = runOpenSSL([
            "s_client", "-connect", "127.0.0.1:\(server.port)", "-tls1_2",
        ])
        #expect(older.text.contains("Secure Renegotiation IS supported"))
        #expect(older.text.contains("Session-ID: \n"))
        #expect(!older.text.contains("session ticket"))
        let h2 = runOpenSSL([
            "s_client", "-connect", "127.0.0.1:\(server.port)", "-alpn", "h2",
        ])
        #expect(h2.text.contains("No ALPN negotiated"))
        try await server.stop()
    }

    @Test func handsThePinToTheApplication() async throws {
        let server = try await EchoServer.start(clients: .required)
        let pair = TestPair.client
        let with = runOpenSSL([
            "s_client", "-connect", "127.0.0.1:\(server.port)", "-cert", pair.certificateFile,
            "-key", pair.keyFile, "-quiet",
        ])
        #expect(with.status == 0)
        var seen = server.pins.makeAsyncIterator()
        let pin = try #require(await seen.next() ?? nil)
        #expect(pin.spkiSHA256.count == 32)
        try await server.stop()
    }
}

/// Sends back what comes, behind the child channel that the gateway uses.
private struct EchoServer {
    let channel: any Channel
    let pins: AsyncStream<PeerIdentity?>

    var port: Int { channel.localAddress?.port ?? 0 }

    static func start(
        clients: ClientCertificates = .none, closingAfter limit: Int = .max
    ) async throws -> EchoServer {
        let (pins, report) = AsyncStream.makeStream(of: PeerIdentity?.self)
        let child = TLSChildChannel(
            EchoChild(limit: limit, outlivesInput: clients == .required),
            contexts: TLSContextHolder(try .forTests(clients)))
        let logger = Logger(label: "test")
        let channel = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { channel in
                child.setup(channel: channel, logger: logger).map { value in
                    Task {
                        await child.handle(value: value, logger: logger)
                        guard clients == .required else { return }
                        report.yield(try? await channel.tlsPeerIdentity())
                        try? await channel.close()
                    }
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return EchoServer(channel: channel, pins: pins)
    }

    func stop() async throws {
        try await channel.close()
    }
}

/// A child channel that waits for the handshake and otherwise leaves the echo to its handlers.
private struct EchoChild: ServerChildChannel {
    let limit: Int

    /// Whether the server, not the end of the client's input, decides when to close: the pin is
    /// asked for in a task of its own, and `s_client` without input is done at once.
    let outlivesInput: Bool

    struct Value: ServerChildChannelValue {
        let channel: any Channel
        let handshake: EventLoopFuture<Void>
    }

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        let done = channel.eventLoop.makePromise(of: Void.self)
        return channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHandlers(
                BackPressureHandler(), Echo(done, limit, outlivesInput: outlivesInput))
            return Value(channel: channel, handshake: done.futureResult)
        }
    }

    func handle(value: Value, logger: Logger) async {
        try? await value.handshake.get()
    }
}

private final class Echo: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private var handshake: EventLoopPromise<Void>?

    /// The bytes after which this end closes.
    private var left: Int

    private let outlivesInput: Bool

    init(_ handshake: EventLoopPromise<Void>, _ limit: Int, outlivesInput: Bool) {
        self.handshake = handshake
        self.left = limit
        self.outlivesInput = outlivesInput
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data)
        left -= bytes.readableBytes
        context.write(wrapOutboundOut(bytes), promise: nil)
        if left <= 0 { context.close(promise: nil) }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        context.flush()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is TLSHandshakeCompleted { handshake.take()?.succeed() }
        if !outlivesInput, let event = event as? ChannelEvent, event == .inputClosed {
            context.close(promise: nil)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        handshake.take()?.fail(TLSError.closed)
    }
}
