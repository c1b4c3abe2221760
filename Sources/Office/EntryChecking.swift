public import Ledger
public import Notes

/// An entry whose promise, record and commitment belong together and bear the log's signature.
public struct CheckedEntry: Sendable, Equatable {
    /// The entry's name, 32 bytes.
    public let commitment: [UInt8]
    /// The tick whose checkpoint has to hold it.
    public let tick: UInt64
    /// What it is about.
    public let body: RecordBody
    /// The entry as it was offered, for keeping.
    public let offered: OfferedEntry
}

/// What the log's proof says about an entry.
public enum Inclusion: Sendable, Equatable {
    /// It is leaf `index` of the tree under this signed checkpoint; `proof` is C2SP tlog-proof.
    case included(index: UInt64, proof: [UInt8])
    /// Its tick is not over, or has only just ended.
    case tooEarly
    /// Its tick is over and the log does not give a proof.
    case missing
}

/// Checks entries against one log.
public struct EntryChecker: Sendable {
    private let origin: String
    private let log: NoteVerifier

    /// Checks against the log of this name and key.
    public init(origin: String, log: NoteVerifier) {
        self.origin = origin
        self.log = log
    }

    /// Checks promise, record and salt; `what` names the entry in errors.
    public func check(
        _ offered: OfferedEntry, _ what: String
    ) throws(CustodyProblem) -> CheckedEntry {
        guard let note = try? Note(parsing: Array(offered.promise.utf8)),
            (try? note.verify(by: log)) != nil,
            let promise = try? note.body(PromiseNote.self, origin: origin)
        else { throw .promiseForged(what: what) }
        let bytes = Array(offered.record.utf8)
        guard let salt = try? Base64.decode(offered.salt, count: Commitment.saltBytes),
            Commitment.of(record: bytes, salt: salt).bytes == promise.commitment,
            let record = try? Record(parsing: bytes),
            record.origin == origin, record.tick == promise.tick
        else { throw .recordDiffers(what: what) }
        return CheckedEntry(
            commitment: promise.commitment, tick: promise.tick, body: record.body,
            offered: offered)
    }

    /// Checks an inclusion proof, or judges its absence by the clock.
    ///
    /// - Parameters:
    ///   - proof: C2SP tlog-proof as served, nil for none.
    ///   - entry: the entry in question.
    ///   - ticks: the roster's ticks.
    ///   - now: seconds since 1970.
    public func inclusion(
        _ proof: [UInt8]?, of entry: CheckedEntry, ticks: Ticks, now: UInt64, _ what: String
    ) throws(CustodyProblem) -> Inclusion {
        guard let proof else {
            let due = ticks.start(of: entry.tick + 1) + Self.graceSeconds(ticks)
            return now < due ? .tooEarly : .missing
        }
        guard let parsed = try? TlogProof(parsing: proof),
            let commitment = Hash256(entry.commitment),
            let checkpoint = try? parsed.verify(commitment: commitment, by: log),
            checkpoint.origin == origin
        else { throw .proofForged(what: what) }
        return .included(index: parsed.index, proof: proof)
    }

    /// How long after the tick's end the vault may take to place its entries, in seconds: a tick,
    /// and clocks that differ.
    static func graceSeconds(_ ticks: Ticks) -> UInt64 {
        ticks.lengthSeconds + 30
    }
}
