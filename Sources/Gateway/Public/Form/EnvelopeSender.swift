import NIOCore
import Vault

/// A vault went away, or its storage failed, while an envelope was handed to it: it may be kept, or not.
struct DurabilityUnknown: Error {}

/// Hands an envelope to the vault as it is made: whole if it is short, in pieces if it is not.
///
/// Holds one piece.
struct EnvelopeSender {
    private let vault: VaultClient
    private var upload: [UInt8]?
    private var next: UInt32 = 0
    private let patience: TimeAmount
    /// Between two attempts at a vault that is there and takes nothing: it holds its storage back for longer.
    private static let pause = TimeAmount.seconds(1)
    /// Ciphertext that waits to be sent.
    var pending: [UInt8] = []

    /// - Parameter patience: how long the promise is asked for where an attempt may have been kept: by itself longer
    ///   than a vault is down whose storage failed.
    init(
        vault: VaultClient, patience: TimeAmount = .seconds(VaultServer.heldSeconds + 10)
    ) {
        self.vault = vault
        self.patience = patience
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
    /// - Throws: `DurabilityUnknown` when it may be kept and no vault has said so in time; a `Problem` when it is not kept.
    mutating func finish(sha256: [UInt8]) async throws -> Promised {
        guard let upload else {
            return try await promised(for: .submit(envelope: pending, from: .form))
        }
        if !pending.isEmpty { try await send(pending) }
        return try await promised(
            for: .finishUpload(id: upload, sha256: sha256, from: .form))
    }

    /// The same bytes again, if need be: what a vault made durable before it ended, the next one knows by their hash.
    ///
    /// Once an attempt may have been kept, a vault that takes nothing says nothing about that one.
    private func promised(for request: PublicRequest) async throws -> Promised {
        let end = NIODeadline.now() + patience
        var mayBeKept = false
        while true {
            var pause = Self.pause
            switch try? await vault.ask(request) {
            case .promised(let promised): return promised
            case .refused(let refusal) where !Self.leavesOpen(refusal, mayBeKept):
                throw Problem(refusal)
            case nil: pause = VaultClient.pause
            default: break
            }
            mayBeKept = true
            guard NIODeadline.now() < end else { throw DurabilityUnknown() }
            try await VaultClient.wait(pause)
        }
    }

    /// Whether an envelope that may have been kept before can still be so: whoever is busy or full has not looked for it,
    /// and every other refusal comes after that look.
    private static func leavesOpen(_ refusal: Refusal, _ mayBeKept: Bool) -> Bool {
        refusal == .durabilityUnknown || mayBeKept && (refusal == .busy || refusal == .full)
    }

    private mutating func send(_ piece: [UInt8]) async throws {
        let (id, vault) = (try await uploadID(), vault)
        let chunk = PublicRequest.uploadChunk(id: id, index: next, bytes: piece)
        _ = try await vault.onceThereIsAVault(within: VaultClient.patienceForReturn) {
            try await vault.answer(to: chunk)
        }
        next += 1
    }

    private mutating func uploadID() async throws -> [UInt8] {
        if let upload { return upload }
        let vault = vault
        let begun = try await vault.onceThereIsAVault(within: VaultClient.patienceForReturn) {
            try await vault.answer(to: PublicRequest.beginUpload)
        }
        guard case .handle(let id) = begun else { throw VaultUnavailable() }
        upload = id
        return id
    }
}
