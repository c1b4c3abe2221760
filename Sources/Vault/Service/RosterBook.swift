import Envelope
import Ledger
import Notes
import Roster
import Sodium
import Synchronization

/// A member as the vault judges by: who signed, for which office, with which certificates.
struct BookMember: Equatable, Sendable {
    /// The office's name.
    let office: String
    /// Whether the office is a desk.
    let isDesk: Bool
    /// The signing key, whose name is the member's.
    let verifier: NoteVerifier
    /// SHA-256 of the SubjectPublicKeyInfo of each of its certificates, 32 bytes each.
    let pins: [[UInt8]]
}

/// Why no log is founded: the operator's roster is a later one, so that there was a ledger before.
struct NoLedger: Error, Equatable, CustomStringConvertible {
    /// Where it was looked for.
    let path: String
    /// The roster's.
    let version: UInt64

    var description: String {
        "there is no ledger at \(path), and the roster's files are version \(version): is the disk mounted?"
            + " Only version 1 founds a log."
    }
}

/// The rosters that the ledger holds, and which of them counts now.
///
/// A roster counts from the tick after its entry's on, the first one at once; what a newer one revokes is revoked the
/// moment it is appended (formats.md §2).
final class RosterBook: Sendable {
    private struct State {
        var timeline: RosterTimeline
        /// What the vault acts by, and the tick it was made for.
        var live: (inForce: InForce, tick: UInt64)?
        var publicDocument: [UInt8] = []
        var staffDocument: [UInt8] = []
    }

    private struct InForce {
        let roster: Roster
        /// The certificates' keys of all members in force.
        let pins: Set<[UInt8]>

        init(_ roster: Roster) {
            self.roster = roster
            let members = roster.staffPart.offices.flatMap(\.members)
            pins = Set(members.filter { !$0.isRevoked }.flatMap(\.pins))
        }
    }

    /// The length of a tick never changes while the process lives: entries' times are counted in it.
    let ticks: Ticks
    private let clock: VaultClock
    private let ledger: LedgerStore
    private let state: Mutex<State>
    /// Whether this process founded the log, in a ledger that held nothing.
    private let isFounder: Bool

    private init(
        timeline: RosterTimeline, ticks: Ticks, clock: VaultClock, ledger: LedgerStore,
        isFounder: Bool
    ) {
        self.isFounder = isFounder
        self.ticks = ticks
        self.clock = clock
        self.ledger = ledger
        state = Mutex(State(timeline: timeline))
    }

    /// Reads the ledger's rosters; an empty ledger gets the files' one first.
    ///
    /// - Throws: why there are no files, or `NoLedger` or `RosterError` if the ledger is empty and theirs cannot be the
    ///   first one; `LedgerError` if the ledger cannot be read.
    static func open(
        ledger: LedgerStore, files: Result<RosterFiles, any Error>, clock: VaultClock
    ) throws -> RosterBook {
        let isFounder = try ledger.rosters().isEmpty
        if isFounder {
            let now = clock.now()
            let files = try files.get()
            let note = try RosterVerification.note(files.note)
            try requireFounding(note, files.staff, ledger)
            let roster = try RosterVerification.first(note: note, staff: files.staff, at: now)
            try requireLog(roster, ledger)
            let tick = Ticks(lengthSeconds: roster.publicPart.tickSeconds)?.tick(at: now) ?? 0
            let item = AppendItem.roster(note: files.note, staff: files.staff, version: 1)
            let outcomes = try ledger.appendGroup([item], tick: tick)
            guard case .appended? = outcomes.first else { throw Refusal.notAllowed }
        }
        let timeline = try history(ledger)
        guard let ticks = Ticks(lengthSeconds: timeline.newest.publicPart.tickSeconds) else {
            throw RosterError.malformed("tick_seconds")
        }
        let book = RosterBook(
            timeline: timeline, ticks: ticks, clock: clock, ledger: ledger, isFounder: isFounder)
        try book.reload()
        return book
    }

