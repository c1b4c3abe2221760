import COpenSSL
import Foundation
import Testing

@testable import TLS

@Suite struct ClientCertificateTests {
    @Test(arguments: [TLS1_2_VERSION, TLS1_3_VERSION])
    func handsOverThePin(version: CInt) throws {
        let offer = TestPeer.Offer(lowest: version, highest: version, pair: .client)
        let connection = try TestConnection.open(context: .forTests(.required), offer: offer)
        let identity = try #require(connection.handler.peerIdentity)
        #expect(connection.application.handshake?.peer == identity)
        #expect(identity.spkiSHA256 == pinByOpenSSL(.client))
        #expect(identity.spkiSHA256 != pinByOpenSSL(.server))
    }

    @Test(arguments: [TLS1_2_VERSION, TLS1_3_VERSION])
    func refusesAClientWithoutCertificate(version: CInt) throws {
        let connection = try TestConnection.open(
            context: .forTests(.required), offer: .init(lowest: version, highest: version))
        guard case .handshakeFailed(let failure) = connection.application.errors.first else {
            Issue.record("\(connection.application.errors)")
            return
        }
        #expect(failure.text.contains("peer did not return a certificate"))
        #expect(connection.handler.peerIdentity == nil)
        connection.peer.write([1])
        connection.exchange()
        #expect(connection.application.received.isEmpty)
    }

    @Test func refusesACertificateWhoseTimeIsOver() throws {
        let connection = try TestConnection.open(
            context: .forTests(.required), offer: .init(pair: .client, isExpired: true))
        _ = connection.peer.read()
        #expect(connection.peer.failure?.contains("certificate expired") == true)
        #expect(connection.handler.peerIdentity == nil)
        #expect(connection.application.errors.count == 1)
    }

    @Test func asksForNoneOnThePublicListener() throws {
        let connection = try TestConnection.open(offer: .init(pair: .client))
        #expect(connection.peer.isConnected)
        #expect(connection.handler.peerIdentity == nil)
    }

    /// The pin as the documentation tells an operator to compute it.
    private func pinByOpenSSL(_ pair: TestPair) -> [UInt8] {
        let key = openssl("x509", "-in", pair.certificateFile, "-pubkey", "-noout").text
        let file = pair.directory.appending(path: UUID().uuidString).path
        _ = openssl("pkey", "-pubin", "-outform", "der", "-out", file, input: key)
        let digest = openssl("dgst", "-sha256", "-r", file).text
        let hex = Array(digest.prefix(64))
        return stride(from: 0, to: hex.count, by: 2).compactMap {
            UInt8(String(hex[$0...($0 + 1)]), radix: 16)
        }
    }
}
