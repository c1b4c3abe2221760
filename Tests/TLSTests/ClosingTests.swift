import NIOCore
import NIOEmbedded
import Testing

@testable import TLS

@Suite struct ClosingTests {
    @Test func saysCloseNotifyAndWaitsForThePeer() throws {
        let connection = try TestConnection.open()
        connection.write(Array("answer".utf8))
        let closed = connection.close()
        #expect(connection.socket.closes.isEmpty, "the answer has not gone yet")
        _ = connection.carryDown()
        #expect(connection.peer.read() == Array("answer".utf8))
        #expect(connection.peer.sawCloseNotify)
        #expect(connection.socket.closes == [.output])
        // More from the peer is read and thrown away, so that no reset is sent.
        connection.peer.write([1, 2, 3])
        let reads = connection.socket.reads
        connection.receive(connection.peer.take())
        #expect(connection.application.received.isEmpty)
        #expect(connection.socket.reads > reads)
        connection.endOfStream()
        #expect(connection.socket.closes == [.output, .all])
        #expect(try isDone(closed))
        #expect(connection.application.errors.isEmpty)
    }

    @Test func doesNotWaitForeverForThePeersEnd() throws {
        let connection = try TestConnection.open()
        let closed = connection.close()
        _ = connection.carryDown()
        connection.channel.embeddedEventLoop.advanceTime(by: .milliseconds(2999))
        #expect(connection.socket.closes == [.output])
        connection.channel.embeddedEventLoop.advanceTime(by: .milliseconds(1))
        #expect(connection.socket.closes == [.output, .all])
        #expect(try isDone(closed))
    }

    @Test func doesNotWaitForeverForAPeerThatDoesNotRead() throws {
        let connection = try TestConnection.open()
        connection.write([UInt8](repeating: 7, count: 1 << 20))
        let closed = connection.close()
        connection.channel.embeddedEventLoop.advanceTime(by: .seconds(59))
        #expect(connection.socket.closes.isEmpty)
        connection.channel.embeddedEventLoop.advanceTime(by: .seconds(1))
        #expect(connection.socket.closes == [.all])
        #expect(try isDone(closed))
    }

    @Test func deliversEverythingBeforeItCloses() throws {
        let connection = try TestConnection.open()
        connection.write([UInt8](repeating: 7, count: 1 << 20))
        _ = connection.close()
        var received = 0
        while connection.carryDown(upTo: 50_000) { received += connection.peer.read().count }
        #expect(received == 1 << 20)
        #expect(connection.peer.sawCloseNotify)
    }

    @Test func letsThePeerCloseItsDirection() throws {
        let connection = try TestConnection.open()
        connection.peer.write(Array("request".utf8))
        connection.peer.closeNotify()
        connection.exchange()
        #expect(connection.application.received == Array("request".utf8))
        #expect(connection.application.inputClosed == 1)
        connection.endOfStream()
        #expect(connection.application.inputClosed == 1)
        #expect(!connection.application.isInactive)
        connection.write(Array("answer".utf8))
        let closed = connection.close(.output)
        _ = connection.carryDown()
        #expect(connection.peer.read() == Array("answer".utf8))
        #expect(connection.peer.sawCloseNotify)
        #expect(connection.application.isInactive, "both directions are closed")
        #expect(try isDone(closed))
        #expect(connection.application.errors.isEmpty)
    }

    @Test func closesWithThePeerWhereHalfClosureIsOff() throws {
        let connection = try TestConnection.open(allowsHalfClosure: false)
        connection.peer.closeNotify()
        connection.exchange()
        _ = connection.peer.read()
        #expect(connection.peer.sawCloseNotify)
        #expect(connection.application.isInactive)
        #expect(connection.application.errors.isEmpty)
    }

    @Test func readsOnAfterItsOwnEnd() throws {
        let connection = try TestConnection.open()
        connection.write(Array("last".utf8))
        _ = connection.close(.output)
        _ = connection.carryDown()
        #expect(connection.peer.read() == Array("last".utf8))
        #expect(connection.peer.sawCloseNotify)
        #expect(connection.socket.closes == [.output])
        connection.peer.write(Array("more".utf8))
        connection.exchange()
        #expect(connection.application.received == Array("more".utf8))
        connection.peer.closeNotify()
        connection.exchange()
        #expect(connection.application.isInactive)
        #expect(connection.application.errors.isEmpty)
    }

    @Test func tellsATruncatedStreamFromAWholeOne() throws {
        let cut = try TestConnection.open()
        cut.peer.write(Array("tip".utf8))
        cut.exchange()
        cut.endOfStream()
        #expect(cut.application.errors == [.truncated])
        #expect(cut.application.isInactive)
        let gone = try TestConnection.open()
        gone.channel.close(promise: nil)
        let lost = try TestConnection.open(allowsHalfClosure: false)
        let context = try lost.context(of: lost.socket)
        context.close(promise: nil)
        #expect(lost.application.errors == [.truncated])
        #expect(gone.application.errors.isEmpty)
    }

    @Test func looksIntoWhatItKeptBackBeforeItCallsAStreamTruncated() throws {
        let connection = try TestConnection.open()
        connection.peer.write([1])
        connection.exchange()
        connection.readsAutomatically = false
        connection.peer.write([2])
        connection.peer.closeNotify()
        connection.exchange()
        connection.endOfStream()
        #expect(connection.application.errors.isEmpty)
        connection.channel.pipeline.read()
        #expect(connection.application.received == [1, 2])
        #expect(connection.application.inputClosed == 1)
        #expect(connection.application.errors.isEmpty)
    }

    @Test func closesAtOnceBeforeTheHandshake() throws {
        let connection = try TestConnection(context: .forTests())
        let closed = connection.close()
        #expect(connection.socket.closes == [.all])
        #expect(try isDone(closed))
        #expect(connection.application.errors.isEmpty)
    }

    @Test func refusesWritesAfterClosing() throws {
        let connection = try TestConnection.open()
        _ = connection.close()
        let promise = connection.channel.eventLoop.makePromise(of: Void.self)
        nonisolated(unsafe) var error: (any Error)?
        promise.futureResult.whenFailure { unsafe error = $0 }
        connection.write([1], promise)
        #expect(unsafe error as? TLSError == .closed)
    }

    @Test func letsGoOfTheSessionWhenClosed() throws {
        weak var session: Session?
        let connection = try TestConnection.open()
        session = connection.handler.session
        #expect(session != nil)
        _ = connection.close()
        _ = connection.carryDown()
        #expect(session == nil)
    }

    private func isDone(_ future: EventLoopFuture<Void>) throws -> Bool {
        nonisolated(unsafe) var isDone = false
        future.whenSuccess { unsafe isDone = true }
        return unsafe isDone
    }
}
