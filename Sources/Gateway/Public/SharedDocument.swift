import Synchronization

/// A document of the vault's that is the same for everybody: the vault is asked once for all who come meanwhile, and what
/// slow readers are sent is one copy for all of them.
///
/// Whoever comes gets what the vault answers after that, or is just answering; and only while it cannot, what it answered
/// before.
final class SharedDocument: Sendable {
    private struct State {
        /// The newest, which all answers have in common.
        var newest: [UInt8]?
        /// What the vault is being asked.
        var asking: Task<[UInt8], any Error>?
    }

    private let state = Mutex(State())
    private let fetch: @Sendable () async throws -> [UInt8]

    /// - Parameter fetch: asks the vault.
    init(_ fetch: @escaping @Sendable () async throws -> [UInt8]) {
        self.fetch = fetch
    }

    /// The document; the newest that is known while there is no vault or it has no time, for it is public and signed.
    ///
    /// - Throws: what `fetch` throws, where none is known.
    func bytes() async throws -> [UInt8] {
        let task = state.withLock { state in
            if let asking = state.asking { return asking }
            let asking = Task { try await renewed() }
            state.asking = asking
            return asking
        }
        return try await task.value
    }

    private func renewed() async throws -> [UInt8] {
        let fetched: Result<[UInt8], any Error>
        do {
            fetched = .success(try await fetch())
        } catch {
            fetched = .failure(error)
        }
        return try state.withLock { state in
            state.asking = nil
            switch fetched {
            case .success(let new):
                if state.newest != new { state.newest = new }
            case .failure(let error):
                let isAway = error is VaultUnavailable || error as? Problem == .unavailable
                guard isAway, state.newest != nil else { throw error }
            }
            return state.newest ?? []
        }
    }
}
