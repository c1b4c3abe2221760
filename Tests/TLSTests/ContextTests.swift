import Foundation
import Testing

@testable import TLS

@Suite struct ContextTests {
    @Test func refusesAKeyOfAnotherCertificate() throws {
        let error = #expect(throws: TLSError.self) {
            try TLSContext(
                certificateChain: TestPair.server.certificate,
                privateKey: TestPair.nextServer.key, clientCertificates: .none)
        }
        guard case .keyMismatch = error else { throw TestFailure.wrong(error) }
    }

    @Test(arguments: [
        "", "garbage", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    ])
    func refusesGarbage(text: String) throws {
        let certificate = #expect(throws: TLSError.self) {
            try TLSContext(
                certificateChain: Array(text.utf8), privateKey: TestPair.server.key,
                clientCertificates: .none)
        }
        guard case .certificateUnreadable = certificate else {
            throw TestFailure.wrong(certificate)
        }
        let broken = #expect(throws: TLSError.self) {
            try TLSContext(
                certificateChain: TestPair.server.certificate
                    + (text.hasPrefix("-") ? Array(text.utf8) : []),
                privateKey: Array(text.utf8), clientCertificates: .none)
        }
        switch broken {
        case .keyUnreadable where !text.hasPrefix("-"): break
        case .certificateUnreadable where text.hasPrefix("-"): break
        default: throw TestFailure.wrong(broken)
        }
    }

    @Test func refusesAnEncryptedKeyWithoutAsking() throws {
        let locked = TestPair.server.directory.appending(path: "locked.key").path
        let made = openssl(
            "pkey", "-in", TestPair.server.keyFile, "-aes256", "-passout", "pass:words", "-out",
            locked)
        #expect(made.status == 0)
        let key = [UInt8](try Data(contentsOf: URL(filePath: locked)))
        let error = #expect(throws: TLSError.self) {
            try TLSContext(
                certificateChain: TestPair.server.certificate, privateKey: key,
                clientCertificates: .none)
        }
        guard case .keyUnreadable = error else { throw TestFailure.wrong(error) }
    }

    @Test func boundsWhatItReads() throws {
        let long = [UInt8](repeating: 0x0a, count: Limits.pemBytesMax + 1)
        #expect(throws: TLSError.inputTooLarge) {
            try TLSContext(
                certificateChain: long, privateKey: TestPair.server.key, clientCertificates: .none)
        }
        let many = (0...Limits.chainCertificatesMax).flatMap { _ in TestPair.server.certificate }
        #expect(throws: TLSError.certificateChainTooLong) {
            try TLSContext(
                certificateChain: many, privateKey: TestPair.server.key, clientCertificates: .none)
        }
    }

    @Test func readsInheritedDescriptors() throws {
        let chain = try FileHandle(
            forReadingFrom: URL(filePath: TestPair.server.certificateFile))
        let key = try FileHandle(forReadingFrom: URL(filePath: TestPair.server.keyFile))
        let context = try TLSContext(
            certificateChainDescriptor: chain.fileDescriptor,
            privateKeyDescriptor: key.fileDescriptor, clientCertificates: .none)
        #expect(try TestConnection.open(context: context).peer.isConnected)
        #expect(throws: TLSError.descriptorUnreadable(EBADF)) {
            try TLSContext(
                certificateChainDescriptor: -1, privateKeyDescriptor: -1, clientCertificates: .none)
        }
    }

    @Test func reloadsWithoutDroppingConnections() throws {
        let holder = TLSContextHolder(try .forTests())
        let before = try TestConnection.open(context: holder.current)
        let first = ObjectIdentifier(holder.current)
        #expect(throws: TLSError.self) {
            try holder.reload(
                certificateChain: TestPair.nextServer.certificate,
                privateKey: TestPair.server.key)
        }
        #expect(throws: TLSError.self) {
            try holder.reload(
                certificateChain: Array("garbage".utf8),
                privateKey: TestPair.server.key)
        }
        #expect(ObjectIdentifier(holder.current) == first)
        try holder.reload(
            certificateChain: TestPair.nextServer.certificate,
            privateKey: TestPair.nextServer.key)
        let after = try TestConnection.open(context: holder.current)
        #expect(before.peer.serverName == "/CN=server.test")
        #expect(after.peer.serverName == "/CN=next-server.test")
        for connection in [before, after] {
            connection.peer.write(Array("tip".utf8))
            connection.exchange()
            #expect(connection.application.received == Array("tip".utf8))
        }
    }
}

enum TestFailure: Error { case wrong(TLSError?) }
