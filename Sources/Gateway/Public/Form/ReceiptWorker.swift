import Envelope
import NIOCore
import NIOPosix
import Sodium
import Synchronization

/// Derives receipts on one thread with a short queue: PBKDF2 takes a tenth of a second of a core on purpose, and a
/// flood of forms must not take them all (formats.md §3).
final class ReceiptWorker: Sendable {
    /// Derivations that may wait.
    static let waitingMax = 64

    private let pool = NIOThreadPool(numberOfThreads: 1)
    private let waiting = Atomic(0)
    private let origin: String

    /// - Parameter origin: the gateway's log name.
    init(origin: String) {
        self.origin = origin
        pool.start()
    }

    /// Draws a new receipt and writes it as reporters of a language get it.
    ///
    /// - Throws: `Problem.unavailable` when too many wait.
    func draw(
        for language: String, _ lists: ReceiptLists
    ) async throws -> (text: [UInt8], mailbox: Mailbox) {
        let origin = origin
        return try await run {
            let receipt = try Receipt()
            return (
                lists.text(of: receipt, for: language),
                try ReceiptKeys(receipt, origin: origin).mailbox()
            )
        }
    }

    /// Runs a derivation when its turn comes.
    func run<Result: Sendable>(
        _ body: @escaping @Sendable () throws -> Result
    ) async throws -> Result {
        guard waiting.add(1, ordering: .relaxed).newValue <= Self.waitingMax else {
            waiting.subtract(1, ordering: .relaxed)
            throw Problem.unavailable
        }
        defer { waiting.subtract(1, ordering: .relaxed) }
        return try await pool.runIfActive(body)
    }
}
