import Envelope
import NIOCore
import NIOPosix
import Sodium
import Synchronization

/// What all forms without JavaScript share.
///
/// Two derive receipts, one for tips and one for mailboxes, so that who floods the one shuts nobody out of the other.
struct FormDesk: Sendable {
    /// For the receipts of forms, which wait for minutes before one is turned away.
    let forms: ReceiptWorker
    /// For receipts that somebody came back with.
    let mailboxes: ReceiptWorker
    /// What was kept lately.
    let recent = RecentForms()

    /// - Parameter origin: the gateway's log name.
    init(origin: String) {
        forms = ReceiptWorker(origin: origin, waitingMax: 1_024)
        mailboxes = ReceiptWorker(origin: origin, waitingMax: 64)
    }
}

/// Derives receipts on one thread: PBKDF2 takes a tenth of a second of a core on purpose, and a flood must not take them
/// all (formats.md §3).
final class ReceiptWorker: Sendable {
    private let waitingMax: Int
    private let pool = NIOThreadPool(numberOfThreads: 1)
    private let waiting = Atomic(0)
    private let origin: String

    /// - Parameters:
    ///   - origin: the gateway's log name.
    ///   - waitingMax: derivations that may wait.
    init(origin: String, waitingMax: Int) {
        self.origin = origin
        self.waitingMax = waitingMax
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
        guard waiting.add(1, ordering: .relaxed).newValue <= waitingMax else {
            waiting.subtract(1, ordering: .relaxed)
            throw Problem.unavailable
        }
        defer { waiting.subtract(1, ordering: .relaxed) }
        return try await pool.runIfActive(body)
    }
}
