import Vault

/// Hands an envelope to the vault as it is made: whole if it is short, in pieces if it is not.
///
/// Holds one piece.
struct EnvelopeSender {
    private let vault: VaultClient
    private var upload: [UInt8]?
    private var next: UInt32 = 0
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
    mutating func finish(sha256: [UInt8]) async throws -> Promised {
        guard let upload else {
            return try await vault.promised(
                for: PublicRequest.submit(envelope: pending, from: .form))
        }
        if !pending.isEmpty { try await send(pending) }
        return try await vault.promised(
            for: PublicRequest.finishUpload(id: upload, sha256: sha256, from: .form))
    }

    private mutating func send(_ piece: [UInt8]) async throws {
        let id = try await uploadID()
        let chunk = PublicRequest.uploadChunk(id: id, index: next, bytes: piece)
        _ = try await vault.answer(to: chunk)
        next += 1
    }

    private mutating func uploadID() async throws -> [UInt8] {
        if let upload { return upload }
        guard case .handle(let id) = try await vault.answer(to: PublicRequest.beginUpload) else {
            throw VaultUnavailable()
        }
        upload = id
        return id
    }
}
