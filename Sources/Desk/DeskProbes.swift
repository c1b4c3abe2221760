internal import Envelope
internal import Ledger
internal import Notes
internal import Office

/// Which tips a desk has looked at for probes, by base64 commitment.
struct ProbeMemory: Codable {
    /// Those that need not be looked at again.
    var seen: Set<String> = []
    /// The probes among them.
    var probes: Set<String> = []

    static let file = "probes.json"
}

/// What came of looking for probes; tips by their names.
public struct ProbeRound: Sendable, Equatable {
    /// The probes that were answered.
    public fileprivate(set) var answered: [String] = []
    /// Tips whose bodies the gateway did not give as their records have them: they are looked at again the next time.
    public fileprivate(set) var unread: [String] = []
}

extension DeskWork {
    /// Answers every probe that was not answered before.
    ///
    /// Each tip of a probe's size is decrypted in memory to see whether it says that it is one; of the others nothing
    /// is kept or shown.
    public func answerProbes() async throws -> ProbeRound {
        _ = try await list()
        var memory =
            try station.home.load(ProbeMemory.file, as: ProbeMemory.self) ?? ProbeMemory()
        var round = ProbeRound()
        for line in try all() where !memory.seen.contains(line.name) {
            switch try await answerIfProbe(line) {
            case true?:
                memory.probes.insert(line.name)
                round.answered.append(line.name)
            case false?: break
            case nil:
                round.unread.append(line.name)
                continue
            }
            memory.seen.insert(line.name)
            try station.home.save(ProbeMemory.file, memory)
        }
        return round
    }

    /// The names of the tips that said they are probes.
    func knownProbes() throws -> Set<String> {
        try station.home.load(ProbeMemory.file, as: ProbeMemory.self)?.probes ?? []
    }

    /// Whether the tip was a probe; nil if the gateway did not give its body.
    private func answerIfProbe(_ line: TipLine) async throws -> Bool? {
        // A probe has no attachments, and so the one size of all tips that have none.
        guard line.size == UInt64(EnvelopeLimits.fixedEnvelopeBytes) else { return false }
        let tip = try tip(named: line.name)
        let found: TipDocument?
        do {
            try await tip.fetch(from: station.staffClient)
            found = try readable(tip)
        } catch CustodyProblem.bodyDiffers {
            return nil
        } catch let problem as GatewayProblem where problem.isNotFound {
            return nil
        }
        guard let document = found, document.channel == .probe, let mailbox = document.mailbox
        else {
            try tip.forget()
            return false
        }
        _ = try await send(ProbeAnswer.json(to: tip.entry.commitment), to: mailbox)
        try tip.forget()
        return true
    }

    /// The tip's JSON; nil if it does not open: anybody may send what does not, and it must not hold up the others.
    ///
    /// A body that is not the one of the record says nothing about the tip, and is thrown.
    private func readable(_ tip: StoredTip) throws -> TipDocument? {
        do {
            return try document(of: tip)
        } catch CustodyProblem.bodyDiffers {
            throw CustodyProblem.bodyDiffers
        } catch let error as any Explained where error.exit == .badInput {
            return nil
        }
    }
}
