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

extension DeskWork {
    /// Answers every probe that was not answered before.
    ///
    /// Each tip of a probe's size is decrypted in memory to see whether it says that it is one; of the others nothing
    /// is kept or shown.
    ///
    /// - Returns: the names of the probes that were answered.
    public func answerProbes() async throws -> [String] {
        _ = try await list()
        var memory =
            try station.home.load(ProbeMemory.file, as: ProbeMemory.self) ?? ProbeMemory()
        var answered: [String] = []
        for line in try all() where !memory.seen.contains(line.name) {
            if try await answerIfProbe(line) {
                memory.probes.insert(line.name)
                answered.append(line.name)
            }
            memory.seen.insert(line.name)
            try station.home.save(ProbeMemory.file, memory)
        }
        return answered
    }

    /// The names of the tips that said they are probes.
    func knownProbes() throws -> Set<String> {
        try station.home.load(ProbeMemory.file, as: ProbeMemory.self)?.probes ?? []
    }

    private func answerIfProbe(_ line: TipLine) async throws -> Bool {
        // A probe has no attachments, and so the one size of all tips that have none.
        guard line.size == UInt64(EnvelopeLimits.fixedEnvelopeBytes) else { return false }
        let tip = try tip(named: line.name)
        try await tip.fetch(from: station.staffClient)
        guard let document = try readable(tip), document.channel == .probe,
            let mailbox = document.mailbox
        else {
            try tip.forget()
            return false
        }
        _ = try await send(ProbeAnswer.json(to: tip.entry.commitment), to: mailbox)
        try tip.forget()
        return true
    }

    /// The tip's JSON; nil if it does not open: anybody may send what does not, and it must not hold up the others.
    private func readable(_ tip: StoredTip) throws -> TipDocument? {
        do {
            return try document(of: tip)
        } catch let error as any Explained where error.exit == .badInput {
            return nil
        }
    }
}