    /// An empty ledger beside a later roster is not the gateway's: founding another log under the same key would look like
    /// a fork to everybody who knows the first.
    private static func requireFounding(
        _ note: Note, _ staff: [UInt8], _ ledger: LedgerStore
    ) throws(NoLedger) {
        guard let roster = try? Roster(note: note, staff: staff), roster.version > 1 else { return }
        throw NoLedger(path: ledger.path, version: roster.version)
    }

    private static func requireLog(_ roster: Roster, _ ledger: LedgerStore) throws(RosterError) {
        guard roster.origin == ledger.origin else { throw .wrongOrigin }
        guard roster.publicPart.log == ledger.logVerifier else { throw .malformed("log") }
    }

    /// The ledger's rosters, each verified against the one before.
    private static func history(_ ledger: LedgerStore) throws -> RosterTimeline {
        let entries = try ledger.rosters()
        guard let founding = entries.first else { throw RosterError.malformed("ledger") }
        let first = try RosterVerification.first(
            note: RosterVerification.note(founding.note), staff: founding.staff, at: nil)
        try requireLog(first, ledger)
        var timeline = try RosterTimeline(founding: first, entered: founding.entry.tick)
        for entry in entries.dropFirst() {
            let next = try RosterVerification.successor(
                note: RosterVerification.note(entry.note), staff: entry.staff,
                of: timeline.newest, at: nil)
            try timeline.append(next, entered: entry.entry.tick)
        }
        return timeline
    }

    /// Reads the ledger's rosters again.
    func reload() throws {
        let timeline = try Self.history(ledger)
        guard let entry = try ledger.rosters().last else { return }
        let publicDocument = try Self.document(of: entry, ledger, withStaffPart: false)
        let staffDocument = try Self.document(of: entry, ledger, withStaffPart: true)
        state.withLock { state in
            state.timeline = timeline
            state.live = nil
            state.publicDocument = publicDocument
            state.staffDocument = staffDocument
        }
    }

    /// A roster with its log entry, as it is served.
    static func document(
        of roster: RosterEntry, _ ledger: LedgerStore, withStaffPart: Bool
    ) throws -> [UInt8] {
        let promise = try ledger.promise(roster.entry).encoded
        var document: [String: CanonicalJSON] = [
            "note": .string(String(decoding: roster.note, as: UTF8.self)),
            "promise": .string(String(decoding: promise, as: UTF8.self)),
            "record": .string(String(decoding: roster.entry.record, as: UTF8.self)),
            "salt": .string(Base64.encode(roster.entry.salt)),
        ]
        if withStaffPart {
            document["staff"] = .string(String(decoding: roster.staff, as: UTF8.self))
        }
        return CanonicalJSON.object(document).encoded
    }

    /// Judges files against the newest roster: nil if it is that one, else the version to append.
    ///
    /// - Throws: `RosterError` if it does not follow, `LedgerError` if the ledger cannot be asked what it needs.
    func accept(_ files: RosterFiles) throws -> UInt64? {
        let current = newest
        let note = try RosterVerification.note(files.note)
        if let same = try? Roster(note: note, staff: files.staff),
            same.textHash == current.textHash
        {
            return nil
        }
        let next = try successor(note, files.staff, of: current)
        guard next.publicPart.tickSeconds == ticks.lengthSeconds else {
            throw RosterError.malformed("tick_seconds cannot change")
        }
        try requireKeys(of: current, in: next)
        return next.version
    }

    /// A clock that is not believed does not keep a revocation out: what has run out by it is judged by the log's time.
    private func successor(
        _ note: Note, _ staff: [UInt8], of current: Roster
    ) throws(RosterError) -> Roster {
        do {
            return try RosterVerification.successor(
                note: note, staff: staff, of: current, at: clock.now())
        } catch {
            guard error == .expired, isClockAhead else { throw error }
            return try RosterVerification.successor(
                note: note, staff: staff, of: current, at: ticks.start(of: tick))
        }
    }

