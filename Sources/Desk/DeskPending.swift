internal import Envelope
internal import Ledger
internal import Notes
public import Office
internal import Roster

/// A report between being signed and being known to be in the log.
struct PendingReport: Codable {
    let unit: String
    let note: String
    let triage: String
}

/// A reply between being sealed and being known to be in the log.
struct PendingReply: Codable {
    /// The tip's name.
    let tip: String
    /// The mailbox, base64.
    let id: String
    /// The sealed reply, base64.
    let blob: String
    /// By which the same words are known again (`DeskWork.mark`), base64.
    let words: String
    /// Whether it answers a probe.
    let isProbe: Bool
}

/// What a desk has made and sends until it knows that it is in the log.
enum PendingWork: Codable {
    case report(PendingReport)
    case reply(PendingReply)
}

/// What became of something that an earlier command has made and not seen in the log.
public enum EarlierWork: Sendable, Equatable {
    /// A report that has its promise now.
    case report(Routing)
    /// A reply that has its promise now.
    case reply(Answered)
    /// Neither: the gateway did not take it.
    case refused(RefusedWork)

    /// One line for people.
    public var sentence: String {
        switch self {
        case .report(let report):
            "report \(report.number) to \(report.unit) about \(report.tip), which an earlier command could not "
                + "finish, is promised a place in the log: \(report.name)"
        case .reply(let reply):
            "reply to \(reply.tip), which an earlier command could not finish, is promised a place in the log: "
                + reply.name
        case .refused(let work): work.sentence
        }
    }
}

/// What an earlier command has made, and the gateway refuses now.
public struct RefusedWork: Explained, Equatable {
    /// What it is, for people.
    let what: String
    /// The gateway's answer.
    let why: GatewayProblem
    /// True if it is certain that the log does not have it and never will: it is not sent again.
    public let isGivenUp: Bool
    /// True if the command that found this out makes it anew.
    let isMadeAnew: Bool
    /// True if nothing will bring it into the log but its command, given again.
    public var isLost: Bool { isGivenUp && !isMadeAnew }

    /// The problem in one line.
    public var sentence: String {
        isGivenUp
            ? "\(what), which an earlier command could not finish, is not in the log and is given up. "
                + "\(why.sentence) \(isMadeAnew ? "This command makes it anew." : "Give its command again.")"
            : "\(what), which an earlier command could not finish, may be in the log or not. "
                + "\(why.sentence) It is kept, and sent again with the next route, reply or answer-probes."
    }

    /// That of the gateway's answer.
    public var exit: ExitKind { why.exit }
}

/// The report that a command makes.
struct OwnReport: Equatable {
    let tip: String
    let unit: String
}

extension DeskWork {
    var pending: PendingFiles<PendingWork> { PendingFiles(station.home) }

    /// Sends what earlier commands have made and not seen in the log.
    ///
    /// The same bytes again are the same entry. What the gateway refuses is kept, unless its answer proves that it was
    /// never appended and never will be.
    ///
    /// - Parameters:
    ///   - own: the report that the command makes itself, if it makes one.
    ///   - tell: told each, as soon as it is known.
    /// - Returns: what `tell` was told.
    func finishEarlier(
        before own: OwnReport? = nil, _ tell: (EarlierWork) -> Void
    ) async throws -> [EarlierWork] {
        try adoptEarlierReport()
        var all: [EarlierWork] = []
        for (number, work) in try pending.all() {
            do {
                switch work {
                case .report(let report):
                    all.append(.report(try await finish(report, number)))
                case .reply(let reply):
                    all.append(.reply(try await finish(reply, number) { try remember(reply) }))
                }
            } catch let problem as GatewayProblem
                where problem.isRefusal || problem.provesNotAppended
            {
                let isGivenUp = try isLost(work, problem)
                if isGivenUp { try pending.forget(number) }
                all.append(
                    .refused(
                        RefusedWork(
                            what: try description(of: work), why: problem, isGivenUp: isGivenUp,
                            isMadeAnew: try own != nil && own == subject(of: work))))
            }
            tell(all[all.count - 1])
        }
        return all
    }

    /// Takes over what an earlier version of this program has left.
    private func adoptEarlierReport() throws {
        let file = "pending-report.json"
        guard let report = try station.home.load(file, as: PendingReport.self) else { return }
        _ = try pending.keep(.report(report))
        try station.home.remove(file)
    }

    /// The report that a pending one is; nil for a reply, of which each says something of its own.
    private func subject(of work: PendingWork) throws -> OwnReport? {
        guard case .report(let report) = work else { return nil }
        return OwnReport(tip: EntryName.text(try body(of: report).tip), unit: report.unit)
    }

    private func description(of work: PendingWork) throws -> String {
        switch work {
        case .report(let report):
            let body = try body(of: report)
            return "Report \(body.number) to \(report.unit) about \(EntryName.text(body.tip))"
        case .reply(let reply): return "The reply to \(reply.tip)"
        }
    }

    private func body(of report: PendingReport) throws -> ReportNote {
        try Note(parsing: Array(report.note.utf8))
            .body(ReportNote.self, origin: station.settings.origin)
    }

