internal import Confinement

extension Home {
    /// How often a command looks whether the other one has ended: for ten minutes at a quarter of a second.
    static let looksMax = 2_400

    /// Does something while no other command works in this home; waits for one that does.
    ///
    /// A command reads the home's state, goes to the network, and writes what it has read and learned: two at once
    /// would undo each other's work. A timer and a person meet often, so the second waits, rather than that either fails.
    ///
    /// - Parameters:
    ///   - waiting: called once if there is another one.
    ///   - pause: what is waited between two looks.
    ///   - body: what is done.
    /// - Throws: a `busy` complaint if the other one does not end.
    public func alone<R>(
        waiting: () -> Void = {},
        pause: () async throws -> Void = { try await Task.sleep(for: .milliseconds(250)) },
        _ body: () async throws -> R
    ) async throws -> R {
        var looks = 0
        while true {
            if let lock = try HeldLock.take(path) {
                defer { withExtendedLifetime(lock) {} }
                return try await body()
            }
            if looks == 0 { waiting() }
            looks += 1
            guard looks < Self.looksMax else {
                throw Complaint(.busy, "Another command has been working in \(path) for long.")
            }
            try await pause()
        }
    }
}

/// A folder's lock, for as long as this lives.
final class HeldLock: Sendable {
    private let folder: Descriptor

    private init(_ folder: consuming Descriptor) {
        self.folder = folder
    }

    /// Nil while somebody else has it.
    static func take(_ path: String) throws(ConfinementError) -> HeldLock? {
        guard let folder = try FolderLock.take(path) else { return nil }
        return HeldLock(folder)
    }
}
