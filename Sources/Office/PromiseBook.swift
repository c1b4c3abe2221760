internal import Ledger
internal import Notes

/// The promises that a home was given, and what the log made of them.
struct PromiseBook: Sendable {
    let home: Home
    let checker: EntryChecker
    let client: PublicClient

    /// Asks the log for an entry's place, and remembers the promise where there is none yet.
    ///
    /// A place that is due and missing is among the checker's findings and stops nothing: a gateway that does not believe
    /// its clock ends no ticks, and desks read meanwhile.
    ///
    /// - Throws: `fork` or `rollback` for a proof under a tree that does not fit those seen before.
    func inclusion(of entry: CheckedEntry, _ what: String) async throws -> Inclusion {
        do {
            return try await place(of: entry, what)
        } catch let problem as CustodyProblem {
            guard case .notIncluded = problem else { throw problem }
            checker.findings.add(problem)
            return .missing
        }
    }

    /// The same, with `notIncluded` thrown.
    private func place(of entry: CheckedEntry, _ what: String) async throws -> Inclusion {
        let proof = try await client.proof(of: entry.commitment)
        let inclusion = try checker.inclusion(proof, of: entry, what)
        switch inclusion {
        case .missing:
            try awaitInclusion(of: entry, what)
            throw CustodyProblem.notIncluded(what: what, tick: entry.tick)
        case .tooEarly: try awaitInclusion(of: entry, what)
        case .included(_, let proof, let checkpoint):
            try CheckpointMemory(home).keep(checkpoint)
            try RosterPlaces(home: home).note(entry, under: checkpoint)
            try settle(entry, proof)
        }
        return inclusion
    }

    /// Keeps the proof of a promise that was awaited, which is kept therewith.
    private func settle(_ entry: CheckedEntry, _ proof: [UInt8]) throws {
        var state = try home.state()
        guard state.awaited.removeValue(forKey: Base64.encode(entry.commitment)) != nil else {
            return
        }
        try home.keep(proof: proof, of: entry)
        try home.store(state)
    }

    /// Remembers a promise, so that later commands see whether it was kept.
    func awaitInclusion(of entry: CheckedEntry, _ what: String) throws {
        var state = try home.state()
        let (name, awaited) = (
            Base64.encode(entry.commitment), AwaitedEntry(what: what, offered: entry.offered)
        )
        guard state.awaited[name] != awaited else { return }
        state.awaited[name] = awaited
        try home.store(state)
    }

    /// Asks for the proofs of promises whose tick is over, and keeps those that hold.
    ///
    /// - Returns: what is wrong with the others; those promises stay.
    func settle() async throws -> [any Explained] {
        var broken: [any Explained] = []
        for (_, awaited) in try home.state().awaited.sorted(by: { $0.key < $1.key }) {
            do {
                let entry = try checker.check(awaited.offered, awaited.what)
                guard checker.isOver(entry) else { continue }
                _ = try await place(of: entry, awaited.what)
            } catch let problem as CustodyProblem {
                broken.append(problem)
            } catch let problem as AuditProblem {
                broken.append(problem)
            }
        }
        return broken
    }

    /// Takes those of these promises off the list whose place is due and missing, and tells what each was.
    func giveUpLost(of names: Set<String>, tell: (CustodyProblem) -> Void) async throws {
        for (name, awaited) in try home.state().awaited.sorted(by: { $0.key < $1.key })
        where names.contains(name) {
            do {
                let entry = try checker.check(awaited.offered, awaited.what)
                _ = try await place(of: entry, awaited.what)
            } catch let problem as CustodyProblem {
                tell(problem)
                // What a forged proof hides may be in the log.
                if case .proofForged = problem { continue }
                var state = try home.state()
                state.awaited[name] = nil
                state.unproven[name] = nil
                try home.store(state)
            }
        }
    }
}
