internal import Ledger
internal import Notes

/// The promises that a home was given, and what the log made of them.
struct PromiseBook: Sendable {
    let home: Home
    let checker: EntryChecker
    let client: PublicClient

    /// Asks the log for an entry's place, and remembers the promise where it is too early.
    ///
    /// - Throws: `notIncluded` for a place that is due and missing; `fork` or `rollback` for a proof under a tree that
    ///   does not fit those seen before.
    func inclusion(of entry: CheckedEntry, _ what: String) async throws -> Inclusion {
        let proof = try await client.proof(of: entry.commitment)
        let inclusion = try checker.inclusion(proof, of: entry, what)
        switch inclusion {
        case .missing: throw CustodyProblem.notIncluded(what: what, tick: entry.tick)
        case .tooEarly: try awaitInclusion(of: entry, what)
        case .included(_, _, let checkpoint): try CheckpointMemory(home).keep(checkpoint)
        }
        return inclusion
    }

    /// Remembers a promise, so that later commands see whether it was kept.
    func awaitInclusion(of entry: CheckedEntry, _ what: String) throws {
        var state = try home.state()
        state.awaited[Base64.encode(entry.commitment)] = AwaitedEntry(
            what: what, offered: entry.offered)
        try home.store(state)
    }

    /// Asks for the proofs of promises whose tick is over, and keeps them.
    ///
    /// - Returns: what is wrong with the others; those promises stay.
    func settle() async throws -> [any Explained] {
        var broken: [any Explained] = []
        for (name, awaited) in try home.state().awaited.sorted(by: { $0.key < $1.key }) {
            do {
                let entry = try checker.check(awaited.offered, awaited.what)
                guard checker.isOver(entry),
                    case .included(_, let proof, _) = try await inclusion(of: entry, awaited.what)
                else { continue }
                try home.keep(proof: proof, of: entry)
                var state = try home.state()
                state.awaited[name] = nil
                try home.store(state)
            } catch let problem as CustodyProblem {
                broken.append(problem)
            } catch let problem as AuditProblem {
                broken.append(problem)
            }
        }
        return broken
    }
}

extension Home {
    /// Keeps the proof of an entry that was still awaited when its folder was made.
    fileprivate func keep(proof: [UInt8], of entry: CheckedEntry) throws {
        try makeFolder("proofs")
        try replace("proofs/\(EntryName.file(entry.commitment)).tlog-proof", proof)
    }
}