    /// Whether a refusal proves that the log does not have this, and never will.
    ///
    /// The vault answers for a report that it has before it judges whether it would take it now. So one that it does not
    /// take is not there; and never will be if it goes to keys that are not active any more, or is not signed with the key
    /// of who asks.
    private func isLost(_ work: PendingWork, _ problem: GatewayProblem) throws -> Bool {
        guard !problem.provesNotAppended else { return true }
        guard case .said("not-allowed", _, _) = problem, case .report(let report) = work else {
            return false
        }
        let note = try Note(parsing: Array(report.note.utf8))
        let isOwn = try note.signers(among: [station.member.signer.verifier]).isEmpty == false
        let active = station.rosters.newest.activeKeys(of: report.unit, use: .sealXWing)
        let recipients = try body(of: report).recipients
        return !isOwn
            || !recipients.allSatisfy { recipient in
                active.contains { $0.id.bytes == recipient.keyID }
            }
    }

    /// Sends what a file holds, and forgets it if the answer proves that it is in no log and never will be.
    private func sending(
        _ file: Int, _ send: () async throws -> OfferedEntry
    ) async throws -> OfferedEntry {
        do {
            return try await send()
        } catch let problem as GatewayProblem where problem.provesNotAppended {
            try pending.forget(file)
            throw problem
        }
    }

    // MARK: Reports

    /// A report of this tip to this unit that is neither known to be in the log nor known not to be.
    func pendingReport(
        of tip: [UInt8], to unit: String
    ) throws -> (report: PendingReport, number: Int)? {
        for case (let number, .report(let report)) in try pending.all() where report.unit == unit {
            if try body(of: report).tip == tip { return (report, number) }
        }
        return nil
    }

    /// Sends a kept report and checks what the gateway promises for it.
    func finish(_ report: PendingReport, _ file: Int) async throws -> Routing {
        let note = try Note(parsing: Array(report.note.utf8))
        let body = try body(of: report)
        let triage = try Base64.decode(report.triage)
        let offered = try await sending(file) {
            try await station.staffClient.report(note: note.encoded, triage: triage)
        }
        let entry = try station.checker.check(offered, "report")
        guard
            case .report(let noteHash, let tip, let triageHash) = entry.body,
            noteHash == Hash256(hashing: note.encoded), tip.bytes == body.tip,
            triageHash.bytes == body.triageHash
        else { throw CustodyProblem.recordDiffers(what: "report") }
        try count(body, to: report.unit)
        try station.home.save("entries/\(EntryName.file(entry.commitment)).json", offered)
        // Before the report is forgotten: a promise that nobody awaits need not be kept.
        try station.awaitInclusion(of: entry, "report \(body.number) to \(report.unit)")
        try pending.forget(file)
        return Routing(
            number: body.number, name: EntryName.text(entry.commitment),
            tip: EntryName.text(body.tip), unit: report.unit)
    }

    /// Counts a report once, however often its command was stopped after it.
    private func count(_ body: ReportNote, to unit: String) throws {
        var state = try station.home.state()
        let name = Base64.encode(body.tip)
        var sent = state.sent[unit] ?? NumberSequence()
        guard (try? sent.check(body.number, is: name, name: unit)) != true else { return }
        sent.note(body.number, is: name)
        state.sent[unit] = sent
        state.routed[name, default: []].append(unit)
        try station.home.store(state)
    }

    // MARK: Replies

    /// A reply of these words to this tip that is neither known to be in the log nor known not to be.
    func pendingReply(
        to tip: String, _ words: String
    ) throws -> (reply: PendingReply, number: Int)? {
        for case (let number, .reply(let reply)) in try pending.all()
        where reply.tip == tip && reply.words == words {
            return (reply, number)
        }
        return nil
    }

    /// Sends a kept reply and checks what the gateway promises for it.
    ///
    /// - Parameter settled: called before the reply is forgotten.
    func finish(
        _ reply: PendingReply, _ file: Int, settled: () throws -> Void
    ) async throws -> Answered {
        let id = try Base64.decode(reply.id, count: 32)
        let blob = try Base64.decode(reply.blob)
        let offered = try await sending(file) {
            try await station.staffClient.reply(id: id, blob: blob)
        }
        let entry = try station.checker.check(offered, "reply")
        guard case .reply(let hash, let mailbox) = entry.body, hash == Hash256(hashing: blob),
            mailbox.bytes == id
        else { throw CustodyProblem.recordDiffers(what: "reply") }
        try station.awaitInclusion(of: entry, "reply")
        try settled()
        try pending.forget(file)
        return Answered(
            tip: reply.tip, name: EntryName.text(entry.commitment), words: reply.words)
    }

    /// An answer to a probe is remembered before its reply is forgotten, so that the probe is not answered again.
    private func remember(_ reply: PendingReply) throws {
        guard reply.isProbe, try !knownProbes().contains(reply.tip) else { return }
        var memory = try station.home.load(ProbeMemory.file, as: ProbeMemory.self) ?? ProbeMemory()
        memory.add(reply.tip)
        try station.home.save(ProbeMemory.file, memory)
    }
}
