import Ledger
import Synchronization

/// The uploads that are staged, within their budget: used by the writer's thread alone.
final class UploadShelf: Sendable {
    /// Pieces of what was dropped that are deleted after each group of changes.
    private static let sweepsMax = 4

    private let ledger: LedgerStore
    private let room: DiskRoom
    private let clock: VaultClock
    private let budget: Mutex<UploadBudget>
    /// Whether something may wait to be deleted.
    private let isUntidy = Mutex(true)

    /// Takes over what is staged.
    init(
        ledger: LedgerStore, limits: VaultLimits, room: DiskRoom, clock: VaultClock
    ) throws(LedgerError) {
        self.ledger = ledger
        self.room = room
        self.clock = clock
        var budget = UploadBudget(idleSeconds: limits.uploadIdleSeconds)
        for upload in try ledger.stagedUploads() {
            budget.begin(upload.id, holding: upload.bytes, now: clock.elapsed())
        }
        self.budget = Mutex(budget)
    }

    /// Does steps in one transaction, and answers each of them.
    ///
    /// Idle uploads make room in the same transaction; without steps, that is all that is done.
    func take(_ steps: [UploadStep], tick: UInt64) throws(LedgerError) -> [VaultReply] {
        let (free, now) = (room.free(), clock.elapsed())
        var group = budget.withLock {
            UploadGroup(
                steps, budget: &$0, free: free.beyondReserve, hasReserve: free.hasReserve, now: now)
        }
        do {
            let growths = try ledger.stage(
                group.admitted.map(\.step), dropping: group.dropped.map(\.id), tick: tick)
            budget.withLock { group.settle(growths, in: &$0, now: now) }
        } catch {
            budget.withLock { group.takeBack(from: &$0) }
            throw error
        }
        if !group.dropped.isEmpty { isUntidy.withLock { $0 = true } }
        return group.replies
    }

    /// Forgets an upload that is a tip now, or can be none.
    func end(_ id: [UInt8]) {
        budget.withLock { $0.end(id) }
        isUntidy.withLock { $0 = true }
    }

    /// Forgets what a tick has dropped.
    func follow() throws(LedgerError) {
        let ids = Set(try ledger.stagedUploads().map(\.id))
        budget.withLock { $0.keep(only: ids) }
        isUntidy.withLock { $0 = true }
    }

    /// Deletes some of what was dropped.
    func sweep() throws(LedgerError) {
        guard isUntidy.withLock({ $0 }) else { return }
        for _ in 0..<Self.sweepsMax where try !ledger.sweepUploads() {
            budget.withLock { $0.sweptAll() }
            return isUntidy.withLock { $0 = false }
        }
    }
}
