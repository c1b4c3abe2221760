import COpenSSL
import NIOCore
import NIOEmbedded
import Testing

@testable import TLS

@Suite struct HandshakeTests {
    @Test(arguments: [(TLS1_3_VERSION, "TLSv1.3"), (TLS1_2_VERSION, "TLSv1.2")])
    func agrees(version: CInt, name: String) throws {
        let connection = try TestConnection.open(offer: .init(lowest: version, highest: version))
        #expect(connection.peer.isConnected)
        #expect(connection.peer.version == name)
        #expect(connection.application.handshake != nil)
        connection.peer.write(Array("tip".utf8))
        connection.exchange()
        #expect(connection.application.received == Array("tip".utf8))
    }

    /// Against whoever keeps what is said today for a machine of tomorrow, where OpenSSL has the means.
    @Test func agreesOnTheHybridGroupFromOpenSSL35On() throws {
        let connection = try TestConnection.open()
        let hybrid = 0x0100_0000 | 0x11EC
        let isNew = OpenSSL_version_num() >= 0x3050_0000
        #expect(connection.peer.group == (isNew ? hybrid : Int(NID_X25519)))
    }

    @Test(arguments: [TLS1_VERSION, TLS1_1_VERSION])
    func refusesOldVersions(version: CInt) throws {
        let connection = try TestConnection.open(offer: .init(lowest: version, highest: version))
        #expect(!connection.peer.isConnected)
        #expect(connection.peer.failure?.contains("protocol version") == true)
        #expect(isHandshakeFailure(connection))
    }

    @Test(arguments: [
        "ECDHE-ECDSA-AES128-SHA256", "ECDHE-ECDSA-AES256-SHA", "ECDHE-RSA-AES128-SHA",
        "DHE-RSA-AES128-GCM-SHA256", "AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-CCM8",
    ])
    func refusesSuitesWithoutForwardSecrecyOrAEAD(suite: String) throws {
        let connection = try TestConnection.open(
            offer: .init(highest: TLS1_2_VERSION, suites12: suite))
        #expect(!connection.peer.isConnected)
        #expect(isHandshakeFailure(connection))
    }

    @Test func choosesTheSuiteItself() throws {
        let connection = try TestConnection.open(
            offer: .init(
                highest: TLS1_2_VERSION,
                suites12: "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384"))
        #expect(connection.peer.suite == "ECDHE-ECDSA-AES256-GCM-SHA384")
    }

    @Test func leavesChaChaToClientsThatPreferIt() throws {
        let connection = try TestConnection.open(
            offer: .init(
                highest: TLS1_2_VERSION,
                suites12: "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES256-GCM-SHA384"))
        #expect(connection.peer.suite == "ECDHE-ECDSA-CHACHA20-POLY1305")
    }

    @Test func agreesOnHTTP1Alone() throws {
        let both = try TestConnection.open(offer: .init(protocols: ["h2", "http/1.1"]))
        #expect(both.application.handshake?.applicationProtocol == "http/1.1")
        let none = try TestConnection.open()
        #expect(
            none.application.handshake
                == TLSHandshakeCompleted(
                    applicationProtocol: nil, peer: nil))
        let other = try TestConnection.open(offer: .init(protocols: ["h2", "http/1.10"]))
        #expect(!other.peer.isConnected)
        #expect(other.peer.failure?.contains("no application protocol") == true)
    }

    @Test(arguments: [TLS1_2_VERSION, TLS1_3_VERSION])
    func leavesNothingToResume(version: CInt) throws {
        let connection = try TestConnection.open(offer: .init(lowest: version, highest: version))
        connection.peer.write([1])
        connection.exchange()
        // A ticket would come after the handshake: the client must have read to know of it.
        _ = connection.peer.read()
        #expect(connection.peer.isConnected)
        #expect(!connection.peer.isResumable)
    }

    @Test func refusesRenegotiation() throws {
        let connection = try TestConnection.open(offer: .init(highest: TLS1_2_VERSION))
        #expect(connection.peer.renegotiate())
        connection.receive(connection.peer.take())
        _ = connection.carryDown()
        _ = connection.peer.read()
        #expect(connection.peer.failure?.contains("no renegotiation") == true)
    }

    @Test func refusesGarbage() throws {
        let connection = try TestConnection(context: .forTests())
        connection.receive(Array("GET / HTTP/1.1\r\n\r\n".utf8))
        #expect(isHandshakeFailure(connection))
        let silent = try TestConnection(context: .forTests())
        silent.receive([UInt8](repeating: 0xff, count: 4096))
        #expect(isHandshakeFailure(silent))
    }

    @Test func noticesATruncatedHandshake() throws {
        let connection = try TestConnection(context: .forTests())
        connection.peer.handshake()
        connection.receive(Array(connection.peer.take().dropLast(1)))
        #expect(connection.application.errors.isEmpty)
        connection.endOfStream()
        #expect(connection.application.errors == [.handshakeTruncated])
        #expect(connection.application.isInactive)
    }

    @Test func acceptsAHandshakeByteByByte() throws {
        let connection = try TestConnection(context: .forTests())
        for _ in 0..<8 where !connection.peer.isConnected || connection.application.handshake == nil
        {
            connection.peer.handshake()
            for byte in connection.peer.take() { connection.receive([byte]) }
            _ = connection.carryDown()
        }
        #expect(connection.application.handshake != nil)
    }

    @Test func endsASlowHandshake() throws {
        let connection = try TestConnection(context: .forTests())
        connection.peer.handshake()
        let hello = connection.peer.take()
        for (index, byte) in hello.prefix(19).enumerated() {
            connection.channel.embeddedEventLoop.advanceTime(by: .milliseconds(500))
            #expect(!connection.application.isInactive, "at byte \(index)")
            connection.receive([byte])
        }
        connection.channel.embeddedEventLoop.advanceTime(by: .milliseconds(500))
        #expect(connection.application.errors == [.handshakeTimedOut])
        #expect(connection.application.isInactive)
    }

    @Test func leavesNoAlarmBehind() throws {
        let connection = try TestConnection.open()
        connection.channel.embeddedEventLoop.advanceTime(by: .hours(1))
        #expect(connection.application.errors.isEmpty)
        #expect(!connection.application.isInactive)
    }

    private func isHandshakeFailure(_ connection: TestConnection) -> Bool {
        guard case .handshakeFailed = connection.application.errors.first else { return false }
        return connection.application.handshake == nil
            && connection.application.errors.count == 1
    }
}
