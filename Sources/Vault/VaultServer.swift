public import Ledger
import NIOCore
import NIOPosix
import Synchronization

/// The vault: the one owner of the ledger, asked over socket pairs.
public final class VaultServer: Sendable {
    /// How long the vault is down once its storage has failed, in seconds: a disk that fails at every start is not worn out
    /// by starts, and health says meanwhile what it is.
    public static let heldSeconds: Int64 = 20

    private let core: VaultCore
    private let rosters: RosterLoader
    private let pages: PageLoader
    private let publicService: PublicService
    private let staffService: StaffService
    private let group = MultiThreadedEventLoopGroup.singleton

    /// Opens the vault: loads the rosters that the ledger holds and a newer one if the operator has it, ends the ticks
    /// that passed meanwhile if the clock is to be believed (`LogTime`), and begins to tick.
    ///
    /// Once the ledger holds a roster, no file that is missing, refused or run out keeps the intake from going on.
    ///
    /// - Parameters:
    ///   - ledger: opened, and owned from now on.
    ///   - roster: the newest roster's note and staff part, as the operator's files have them, or why they cannot be
    ///     read.
    ///   - clock: the vault's time.
    ///   - limits: sizes and reserves.
    ///   - fail: ends the process, because what is on the disk is unknown; called once that was to be read in health for
    ///     `heldSeconds`.
    ///   - tell: tells the operator something.
    ///   - told: told what became of the operator's roster, first and last, from any thread.
    /// - Throws: `LedgerError` if the ledger cannot be read; why the roster cannot be taken if the ledger has none yet.
    public init(
        ledger: LedgerStore, roster: Result<RosterFiles, any Error>, clock: VaultClock,
        limits: VaultLimits, fail: @escaping @Sendable () -> Void,
        tell: @escaping @Sendable (String) -> Void,
        told: @escaping @Sendable (RosterOutcome) -> Void
    ) throws {
        let book = try RosterBook.open(ledger: ledger, files: roster, clock: clock)
        if let warning = book.foundingWarning { tell(warning) }
        core = try VaultCore(
            ledger: ledger, book: book, pages: try PageShelf(ledger), clock: clock, limits: limits,
            fail: { reason in
                tell("\(reason); nothing is served or taken, and what is stored is not guessed at")
                let loop = MultiThreadedEventLoopGroup.singleton.next()
                _ = loop.scheduleTask(in: .seconds(Self.heldSeconds)) { fail() }
            }, tell: tell)
        let pages = PageLoader(core: core)
        self.pages = pages
        rosters = RosterLoader(core: core) { pages.tryAgain() }
        publicService = PublicService(core: core)
        staffService = StaffService(core: core, start: clock.now())
        try start(with: roster, told: told)
        scheduleTicks()
    }

    /// Nobody is served before the operator's roster is in the log, or it is known that it does not come in now: whom it
    /// revokes could be let in.
    private func start(
        with files: Result<RosterFiles, any Error>,
        told: @escaping @Sendable (RosterOutcome) -> Void
    ) throws {
        let settled = group.next().makePromise(of: Void.self)
        let first = Mutex<EventLoopPromise<Void>?>(settled)
        rosters.load(files) { outcome in
            told(outcome)
            first.withLock { $0.take() }?.succeed()
        }
        try settled.futureResult.wait()
    }

    /// Serves the public table on a socket pair, until the edge ends.
    public func servePublicEdge(on descriptor: CInt) {
        VaultConnection.serve(descriptor, publicService)
    }

    /// Serves the staff table on a socket pair, until the edge ends.
    public func serveStaffEdge(on descriptor: CInt) {
        VaultConnection.serve(descriptor, staffService)
    }

    /// Takes a newer roster: appends it, and judges by it from the next tick on (revocations at once).
    ///
    /// - Parameters:
    ///   - files: its two parts, or why they cannot be read.
    ///   - told: told what became of it, first and last, from any thread.
    public func load(
        _ files: Result<RosterFiles, any Error>, told: @escaping @Sendable (RosterOutcome) -> Void
    ) {
        rosters.load(files, told: told)
    }

    /// Takes a newer page note: appends it, and answers with it from then on.
    ///
    /// - Parameters:
    ///   - note: its bytes, or why they cannot be read.
    ///   - told: told what became of it, first and last, from any thread.
    public func load(
        page note: Result<[UInt8], any Error>, told: @escaping @Sendable (PageOutcome) -> Void
    ) {
        pages.want(note, told: told)
        // A roster that came with it decides whether it is the right one.
        if !rosters.isUnderWay { pages.tryAgain() }
    }

    /// Warns in health while a certificate or key that the operator wanted read could not be opened; whether what was opened
    /// fits, the edges say in the log.
    public func warn(ofUnreadCertificate isUnread: Bool) {
        core.standing.isCertificateUnread = isUnread
    }

    /// Finishes what was accepted and ends; call it once.
    public func stop() {
        core.stop()
    }

    /// A change of kind `tick` goes to the writer soon after every tick's end; one that finds nothing to end, or a clock
    /// that is not believed, does nothing, and a roster that waits for room is tried again.
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
