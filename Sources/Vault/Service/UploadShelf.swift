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
    /// Each counts as soon as it is admitted, so that no more is written than the budget allows.
    func take(_ steps: [UploadStep], tick: UInt64) throws(LedgerError) -> [VaultReply] {
        var replies: [VaultReply] = []
        var admitted: [(place: Int, step: UploadStep)] = []
        for (place, step) in steps.enumerated() {
            if let refusal = try refusal(of: step) {
                replies.append(.refused(refusal))
            } else {
                admitted.append((place, step))
                replies.append(step.done)
            }
        }
        defer { budget.withLock { $0.settle() } }
        do {
            let growths = try ledger.stage(admitted.map(\.step), tick: tick)
            for ((place, step), growth) in zip(admitted, growths) {
                guard case .row(let id, _, _) = step else { continue }
                if growth == nil { replies[place] = .refused(.unknownUpload) }
                budget.withLock { $0.grow(id, by: growth ?? 0, now: clock.elapsed()) }
            }
        } catch {
            // What was begun is not there.
            try follow()
            throw error
        }
        return replies
    }

    /// Counts a step; what speaks against it, or nil.
    private func refusal(of step: UploadStep) throws(LedgerError) -> Refusal? {
        switch step {
        case .begin(let id):
            guard try hasRoom(for: nil, bytes: UploadBudget.bytesEach) else { return .full }
            budget.withLock { $0.begin(id, now: clock.elapsed()) }
        case .row(let id, _, let bytes):
            // Nobody's upload makes room for one that is not there.
            guard budget.withLock({ $0.has(id) }) else { return .unknownUpload }
            guard try hasRoom(for: id, bytes: UInt64(bytes.count)) else { return .full }
            budget.withLock { $0.reserve(UInt64(bytes.count)) }
        }
        return nil
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
    private func hasRoom(for id: [UInt8]?, bytes: UInt64) throws(LedgerError) -> Bool {
        while !fits(bytes, more: id == nil ? 1 : 0) {
            guard try dropIdlest(but: id) else { return false }
        }
        return room.isThere()
    }

    private func fits(_ bytes: UInt64, more count: Int = 0) -> Bool {
        let free = room.beyondReserve()
        return budget.withLock { budget in
            budget.bytes + budget.reserved + bytes <= budget.bytesMax(free: free)
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

extension UploadStep {
    /// What is said of it when it is durable.
    fileprivate var done: VaultReply {
        switch self {
        case .begin(let id): .handle(id)
        case .row: .done
        }
    }
}
