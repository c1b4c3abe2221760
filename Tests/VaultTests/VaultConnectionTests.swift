import Foundation
import NIOCore
import NIOEmbedded
import NIOPosix
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

/// An edge that has all of it answered at once, and does not listen.
@Suite struct InstantAnswerTests {
    private static let asked = 22_000
    private static let answerBytes = 65_536
    /// The last one is begun while there is room.
    private static let answersMax =
        VaultConnection<Instant>.outboxBytesMax / (answerBytes + Instant.headerBytes) + 1

    private static func frames(_ count: Int) -> ByteBuffer {
        var frames = ByteBuffer()
        for number in 0..<UInt32(count) {
            frames.writeMultipleIntegers(UInt32(5), number, PublicRequest.roster.kind)
        }
        return frames
    }

    @Test func noMoreIsAnsweredThanMayWait() throws {
        let (channel, reads) = (EmbeddedChannel(), ReadCount())
        let instant = Instant(answerBytes: Self.answerBytes)
        try channel.pipeline.syncOperations.addHandler(reads)
        try VaultConnection.install(on: channel, handler: instant)
        try channel.connect(to: .init(unixDomainSocketPath: "/x")).wait()
        try channel.writeInbound(Self.frames(Self.asked))
        #expect(instant.answered == Self.answersMax)
        // They go to the socket, which is full with them: the others still wait, and no more are read.
        channel.isWritable = false
        channel.pipeline.fireChannelWritabilityChanged()
        let before = reads.count
        channel.embeddedEventLoop.run()
        channel.read()
        #expect(instant.answered == Self.answersMax)
        #expect(reads.count == before)
        for turn in 2...4 {
            channel.isWritable = true
            channel.pipeline.fireChannelWritabilityChanged()
            #expect(instant.answered == turn * Self.answersMax)
            channel.isWritable = false
            channel.embeddedEventLoop.run()
        }
        var numbers: [UInt32] = []
        while var written = try channel.readOutbound(as: ByteBuffer.self) {
            while let length: UInt32 = written.readInteger(),
                let frame = written.readSlice(length: Int(length))
            {
                numbers += frame.getInteger(at: frame.readerIndex).map { [$0] } ?? []
            }
        }
        #expect(numbers == Array(0..<UInt32(4 * Self.answersMax)))
    }

    @Test func aFrameThatTheTableDoesNotListEndsWhatWaitsBehindIt() throws {
        let channel = EmbeddedChannel()
        let instant = Instant(answerBytes: 1)
        try VaultConnection.install(on: channel, handler: instant)
        try channel.connect(to: .init(unixDomainSocketPath: "/x")).wait()
        var frames = Self.frames(1)
        // The kind of a proof, with no commitment: in the table, and not in its format.
        frames.writeMultipleIntegers(UInt32(5), UInt32(1), UInt8(5))
        frames.writeImmutableBuffer(Self.frames(1))
        _ = try? channel.writeInbound(frames)
        #expect(instant.answered == 1)
        #expect(!channel.isActive)
    }

    /// Through a real pair: whoever listens has every answer, and at no time do many more wait than may.
    @Test func everythingIsAnsweredToWhoListens() async throws {
        var ends: [CInt] = [-1, -1]
        let made = unsafe socketpair(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0, &ends)
        try #require(made == 0)
        let instant = Instant(answerBytes: 4_096)
        VaultConnection.serve(ends[0], instant)
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let done = loop.makePromise(of: Int.self)
        let channel = try await ClientBootstrap(group: loop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let listener = Listener(to: instant, answers: Self.asked, done)
                    try channel.pipeline.syncOperations.addHandler(listener)
                }
            }
            .withConnectedSocket(ends[1]).get()
        try await channel.writeAndFlush(Self.frames(Self.asked))
        let mostWaiting = try await done.futureResult.get()
        #expect(instant.answered == Self.asked)
        #expect(mostWaiting < 4 * VaultConnection<Instant>.outboxBytesMax)
        try await channel.close()
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

/// Answers at once, each time with so many bytes.
private final class Instant: RequestHandler {
    static let headerBytes = 9
    private let reply: [UInt8]
    private let count = Atomic(0)

    init(answerBytes: Int) {
        reply = [UInt8](repeating: 7, count: answerBytes)
    }

    var answered: Int { count.load(ordering: .relaxed) }
    var frameBytes: Int { Self.headerBytes + reply.count }

    func handle(_ request: PublicRequest, answer: @escaping @Sendable (VaultReply) -> Void) {
        count.add(1, ordering: .relaxed)
        answer(.bytes(reply))
    }
}

/// Counts what comes, and how many bytes of answers there were at most that had not.
private final class Listener: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let instant: Instant
    private let done: EventLoopPromise<Int>
    private let asked: Int
    private var received = 0
    private var mostWaiting = 0

    init(to instant: Instant, answers: Int, _ done: EventLoopPromise<Int>) {
        self.instant = instant
        self.done = done
        asked = answers * instant.frameBytes
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        mostWaiting = max(mostWaiting, instant.answered * instant.frameBytes - received)
        received += unwrapInboundIn(data).readableBytes
        if received == asked { done.succeed(mostWaiting) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        done.fail(ChannelError.eof)
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
