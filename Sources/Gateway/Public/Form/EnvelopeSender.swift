import NIOCore
import Vault

/// A vault went away while an envelope was handed to it: it may be kept, or not.
struct DurabilityUnknown: Error {}

/// Hands an envelope to the vault as it is made: whole if it is short, in pieces if it is not.
///
/// Holds one piece.
struct EnvelopeSender {
    private let vault: VaultClient
    private var upload: [UInt8]?
    private var next: UInt32 = 0
    /// How long a vault that went away is waited for: one is back within a second, unless something is wrong.
    private static let patience = TimeAmount.seconds(10)
    /// Ciphertext that waits to be sent.
    var pending: [UInt8] = []

    init(vault: VaultClient) {
        self.vault = vault
    }

    /// Sends the full pieces that wait.
    mutating func flush() async throws {
        guard pending.count >= WireLimits.uploadChunkBytes else { return }
        var start = 0
        while pending.count - start >= WireLimits.uploadChunkBytes {
            let end = start + WireLimits.uploadChunkBytes
            try await send(Array(pending[start..<end]))
            start = end
        }
        pending.removeFirst(start)
    }

    /// Sends the rest and asks for the promise.
    ///
    /// - Throws: `DurabilityUnknown` when the vault went away and did not come back in time.
    mutating func finish(sha256: [UInt8]) async throws -> Promised {
        guard let upload else {
            return try await promised(for: .submit(envelope: pending, from: .form))
        }
        if !pending.isEmpty { try await send(pending) }
        return try await promised(
            for: .finishUpload(id: upload, sha256: sha256, from: .form))
    }

    /// The same bytes again, if need be: what a vault made durable before it ended, the next one knows by their hash.
    private func promised(for request: PublicRequest) async throws -> Promised {
        let vault = vault
        do {
            return try await vault.onceThereIsAVault(within: Self.patience) {
                try await vault.promised(for: request)
            }
        } catch is VaultUnavailable {
            throw DurabilityUnknown()
        }
    }

    private mutating func send(_ piece: [UInt8]) async throws {
        let (id, vault) = (try await uploadID(), vault)
        let chunk = PublicRequest.uploadChunk(id: id, index: next, bytes: piece)
        _ = try await vault.onceThereIsAVault(within: Self.patience) {
            try await vault.answer(to: chunk)
        }
        next += 1
    }

    private mutating func uploadID() async throws -> [UInt8] {
        if let upload { return upload }
        let vault = vault
        let begun = try await vault.onceThereIsAVault(within: Self.patience) {
            try await vault.answer(to: PublicRequest.beginUpload)
        }
        guard case .handle(let id) = begun else { throw VaultUnavailable() }
        upload = id
        return id
    }
}
