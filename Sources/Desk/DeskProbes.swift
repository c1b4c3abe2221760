internal import Envelope
internal import Ledger
internal import Notes
public import Office

/// How far a desk has looked through its tips for probes.
struct ProbeMemory: Codable {
    /// How many of each key's tips, in the order of the list, need not be looked at again but for those of `again`; by
    /// base64 key_id.
    var looked: [String: Int] = [:]
    /// Tips before that place whose bodies the gateway did not give, by base64 commitment.
    var again: [String] = []
    /// The newest probes, by name.
    private(set) var probes: [String] = []

    static let file = "probes.json"
    /// Most tips that are looked at again: when there are as many, no further ones are looked at.
    static let againMax = 1_000
    /// Most probes that are remembered, one an hour for more than a year.
    static let probesMax = 10_000
    /// Tips that are looked at again at most if a command is killed.
    static let tipsPerSaving = 100

    init() {}

    /// A memory that an earlier program wrote says less: its tips are looked through once more, and no probe is answered
    /// a second time.
    init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        looked = try fields.decodeIfPresent([String: Int].self, forKey: .looked) ?? [:]
        again = try fields.decodeIfPresent([String].self, forKey: .again) ?? []
        probes = try fields.decodeIfPresent([String].self, forKey: .probes) ?? []
    }

    /// Remembers a probe that was answered; the oldest is forgotten beyond the limit.
    mutating func add(_ probe: String) {
        probes.append(probe)
        probes.removeFirst(max(0, probes.count - Self.probesMax))
    }
}

/// What came of looking for probes; tips by their names.
public struct ProbeRound: Sendable, Equatable {
    /// The probes that were answered.
    public fileprivate(set) var answered: [String] = []
    /// Tips whose bodies the gateway did not give as their records have them: they are looked at again the next time.
    public fileprivate(set) var unread: [String] = []
    /// The gap or the repeat in the desk's numbers at which the round ended.
    public fileprivate(set) var outOfSequence: SequenceProblem?
}

extension DeskWork {
    /// Answers every probe that was not answered before.
    ///
    /// Each tip of a probe's size is decrypted in memory to see whether it says that it is one; of the others nothing
    /// is kept or shown.
    ///
    /// - Parameter tell: told what became of what earlier commands could not finish.
    public func answerProbes(
        tell: (EarlierWork) -> Void = { _ in }
    ) async throws -> ProbeRound {
        _ = try await finishEarlier(tell)
        _ = try await list()
        var memory =
            try station.home.load(ProbeMemory.file, as: ProbeMemory.self) ?? ProbeMemory()
        var round = ProbeRound()
        do {
            try await lookAgain(&memory, &round)
            for (key, numbering) in try station.home.state().tips.sorted(by: { $0.key < $1.key }) {
                try await look(through: numbering.listed, of: key, &memory, &round)
            }
        } catch let problem as SequenceProblem {
            round.outOfSequence = problem
        } catch {
            // What was looked at need not be again; what matters is the fault.
            try? station.home.save(ProbeMemory.file, memory)
            throw error
        }
        try station.home.save(ProbeMemory.file, memory)
        return round
    }

    /// Looks at what could not be read before.
    private func lookAgain(_ memory: inout ProbeMemory, _ round: inout ProbeRound) async throws {
        for entry in memory.again {
            guard try await look(at: entry, &memory, &round) else { continue }
            memory.again.removeAll { $0 == entry }
        }
    }

    /// Looks at the tips of one key that were listed since the last time.
    private func look(
        through listed: [String], of key: String, _ memory: inout ProbeMemory,
        _ round: inout ProbeRound
    ) async throws {
        for entry in listed.dropFirst(memory.looked[key] ?? 0) {
            guard memory.again.count < ProbeMemory.againMax else { return }
            let isRead = try await look(at: entry, &memory, &round)
            if !isRead { memory.again.append(entry) }
            let count = (memory.looked[key] ?? 0) + 1
            memory.looked[key] = count
            if count.isMultiple(of: ProbeMemory.tipsPerSaving) {
                try station.home.save(ProbeMemory.file, memory)
            }
        }
    }

    /// Looks at one tip; false if it has to be looked at again.
    ///
    /// A probe that was answered is remembered at once, since another answer would be another reply in its mailbox.
    private func look(
        at entry: String, _ memory: inout ProbeMemory, _ round: inout ProbeRound
    ) async throws -> Bool {
        let tip = try StoredTip(check(stored(entry)), home: station.home)
        let name = EntryName.text(tip.entry.commitment)
        guard !memory.probes.contains(name) else { return true }
        let isProbe = try await answerIfProbe(tip) {
            memory.add(name)
            try station.home.save(ProbeMemory.file, memory)
        }
        guard let isProbe else {
            round.unread.append(name)
            return false
        }
        if isProbe { round.answered.append(name) }
        return true
    }

    /// The names of the tips that said they are probes.
    func knownProbes() throws -> Set<String> {
        Set(try station.home.load(ProbeMemory.file, as: ProbeMemory.self)?.probes ?? [])
    }

    /// Whether the tip was a probe; nil if the gateway did not give its body, or this home lacks keys and it does not open.
    ///
    /// - Parameter remember: called when the answer is promised a place in the log.
    private func answerIfProbe(
        _ tip: StoredTip, remember: () throws -> Void
    ) async throws -> Bool? {
        // A probe has no attachments, and so the one size of all tips that have none.
        guard tip.record.size == UInt64(EnvelopeLimits.fixedEnvelopeBytes) else { return false }
        let found: TipDocument?
        do {
            try await tip.fetch(from: station.staffClient)
            found = try readable(tip)
        } catch CustodyProblem.bodyDiffers {
            return nil
        } catch let problem as GatewayProblem where problem.isNotFound {
            return nil
        }
        // What does not open now may open once the home has the keys that it lacks.
        guard found != nil || hasAllKeys else { return nil }
        guard let document = found, document.channel == .probe, let mailbox = document.mailbox
        else {
            try tip.forget()
            return false
        }
        _ = try await send(
            ProbeAnswer.json(to: tip.entry.commitment), to: mailbox,
            of: EntryName.text(tip.entry.commitment), isProbe: true, settled: remember)
        try tip.forget()
        return true
    }

    /// The tip's JSON; nil if it does not open: anybody may send what does not, and it must not hold up the others.
    ///
    /// A body that is not the one of the record says nothing about the tip, and is thrown; so is a number that is not
    /// the tip's.
    private func readable(_ tip: StoredTip) throws -> TipDocument? {
        do {
            return try document(of: tip)
        } catch CustodyProblem.bodyDiffers {
            throw CustodyProblem.bodyDiffers
        } catch let problem as SequenceProblem {
            throw problem
        } catch let error as any Explained where error.exit == .badInput {
            return nil
        }
    }
}
