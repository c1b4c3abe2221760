import HTTPTypes
import NIOCore
import NIOPosix
import Synchronization
import Testing
import Vault

@testable import Gateway

/// An envelope that a form became, while vaults come and go.
@Suite(.timeLimit(.minutes(5))) struct EnvelopeSenderTests {
    private static let promised = Promised(
        promise: [1], record: [2], salt: [UInt8](repeating: 3, count: 32))
    private static let hash = [UInt8](repeating: 4, count: 32)
    private static let id = [UInt8](repeating: 5, count: 16)

    private static func answer(_ request: PublicRequest) -> VaultReply {
        switch request {
        case .beginUpload: .handle(id)
        case .uploadChunk: .done
        default: .promised(promised)
        }
    }

    /// Sends bytes to a vault that ends without a word at the first request of a kind, and then to the next one.
    private func sent(
        _ bytes: [UInt8], endingAt isLast: @escaping @Sendable (PublicRequest) -> Bool
    ) async throws -> (first: [PublicRequest], second: [PublicRequest]) {
        let group = MultiThreadedEventLoopGroup.singleton
        let first = FakeVault { isLast($0) ? nil : Self.answer($0) }
        let second = FakeVault { Self.answer($0) }
        let client = try VaultClient.connecting(
            descriptor: try await first.start(), group: group, abandoned: {})
        async let promised = Self.send(bytes, to: client)
        while first.asked.last.map(isLast) != true { await Task.yield() }
        try await client.attach(descriptor: try await second.start(), group: group).get()
        #expect(try await promised == Self.promised)
        return (first.asked, second.asked)
    }

    private static func send(_ bytes: [UInt8], to vault: VaultClient) async throws -> Promised {
        var sender = EnvelopeSender(vault: vault)
        sender.pending = bytes
        try await sender.flush()
        return try await sender.finish(sha256: hash)
    }

    /// A page with scripts sends again by itself at a 5xx, and this would be another tip.
    @Test func whereNobodyKnowsWhetherItIsKeptAPersonDecides() {
        let (kind, status) = PageProblem.of(DurabilityUnknown())
        #expect(kind == .unclear && status.code < 500)
    }

    @Test func theSameEnvelopeGoesToTheNextVault() async throws {
        let bytes = [UInt8](repeating: 7, count: 20_000)
        let (first, second) = try await sent(bytes) { _ in true }
        #expect(first == [.submit(envelope: bytes, from: .form)])
        #expect(second == first)
    }

    @Test func theEndOfAnUploadGoesToTheNextVault() async throws {
        let bytes = [UInt8](repeating: 7, count: 100_000)
        let end = PublicRequest.finishUpload(id: Self.id, sha256: Self.hash, from: .form)
        let (first, second) = try await sent(bytes) { $0 == end }
        #expect(first.last == end)
        #expect(second == [end])
    }

    @Test func anUploadIsBegunAtTheNextVault() async throws {
        let (first, second) = try await sent([UInt8](repeating: 7, count: 100_000)) {
            $0 == .beginUpload
        }
        #expect(first == [.beginUpload])
        #expect(second.count == 4)
    }

    @Test func aPieceGoesToTheNextVault() async throws {
        let bytes = [UInt8](repeating: 7, count: 100_000)
        let (first, second) = try await sent(bytes) {
            if case .uploadChunk(_, 1, _) = $0 { true } else { false }
        }
        #expect(first.count == 3)
        #expect(second.first == first.last)
    }

    /// A vault that answers the first requests so, and then always with the last; what the sender makes of it.
    private func sent(
        to replies: [VaultReply], patience: TimeAmount = .minutes(1)
    ) async throws -> (result: Result<Promised, any Error>, asked: [PublicRequest]) {
        let left = Mutex(replies[...])
        let vault = FakeVault { _ in
            left.withLock { $0.count > 1 ? $0.removeFirst() : $0.first }
        }
        let client = try VaultClient.connecting(
            descriptor: try await vault.start(), group: MultiThreadedEventLoopGroup.singleton,
            abandoned: {})
        var sender = EnvelopeSender(vault: client, patience: patience)
        sender.pending = [7]
        let result: Result<Promised, any Error>
        do {
            result = .success(try await sender.finish(sha256: Self.hash))
        } catch {
            result = .failure(error)
        }
        return (result, vault.asked)
    }

    @Test func whatAFailedStorageMayHaveKeptIsAskedForUntilItIsPromised() async throws {
        let (result, asked) = try await sent(to: [
            .refused(.durabilityUnknown), .refused(.busy), .promised(Self.promised),
        ])
        #expect(try result.get() == Self.promised)
        #expect(asked == Array(repeating: .submit(envelope: [7], from: .form), count: 3))
    }

    /// A vault that takes nothing afterwards does not say that nothing was kept before.
    @Test func whatMayBeKeptIsNeverCalledRefused() async throws {
        let (result, _) = try await sent(
            to: [.refused(.durabilityUnknown), .refused(.busy)], patience: .zero)
        #expect(throws: DurabilityUnknown.self) { try result.get() }
    }

    @Test func whatWasNotKeptIsSaidAtOnce() async throws {
        let (result, asked) = try await sent(to: [.refused(.busy), .promised(Self.promised)])
        #expect(throws: Problem.unavailable) { try result.get() }
        #expect(asked.count == 1)
    }
}
