public import Ledger
internal import Notes
public import Roster

/// An entry whose promise, record and commitment belong together and bear the log's signature.
public struct CheckedEntry: Sendable, Equatable {
    /// The entry's name, 32 bytes.
    public let commitment: [UInt8]
    /// The tick whose checkpoint has to hold it; one that is far off is among the checker's findings.
    public let tick: UInt64
    /// When that tick began, for people: `2026-11-29 11:00 UTC`.
    public let time: String
    /// What it is about.
    public let body: RecordBody
    /// The entry as it was offered, for keeping.
    public let offered: OfferedEntry
}

/// What the log's proof says about an entry.
public enum Inclusion: Sendable, Equatable {
    /// It is leaf `index` of the tree under this signed checkpoint; `proof` is C2SP tlog-proof.
    case included(index: UInt64, proof: [UInt8], under: SeenCheckpoint)
    /// Its tick is not over, or has only just ended.
    case tooEarly
    /// Its tick is over and the log does not give a proof.
    case missing
}

/// Checks entries against one log.
public struct EntryChecker: Sendable {
    private let origin: String
    private let log: NoteVerifier
    private let ticks: Ticks
    private let now: @Sendable () -> UInt64
    /// What does not hold and stops nothing.
    let findings: Findings

    /// How far ahead of this machine's tick a promise may be without being named, in ticks.
    ///
    /// A promise is for the tick in which it is given, or for the one that is open after the gateway's clock was ahead.
    /// A log that could promise for a tick of its choice, unnoticed, would never have to keep its word.
    static let ticksAheadMax: UInt64 = 2

    /// Checks against the log that a roster names.
    ///
    /// - Parameters:
    ///   - now: seconds since 1970.
    ///   - findings: is told of promises that are for a time that is far off.
    public init(
        _ roster: PublicRoster, now: @escaping @Sendable () -> UInt64, findings: Findings
    ) throws(RosterError) {
        guard let ticks = Ticks(lengthSeconds: roster.tickSeconds) else {
            throw .malformed("tick_seconds")
        }
        origin = roster.origin
        log = roster.log
        self.ticks = ticks
        self.now = now
        self.findings = findings
    }

    /// Checks promise, record and salt; `what` names the entry in errors.
    public func check(
        _ offered: OfferedEntry, _ what: String
    ) throws(CustodyProblem) -> CheckedEntry {
        guard let note = try? Note(parsing: Array(offered.promise.utf8)),
            (try? note.verifySole(by: log)) != nil,
            let promise = try? note.body(PromiseNote.self, origin: origin)
        else { throw .promiseForged(what: what) }
        let bytes = Array(offered.record.utf8)
        guard let salt = try? Base64.decode(offered.salt, count: Commitment.saltBytes),
            Commitment.of(record: bytes, salt: salt).bytes == promise.commitment,
            let record = try? Record(parsing: bytes),
            record.origin == origin, record.tick == promise.tick
        else { throw .recordDiffers(what: what) }
        noteIfFarAhead(promise.tick, what)
        return CheckedEntry(
            commitment: promise.commitment, tick: promise.tick, time: time(ofTick: promise.tick),
            body: record.body, offered: offered)
    }

    /// Whether a tick is later than the one in which a gateway with a right clock can be: by this machine's clock, and how
    /// far that may be from the gateway's.
    func isFarAhead(_ tick: UInt64) -> Bool {
        tick > ticks.tick(at: now() + UInt64(GatewayClock.offsetSecondsMax)) + Self.ticksAheadMax
    }

    /// Adds to the findings that an entry is promised for a tick that is far off, if it is; `what` names the entry.
    public func noteIfFarAhead(_ tick: UInt64, _ what: String) {
        guard isFarAhead(tick) else { return }
        findings.add(.promisedFarAhead(what: what, until: ticks.end(of: tick)))
    }

    /// When a tick begins, for people: `2026-11-29 11:00 UTC`.
    public func time(ofTick tick: UInt64) -> String { UTCTime.text(ticks.start(of: tick)) }

    /// True once the tick of an entry is over, and the log may have placed it.
    func isOver(_ entry: CheckedEntry) -> Bool { now() >= ticks.end(of: entry.tick) }

    /// Checks an inclusion proof, or judges its absence by the clock.
    ///
    /// - Parameters:
    ///   - proof: C2SP tlog-proof as served, nil for none.
    ///   - entry: the entry in question.
    public func inclusion(
        _ proof: [UInt8]?, of entry: CheckedEntry, _ what: String
    ) throws(CustodyProblem) -> Inclusion {
        guard let proof else {
            // The end of a tick that no clock reaches is the last second there is.
            return now() < graceSeconds || now() - graceSeconds < ticks.end(of: entry.tick)
                ? .tooEarly : .missing
        }
        guard let parsed = try? TlogProof(parsing: proof),
            let commitment = Hash256(entry.commitment),
            let checkpoint = try? parsed.verify(commitment: commitment, by: log),
            checkpoint.origin == origin,
            let note = try? Note(parsing: parsed.checkpoint).sole(of: log)
        else { throw .proofForged(what: what) }
        return .included(
            index: parsed.index, proof: proof,
            under: SeenCheckpoint(checkpoint, note: note.encoded))
    }

    /// How long after the tick's end the vault may take to place its entries, in seconds: a tick,
    /// and clocks that differ.
    private var graceSeconds: UInt64 { ticks.lengthSeconds + 30 }
}
