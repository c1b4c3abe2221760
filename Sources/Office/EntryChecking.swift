public import Ledger
internal import Notes
public import Roster

/// An entry whose promise, record and commitment belong together and bear the log's signature.
public struct CheckedEntry: Sendable, Equatable {
    /// The entry's name, 32 bytes.
    public let commitment: [UInt8]
    /// The tick whose checkpoint has to hold it: no later than the near future.
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

    /// How far ahead of this machine's tick a promise may be, in ticks.
    ///
    /// A promise is for the tick in which it is given. A log that could promise for a tick of its choice would never
    /// have to keep its word.
    static let ticksAheadMax: UInt64 = 2

    /// Checks against the log that a roster names.
    ///
    /// - Parameter now: seconds since 1970.
    public init(
        _ roster: PublicRoster, now: @escaping @Sendable () -> UInt64
    ) throws(RosterError) {
        guard let ticks = Ticks(lengthSeconds: roster.tickSeconds) else {
            throw .malformed("tick_seconds")
        }
        origin = roster.origin
        log = roster.log
        self.ticks = ticks
        self.now = now
    }

    /// Checks promise, record and salt; `what` names the entry in errors.
    public func check(
        _ offered: OfferedEntry, _ what: String
    ) throws(CustodyProblem) -> CheckedEntry {
        guard let note = try? Note(parsing: Array(offered.promise.utf8)),
            (try? note.verify(by: log)) != nil,
            let promise = try? note.body(PromiseNote.self, origin: origin),
            promise.tick <= latestTick
        else { throw .promiseForged(what: what) }
        let bytes = Array(offered.record.utf8)
        guard let salt = try? Base64.decode(offered.salt, count: Commitment.saltBytes),
            Commitment.of(record: bytes, salt: salt).bytes == promise.commitment,
            let record = try? Record(parsing: bytes),
            record.origin == origin, record.tick == promise.tick
        else { throw .recordDiffers(what: what) }
        return CheckedEntry(
            commitment: promise.commitment, tick: promise.tick, time: time(ofTick: promise.tick),
            body: record.body, offered: offered)
    }

    /// The latest tick that is believed, by this machine's clock and how far that may be from the gateway's.
    private var latestTick: UInt64 {
        ticks.tick(at: now() + UInt64(GatewayClock.offsetSecondsMax)) + Self.ticksAheadMax
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
            let due = ticks.end(of: entry.tick) + graceSeconds
            return now() < due ? .tooEarly : .missing
        }
        guard let parsed = try? TlogProof(parsing: proof),
            let commitment = Hash256(entry.commitment),
            let checkpoint = try? parsed.verify(commitment: commitment, by: log),
            checkpoint.origin == origin
        else { throw .proofForged(what: what) }
        return .included(
            index: parsed.index, proof: proof,
            under: SeenCheckpoint(checkpoint, note: parsed.checkpoint))
    }

    /// How long after the tick's end the vault may take to place its entries, in seconds: a tick,
    /// and clocks that differ.
    private var graceSeconds: UInt64 { ticks.lengthSeconds + 30 }
}
