import COpenSSL
import NIOCore
import NIOEmbedded
import Testing

@testable import TLS

@Suite struct StreamTests {
    /// One batch beyond the water mark.
    private static let unsentBytesMax = Limits.waitingBytes.high + Limits.batchBytes

    @Test func echoesTenMebibytesInBoundedMemory() throws {
        let connection = try TestConnection.open()
        connection.application.echoes = true
        var echoed = 0
        for round in 0..<160 {
            connection.peer.write([UInt8](repeating: UInt8(round), count: 65536))
            connection.receive(connection.peer.take())
            while connection.carryDown(upTo: 16384) {
                let back = connection.peer.read()
                #expect(back.allSatisfy { $0 == UInt8(round) })
                echoed += back.count
            }
        }
        #expect(echoed == 10 << 20)
        #expect(connection.socket.mostUnsent <= Self.unsentBytesMax)
        #expect(connection.application.errors.isEmpty)
    }

    @Test func stopsEncryptingForAPeerThatDoesNotRead() throws {
        let connection = try TestConnection.open()
        let written = connection.channel.eventLoop.makePromise(of: Void.self)
        nonisolated(unsafe) var isWritten = false
        written.futureResult.whenSuccess { unsafe isWritten = true }
        connection.write([UInt8](repeating: 7, count: 10 << 20), written)
        #expect(!connection.channel.isWritable)
        #expect(connection.socket.unsent.count <= Self.unsentBytesMax)
        #expect(unsafe !isWritten)
        var received = 0
        while connection.carryDown(upTo: 100_000) { received += connection.peer.read().count }
        #expect(received == 10 << 20)
        #expect(connection.socket.mostUnsent <= Self.unsentBytesMax)
        #expect(unsafe isWritten)
        #expect(connection.channel.isWritable)
        #expect(connection.socket.mostCapacity <= Limits.batchBytes)
    }

    @Test func countsWhatIsWrittenWithoutFlush() throws {
        let connection = try TestConnection.open()
        for _ in 0..<64 where connection.channel.isWritable {
            connection.channel.pipeline.write(
                ByteBuffer(repeating: 1, count: 8192), promise: nil)
        }
        #expect(!connection.channel.isWritable)
        #expect(connection.socket.mostUnsent <= Self.unsentBytesMax)
    }

    @Test func keepsBackPlaintextNobodyAskedFor() throws {
        let connection = try TestConnection.open()
        // The handshake used up the reading that had been asked for? Ask once, take one delivery.
        connection.peer.write([1])
        connection.exchange()
        #expect(connection.application.received == [1])
        connection.readsAutomatically = false
        connection.peer.write([2])
        connection.exchange()
        #expect(connection.application.received == [1])
        let reads = connection.socket.reads
        connection.channel.pipeline.read()
        #expect(connection.application.received == [1, 2])
        #expect(connection.application.completions == 2)
        #expect(connection.socket.reads == reads + 1)
    }

    @Test func asksTheSocketAgainWhileARecordIsIncomplete() throws {
        let connection = try TestConnection.open()
        connection.readsAutomatically = false
        connection.channel.pipeline.read()
        connection.peer.write(Array("half".utf8))
        let record = connection.peer.take()
        let reads = connection.socket.reads
        connection.receive(Array(record.prefix(10)))
        #expect(connection.socket.reads == reads + 1)
        #expect(connection.application.completions == 0)
        connection.receive(Array(record.dropFirst(10)))
        #expect(connection.application.received == Array("half".utf8))
        #expect(connection.socket.reads == reads + 1)
    }

    @Test func sharesARecordBetweenSmallWrites() throws {
        let connection = try TestConnection.open()
        _ = connection.carryDown()
        for text in ["HTTP/1.1 204 No Content\r\n", "\r\n", "", "body"] {
            connection.channel.pipeline.write(ByteBuffer(string: text), promise: nil)
        }
        connection.channel.pipeline.flush()
        // Header 5, inner type 1, tag 16.
        #expect(connection.socket.unsent.count == 31 + 22)
        _ = connection.carryDown()
        #expect(connection.peer.read().count == 31)
    }

    @Test func sendsWhatWasWrittenBeforeTheHandshake() throws {
        let connection = try TestConnection(context: .forTests())
        connection.write(Array("early".utf8))
        let refused = connection.channel.eventLoop.makePromise(of: Void.self)
        nonisolated(unsafe) var error: (any Error)?
        refused.futureResult.whenFailure { unsafe error = $0 }
        connection.write([UInt8](repeating: 0, count: Limits.earlyWriteBytesMax), refused)
        #expect(unsafe error as? TLSError == .tooMuchWrittenEarly)
        connection.exchange()
        #expect(connection.peer.read() == Array("early".utf8))
    }

    @Test func endsOnAForgedRecord() throws {
        let connection = try TestConnection.open()
        connection.peer.write(Array("tip".utf8))
        var record = connection.peer.take()
        record[record.count - 1] ^= 1
        connection.receive(record)
        guard case .recordRefused = connection.application.errors.first else {
            Issue.record("\(connection.application.errors)")
            return
        }
        #expect(connection.application.received.isEmpty)
        _ = connection.carryDown()
        _ = connection.peer.read()
        #expect(connection.peer.failure?.contains("bad record mac") == true)
    }

    @Test func endsOnGarbageAfterTheHandshake() throws {
        let connection = try TestConnection.open()
        connection.receive([UInt8](repeating: 0x41, count: 64))
        guard case .recordRefused = connection.application.errors.first else {
            Issue.record("\(connection.application.errors)")
            return
        }
    }

    @Test func boundsAnswersToAPeerThatDoesNotReadThem() throws {
        let connection = try TestConnection.open()
        var requests = 0
        while connection.application.errors.isEmpty, requests < 10_000 {
            connection.peer.requestKeyUpdate()
            connection.receive(connection.peer.take())
            requests += 1
        }
        #expect(connection.application.errors == [.answersNotRead])
        #expect(connection.socket.mostUnsent < 65536 + Limits.unreadAnswerBytesMax + 1024)
    }

    @Test func answersKeyUpdatesOfAPeerThatReads() throws {
        let connection = try TestConnection.open()
        for _ in 0..<5000 {
            connection.peer.requestKeyUpdate()
            connection.receive(connection.peer.take())
            _ = connection.carryDown()
            _ = connection.peer.read()
        }
        connection.write(Array("still here".utf8))
        _ = connection.carryDown()
        #expect(connection.peer.read() == Array("still here".utf8))
        #expect(connection.application.errors.isEmpty)
    }
}
