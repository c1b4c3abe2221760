import Ledger
import Sodium
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

    /// Opens an upload, and returns its id.
    func begin(tick: UInt64) throws -> [UInt8] {
        try makeRoom(for: nil, bytes: UploadBudget.bytesEach)
        let id = Randomness.bytes(LedgerStore.uploadIDBytes)
        try ledger.beginUpload(id: id, tick: tick)
        budget.withLock { $0.begin(id, now: clock.elapsed()) }
        return id
    }

    /// Keeps a piece.
    func keep(_ id: [UInt8], row: UInt32, _ bytes: [UInt8]) throws {
        // Nobody's upload makes room for one that is not there.
        guard budget.withLock({ $0.has(id) }) else { throw Refusal.unknownUpload }
        try makeRoom(for: id, bytes: UInt64(bytes.count))
        guard let growth = try ledger.stage(upload: id, row: row, bytes: bytes) else {
            throw Refusal.unknownUpload
        }
        budget.withLock { $0.grow(id, by: growth, now: clock.elapsed()) }
    }

    /// Forgets an upload that is a tip now.
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

    /// Drops idle uploads while they hold more than they may, because others have used up room.
    func shrink() throws(LedgerError) {
        while !fits(0), try dropIdlest(but: nil) {}
    }

    /// Deletes some of what was dropped.
    func sweep() throws(LedgerError) {
        guard isUntidy.withLock({ $0 }) else { return }
        for _ in 0..<Self.sweepsMax where try !ledger.sweepUploads() {
            budget.withLock { $0.sweptAll() }
            return isUntidy.withLock { $0 = false }
        }
    }

    /// Drops idle uploads until there is room within the budget, and keeps the disk's reserve free of uploads, of which
    /// nobody can say yet what lane they are for.
    private func makeRoom(for id: [UInt8]?, bytes: UInt64) throws {
        while !fits(bytes, more: id == nil ? 1 : 0) {
            guard try dropIdlest(but: id) else { throw Refusal.full }
        }
        guard room.isThere() else { throw Refusal.full }
    }

    private func fits(_ bytes: UInt64, more count: Int = 0) -> Bool {
        let free = room.beyondReserve()
        return budget.withLock { budget in
            budget.bytes + bytes <= budget.bytesMax(free: free)
                && budget.count + count <= UploadBudget.countMax
        }
    }

    /// False if each upload has grown lately.
    private func dropIdlest(but sender: [UInt8]?) throws(LedgerError) -> Bool {
        let now = clock.elapsed()
        guard let id = budget.withLock({ $0.idlest(but: sender, now: now) }) else { return false }
        try ledger.dropUpload(id)
        end(id)
        return true
    }
}