    /// Throws if a desk's line is left out to which tips may still come, or have come: a desk gets what came to the keys
    /// that its lines name, revoked ones included.
    private func requireKeys(of current: Roster, in next: Roster) throws {
        let now = clock.now()
        for desk in current.publicPart.desks {
            for key in desk.keys where next.publicPart.key(key.line.id) == nil {
                guard Self.envelopeUses.contains(key.line.use) else { continue }
                let hash = Hash256(key.line.id.bytes).map { [$0] } ?? []
                guard !key.isAccepted(at: now),
                    try ledger.deskTips(keys: hash, after: 0, limit: 1).isEmpty
                else { throw RosterError.keyLeftOut(office: desk.office) }
            }
        }
    }

    private static let envelopeUses: Set<KeyUse> = [.envelopeX25519, .envelopeXWing]

    /// The newest roster with its log entry, as `GET /v1/roster` answers.
    var publicDocument: [UInt8] { state.withLock { $0.publicDocument } }

    /// The newest roster with its log entry and its staff part: an office judges signatures by the entry's tick.
    var staffDocument: [UInt8] { state.withLock { $0.staffDocument } }

    /// When the newest roster expires, in Unix seconds.
    var expires: UInt64 { newest.publicPart.expires }

    /// Whether somebody reads what is sent for a place that has no desk of its own.
    var servesEveryPlace: Bool { newest.publicPart.servesEveryPlace }

    /// Whether the newest roster has run out.
    func isExpired(at now: UInt64) -> Bool { newest.isExpired(at: now) }

    /// Judges a page note by the newest roster.
    func accept(page note: Note) throws(PageNoteError) -> PageNote {
        try PageVerification.accepted(note, under: newest.publicPart)
    }

    /// Whether a page note names the newest roster.
    func isForNewest(_ page: PageNote) -> Bool { page.roster == newest.textHash }

    private var newest: Roster { state.withLock { $0.timeline.newest } }

    /// The roster that the vault acts by in this tick.
    private var live: Roster { inForce.roster }

    private var inForce: InForce {
        state.withLock { state in
            let tick = time(state).tick
            if let live = state.live, live.tick == tick { return live.inForce }
            let inForce = InForce(state.timeline.live(at: tick))
            state.live = (inForce, tick)
            return inForce
        }
    }

    // MARK: Time

    /// The tick that the vault acts in: what is appended is promised for it, and judged by the roster in force in it.
    ///
    /// While the clock is not believed it is the one that was open last: that one ends as soon as any does, whichever
    /// time turns out to be the right one, and a promise for the clock's own would perhaps not be kept for years.
    var tick: UInt64 { state.withLock { time($0).tick } }

    /// Whether the clock shows a time that nothing but itself speaks for, so that no tick is ended by it.
    ///
    /// A tick that was ended once is never open again: ended by a clock that is years ahead, it would close the log for
    /// as long.
    var isClockAhead: Bool { state.withLock { time($0).isAhead } }

    /// Why no ticks are ended, in an operator's words; nil while they are.
    var clockWarning: String? { state.withLock { time($0).warning } }

    /// What is told of a tick that is over and not written.
    struct MissingTick {
        /// When the first such tick ended, in Unix seconds.
        let end: UInt64
        /// How many ticks are over and not written.
        let count: UInt64
    }

    /// The ticks before this one that are not written; nil if all are.
    func missingTick(before tick: UInt64) -> MissingTick? {
        // What was founded just now has ended none.
        let open =
            ledger.firstOpenTick > 0
            ? ledger.firstOpenTick : state.withLock { $0.timeline.steps[0].entered }
        guard tick > open else { return nil }
        return MissingTick(end: ticks.end(of: open), count: tick - open)
    }

