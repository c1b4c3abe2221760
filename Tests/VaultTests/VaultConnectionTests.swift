import NIOCore
import NIOEmbedded
import Synchronization
import Testing

@testable import Vault

@Suite struct VaultConnectionTests {
    private let channel = EmbeddedChannel()
    private let reads = ReadCount()
    private let waiting = Waiting()

    init() throws {
        try channel.pipeline.syncOperations.addHandler(reads)
        try VaultConnection.install(on: channel, handler: waiting)
        try channel.connect(to: .init(unixDomainSocketPath: "/x")).wait()
    }

    private var limit: Int { VaultConnection<Waiting>.underWayMax }

    private func ask(_ count: Int) throws {
        var frames = ByteBuffer()
        for number in 0..<UInt32(count) {
            frames.writeMultipleIntegers(UInt32(5), number, PublicRequest.checkpoint.kind)
        }
        try channel.writeInbound(frames)
    }

    @Test func anEdgeThatAsksAndDoesNotListenIsNotReadAnyMore() throws {
        let before = reads.count
        try ask(limit - 1)
        channel.read()
        #expect(reads.count == before + 1)
        try ask(1)
        channel.read()
        #expect(reads.count == before + 1)
        waiting.answerOne()
        channel.embeddedEventLoop.run()
        #expect(reads.count == before + 2)
    }

    @Test func answersThatWaitToBeReadStopTheReadingToo() throws {
        try ask(2)
        channel.isWritable = false
        channel.pipeline.fireChannelWritabilityChanged()
        let before = reads.count
        waiting.answerOne()
        channel.embeddedEventLoop.run()
        channel.read()
        #expect(reads.count == before)
        channel.isWritable = true
        channel.pipeline.fireChannelWritabilityChanged()
        #expect(reads.count == before + 1)
    }
}

/// Answers when it is told to.
private final class Waiting: RequestHandler {
    private let answers = Mutex<[@Sendable (VaultReply) -> Void]>([])

    func handle(_ request: PublicRequest, answer: @escaping @Sendable (VaultReply) -> Void) {
        answers.withLock { $0.append(answer) }
    }

    func answerOne() {
        answers.withLock { $0.popLast() }?(.done)
    }
}

private final class ReadCount: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer
    var count = 0

    func read(context: ChannelHandlerContext) {
        count += 1
        context.read()
    }
}
