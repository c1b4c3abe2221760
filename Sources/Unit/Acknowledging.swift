internal import Ledger
public import Notes
internal import Office

extension UnitWork {
    /// Signs what the unit does with a report that was pulled.
    ///
    /// - Parameters:
    ///   - name: the report's name, or a path that ends in it.
    ///   - outcome: what the unit does.
    /// - Returns: the name of the acknowledgement's entry.
    @discardableResult
    public func acknowledge(
        _ name: String, _ outcome: AcknowledgementNote.Outcome
    ) async throws -> String {
        let report = try report(named: name)
        let note = try station.member.signer.sign(
            AcknowledgementNote(
                origin: station.settings.origin, reportHash: report.hash, outcome: outcome))
        let answer = try await station.staffClient.acknowledgement(note: note.encoded)
        let entry = try station.checker.check(answer, "acknowledgement")
        guard case .acknowledgement(let hash, let about) = entry.body,
            hash == Hash256(hashing: note.encoded), about.bytes == report.entry.commitment
        else { throw CustodyProblem.recordDiffers(what: "acknowledgement") }
        try station.awaitInclusion(of: entry, "acknowledgement of \(report.name)")
        try remember(acknowledged: report.hash, outcome)
        return EntryName.text(entry.commitment)
    }

    // MARK: Accepting while pulling

    /// Notes before a report is opened that it is to be accepted: whatever stops this command, a later one knows.
    ///
    /// Unless this home has said something of it, which the vault has taken. That the gateway calls it acknowledged is
    /// nobody's signed word: it takes back no intention, but nothing new is signed against it, because a colleague at
    /// another workstation may have declined. Whoever pulls is told, and acknowledges by hand.
    func intend(
        toAccept report: SignedReport, _ offered: OfferedReport, in parent: String
    ) throws {
        guard !CustodyFolder.exists(report.name, in: parent) else { return }
        var state = try station.home.state()
        let hash = Base64.encode(report.hash)
        guard state.acknowledged[hash] == nil,
            !offered.acknowledged || state.toAccept[hash] != nil
        else { return }
        state.toAccept[hash] = report.name
        try station.home.store(state)
    }

    /// Tells of a report that the gateway calls acknowledged, of which this home has said nothing and intends nothing.
    func noteAcknowledgedElsewhere(
        _ report: SignedReport, _ offered: OfferedReport, _ pull: inout Pull,
        _ tell: (String) -> Void
    ) throws {
        let (state, hash) = (try station.home.state(), Base64.encode(report.hash))
        guard offered.acknowledged, state.acknowledged[hash] == nil, state.toAccept[hash] == nil
        else { return }
        tell(report.name)
        pull.acknowledgedElsewhere.append(report.name)
    }

    /// Accepts what earlier pulls have opened and not accepted.
    func acceptRest(_ pull: inout Pull) async throws {
        for (hash, name) in try station.home.state().toAccept.sorted(by: { $0.value < $1.value }) {
            // One whose entry is not kept yet comes in the queue once more.
            guard try station.home.read("entries/\(name).json") != nil else { continue }
            try await accept(name, try Base64.decode(hash), &pull)
        }
    }

    /// Accepts an opened report, if that was noted.
    ///
    /// The note that says so is the same bytes each time, for which the vault gives the same entry. An acceptance that
    /// it refuses holds up no other report.
    func accept(_ name: String, _ hash: [UInt8], _ pull: inout Pull) async throws {
        guard try station.home.state().toAccept[Base64.encode(hash)] != nil else { return }
        do {
            try await acknowledge(name, .accepted)
            pull.accepted.append(name)
        } catch let error as any Explained where error.exit != .unreachable {
            pull.broken.append(error)
        }
    }

    private func remember(
        acknowledged hash: [UInt8], _ outcome: AcknowledgementNote.Outcome
    ) throws {
        var state = try station.home.state()
        state.acknowledged[Base64.encode(hash)] = outcome.line
        state.toAccept[Base64.encode(hash)] = nil
        try station.home.store(state)
    }
}