    /// That ticks are not written, whatever may be the reason; nil while they are, or while the clock ends none.
    var lateWarning: String? {
        let (tick, now) = (self.tick, clock.now())
        guard let missing = missingTick(before: tick), missing.count > Self.ticksLateMax,
            now > missing.end + Self.secondsLateMax
        else { return nil }
        let due = UTCTime.text(missing.end)
        return "no tick has been written since the one that ended at \(due) was due: nothing new"
            + " gets its place in the log"
    }

    /// That the log was founded just now, until its first tick has ended: nothing else tells a new gateway from one whose
    /// disk is not there.
    var foundingWarning: String? {
        let founded = state.withLock { $0.timeline.steps[0].entered }
        return isFounder && ledger.firstOpenTick <= founded
            ? "a new log was founded at \(ledger.path), where there was none: if this gateway had one before, stop it and"
                + " see whether its disk is mounted" : nil
    }

    /// How many ticks may be over and not written before it is told.
    private static let ticksLateMax: UInt64 = 2
    /// How late a tick may be before that, in seconds: where ticks are short, a busy machine is no fault.
    private static let secondsLateMax: UInt64 = 60

    private func time(_ state: State) -> LogTime {
        let step = state.timeline.steps[state.timeline.steps.count - 1]
        return LogTime(
            now: clock.now(), ticks: ticks, open: max(ledger.firstOpenTick, step.entered),
            rosterExpires: step.roster.publicPart.expires, confirmedUntil: clock.confirmedUntil)
    }

    // MARK: Judgements

    /// The seal keys of the desk that an envelope is addressed to.
    ///
    /// - Throws: `unknownKey`, or `keyRevoked` for a key that is revoked or whose time of grace is over.
    func sealKeys(
        forEnvelopeKey id: KeyID, suite: EnvelopeSuite
    ) throws(Refusal) -> SealKeys {
        guard let (desk, key) = live.publicPart.key(id), key.line.use == suite.keyUse else {
            throw .unknownKey
        }
        guard key.isAccepted(at: clock.now()) else { throw .keyRevoked }
        guard let x25519 = desk.activeKey(.sealX25519), let xwing = desk.activeKey(.sealXWing),
            let keys = try? SealKeys(x25519: x25519.line, xwing: xwing.line)
        else { throw .unknownKey }
        return keys
    }

    /// The envelope keys of an office, revoked ones included: whose tips are its own.
    func envelopeKeys(of office: String) -> [KeyID] {
        newest.keys(of: office).map(\.line).filter { Self.envelopeUses.contains($0.use) }
            .map(\.id)
    }

    /// The office that has this key as an active one for what `sender` wraps to it.
    ///
    /// Reports and transfers go to units; a desk may report to a new key of its own (formats.md §7), and to no other desk.
    func recipient(ofActiveKey id: [UInt8], from sender: String) -> String? {
        guard let id = KeyID(id), let (office, key) = live.key(id),
            office.kind == .unit || office.office == sender,
            key.line.use == .sealXWing, key.state == .active
        else { return nil }
        return office.office
    }

    /// The member in force who signed a note, if its signature holds; nil if nobody known did.
    func signer(of note: Note) -> BookMember? {
        guard note.signatures.count == 1, let name = note.signatures.first?.name,
            let member = member(named: name),
            (try? note.signers(among: [member.verifier])) == [member.verifier]
        else { return nil }
        return member
    }

    /// Whether a certificate with this key is one of a member's in force.
    func admits(_ pin: [UInt8]) -> Bool { inForce.pins.contains(pin) }

    /// Whether a member is still what it was: in force, in the same office, with the same certificates.
    func isInForce(_ member: BookMember) -> Bool {
        self.member(named: member.verifier.name) == member
    }

    private func member(named name: String) -> BookMember? {
        guard let (office, member) = live.member(named: name), !member.isRevoked else {
            return nil
        }
        return BookMember(
            office: office.office, isDesk: office.kind == .desk, verifier: member.verifier,
            pins: member.pins)
    }
}
