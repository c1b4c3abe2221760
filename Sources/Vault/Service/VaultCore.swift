import Ledger
import Sodium

/// What both request tables are answered from: the ledger, its one writer, and the threads that read.
final class VaultCore: Sendable {
    let ledger: LedgerStore
    let book: RosterBook
    let pages: PageShelf
    let clock: VaultClock
    let limits: VaultLimits
    let standing: Standing
    let room: DiskRoom
    let flood: FloodGate
    private let writer: GroupThread<Change>
    private let readers = Dictionary(
        uniqueKeysWithValues: ReadLane.allCases.map { ($0, ReaderPool($0)) })

    /// - Parameters:
    ///   - ledger: opened, and owned from now on.
    ///   - book: the rosters in force.
    ///   - pages: the newest page note.
    ///   - clock: tells ticks and judges requests' times.
    ///   - limits: sizes and reserves.
    ///   - fail: ends the process when the storage's state is unknown.
    ///   - tell: tells the operator something.
    init(
        ledger: LedgerStore, book: RosterBook, pages: PageShelf, clock: VaultClock,
        limits: VaultLimits, fail: @escaping @Sendable (String) -> Void,
        tell: @escaping @Sendable (String) -> Void
    ) throws(LedgerError) {
        self.ledger = ledger
        self.book = book
        self.pages = pages
        self.clock = clock
        self.limits = limits
        room = DiskRoom(limits: limits, ledger: ledger)
        standing = Standing(fail: fail, tell: tell)
        flood = FloodGate(limits.flood, roots: try ledger.newestRoots(), clock: clock)
        let work = try VaultWriter(
            ledger: ledger, book: book, clock: clock, limits: limits, flood: flood,
            standing: standing)
        writer = GroupThread(
            name: "vault-writer", groupItemsMax: VaultWriter.groupItemsMax,
            waitingBytesMax: VaultWriter.waitingBytesMax, work: work.work)
    }

    /// Queues a change; its sender is answered when it is durable.
    func change(_ work: Change.Work, answer: @escaping @Sendable (VaultReply) -> Void) {
        guard standing.stopped == nil else { return answer(.refused(.busy)) }
        let change = Change(work: work, answer: answer)
        if !writer.submit(change, bytes: change.bytes) { answer(.refused(.busy)) }
    }

    /// Answers at once with what is in memory: no thread is waited for, and so no reader of rows.
    func recall(answer: (VaultReply) -> Void, _ known: () throws(Refusal) -> [UInt8]) {
        guard standing.stopped == nil else { return answer(.refused(.busy)) }
        do {
            answer(.bytes(try known()))
        } catch {
            answer(.refused(error))
        }
    }

    /// Answers from a thread of the lane; a body that returns nil has seen to its answer itself.
    func read(
        _ lane: ReadLane, evenIfStopped: Bool = false,
        answer: @escaping @Sendable (VaultReply) -> Void,
        _ body: @escaping @Sendable () throws -> VaultReply?
    ) {
        let isTaken = readers[lane]?.submit { [standing] isActive in
            guard isActive, evenIfStopped || standing.stopped == nil else {
                return answer(.refused(.busy))
            }
            do {
                if let reply = try body() { answer(reply) }
            } catch let refusal as Refusal {
                answer(.refused(refusal))
            } catch let error as LedgerError {
                answer(.refused(standing.refusal(of: error)))
            } catch {
                answer(.refused(.busy))
            }
        }
        if isTaken != true { answer(.refused(.busy)) }
    }

    /// Finishes what was accepted, then ends the threads.
    func stop() {
        writer.stop()
        for pool in readers.values { pool.stop() }
    }
}
