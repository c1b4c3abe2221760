public import Ledger
import NIOCore
import NIOPosix
public import Roster

/// The vault: the one owner of the ledger, asked over socket pairs.
public final class VaultServer: Sendable {
    private let core: VaultCore
    private let rosters: RosterLoader
    private let pages: PageLoader
    private let publicService: PublicService
    private let staffService: StaffService
    private let group = MultiThreadedEventLoopGroup.singleton

    /// Opens the vault: loads the rosters that the ledger holds, ends the ticks that passed meanwhile, and begins to
    /// tick.
    ///
    /// - Parameters:
    ///   - ledger: opened, and owned from now on.
    ///   - roster: the newest roster's note and staff part, as the operator's files have them.
    ///   - clock: the vault's time.
    ///   - limits: sizes and reserves.
    ///   - fail: ends the process with a reason, because what is on the disk is unknown.
    ///   - tell: tells the operator something.
    /// - Throws: `RosterError` or `LedgerError` if the roster does not follow the one in force or the ledger cannot
    ///   be read.
    public init(
        ledger: LedgerStore, roster: RosterFiles, clock: VaultClock, limits: VaultLimits,
        fail: @escaping @Sendable (String) -> Void, tell: @escaping @Sendable (String) -> Void
    ) throws {
        let book = try RosterBook.open(ledger: ledger, files: roster, clock: clock)
        core = try VaultCore(
            ledger: ledger, book: book, pages: try PageShelf(ledger), clock: clock, limits: limits,
            fail: fail, tell: tell)
        let pages = PageLoader(core: core)
        self.pages = pages
        rosters = RosterLoader(core: core) { pages.tryAgain() }
        publicService = PublicService(core: core)
        staffService = StaffService(core: core, start: clock.now())
        scheduleTicks()
    }

    /// Serves the public table on a socket pair, until the edge ends.
    public func servePublicEdge(on descriptor: CInt) {
        serve(descriptor, publicService)
    }

    /// Serves the staff table on a socket pair, until the edge ends.
    public func serveStaffEdge(on descriptor: CInt) {
        serve(descriptor, staffService)
    }

    /// Takes a newer roster: appends it, and judges by it from the next tick on (revocations at once).
    ///
    /// - Parameter told: told what became of it, first and last, from any thread.
    /// - Throws: `RosterError` if it is not the next one by the rules of the one in force.
    public func load(
        _ files: RosterFiles, told: @escaping @Sendable (RosterOutcome) -> Void
    ) throws(RosterError) {
        try rosters.load(files, told: told)
    }

    /// Takes a newer page note: appends it, and answers with it from then on.
    ///
    /// - Parameter told: told what became of it, first and last, from any thread.
    public func load(page note: [UInt8], told: @escaping @Sendable (PageOutcome) -> Void) {
        pages.want(note, told: told)
        // A roster that came with it decides whether it is the right one.
        if !rosters.isUnderWay { pages.tryAgain() }
    }

    /// Finishes what was accepted and ends; call it once.
    public func stop() {
        core.stop()
    }

    private func serve(_ descriptor: CInt, _ handler: some RequestHandler) {
        _ = ClientBootstrap(group: group)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try VaultConnection.install(on: channel, handler: handler)
                }
            }
            .withConnectedSocket(descriptor)
    }

    /// A change of kind `tick` goes to the writer soon after every tick's end; one that finds nothing to end does
    /// nothing, and a roster that waits for room is tried again.
    private func scheduleTicks() {
        let core = core
        let (rosters, pages) = (rosters, pages)
        let length = core.book.ticks.lengthSeconds
        let interval = TimeAmount.milliseconds(Int64(min(length * 1_000 / 4, 5_000)))
        group.next().scheduleRepeatedTask(initialDelay: .zero, delay: interval) { _ in
            core.change(.tick) { _ in }
            rosters.tryAgain()
            pages.tryAgain()
        }
    }
}

/// A roster as the operator's files have it.
public struct RosterFiles: Sendable {
    /// The signed note, encoded.
    public let note: [UInt8]
    /// The staff part, JCS.
    public let staff: [UInt8]

    /// Takes the bytes of both files.
    public init(note: [UInt8], staff: [UInt8]) {
        self.note = note
        self.staff = staff
    }
}
