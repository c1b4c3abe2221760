internal import Crypto
internal import Envelope
internal import Ledger
internal import Notes
internal import Office
internal import Roster
internal import Vocabulary

/// What a desk decides about a tip.
public struct TriageChoice: Sendable, Equatable {
    /// An offence of the vocabulary.
    public var offence: String?
    /// A priority of the vocabulary.
    public var priority: String?
    /// Where: a State, a part of one, or `region`.
    public var territory: String?
    /// Words for the unit.
    public var note: String?
    /// Which of `Consent.receivers` the unit is.
    public var receiver: String?
    /// The duty by which it is handed on although the reporter did not choose this unit.
    public var despiteConsent: String?

    /// Puts a choice together.
    public init(
        offence: String? = nil, priority: String? = nil, territory: String? = nil,
        note: String? = nil, receiver: String? = nil, despiteConsent: String? = nil
    ) {
        self.offence = offence
        self.priority = priority
        self.territory = territory
        self.note = note
        self.receiver = receiver
        self.despiteConsent = despiteConsent
    }
}

/// A report that was routed.
public struct Routing: Sendable, Equatable {
    /// Its number from this desk to the unit.
    public let number: UInt64
    /// Its entry's name.
    public let name: String
    /// The reporter's choice of who may receive the tip, in plain words.
    public internal(set) var consent: String?
}

extension DeskWork {
    /// How often a report is numbered: other workstations of the same desk may be faster every time.
    static let numberingsMax = 16

    /// Hands a tip's keys and a triage to one unit.
    ///
    /// An unfinished report is sent again first. A tip whose reporter did not choose such a unit is refused, unless the
    /// choice names the duty by which it is handed on.
    ///
    /// - Parameters:
    ///   - name: the tip.
    ///   - unit: the unit's name.
    ///   - choice: the triage.
    ///   - despiteGap: go on after a gap in the desk's numbers was named; it is remembered.
    public func route(
        _ name: String, to unit: String, _ choice: TriageChoice, despiteGap: Bool = false
    ) async throws -> Routing {
        try await finishPending()
        guard !station.rosters.newest.isExpired(at: station.now()) else {
            throw RosterError.expired
        }
        let recipients = try recipients(of: unit)
        let tip = try tip(named: name)
        let triage = try triage(choice, of: tip)
        try await tip.fetch(from: station.staffClient)
        try tip.check()
        let reader = try reader(of: tip, despiteGap: despiteGap)
        let consent = try consent(in: tip, choice)
        if let consent { try check(consent, choice, unit) }
        let tipKeys = try TipKeys(
            bodySecret: try reader.copySecret(), tipKey: try tip.tipKey(keys: keys))
        let sealed = try Triage.seal(
            triage, reportSecret: tipKeys.reportSecret, tip: tip.entry.commitment)
        let wrapped = try recipients.map { line in
            ReportNote.Recipient(
                keyID: line.id.bytes,
                wrap: try ReportWrap.seal(tipKeys, to: line, tip: tip.entry.commitment))
        }
        let note = ReportNote(
            origin: station.settings.origin, tip: tip.entry.commitment,
            number: try sent(to: unit).highest + 1,
            commitR: tipKeys.reportCommitment(), triageHash: Array(SHA256.hash(data: sealed)),
            recipients: wrapped)
        var routing = try await send(note, triage: sealed, to: unit)
        routing.consent = consent?.sentence
        return routing
    }

    /// The reporter's choice; nil where the tip's content does not open, which is handed on under a named duty only.
    private func consent(in tip: StoredTip, _ choice: TriageChoice) throws -> Consent? {
        do {
            return try Consent(of: try document(of: tip))
        } catch is EnvelopeError where choice.despiteConsent != nil {
            return nil
        }
    }

    private func check(_ consent: Consent, _ choice: TriageChoice, _ unit: String) throws {
        if let receiver = choice.receiver, !Consent.receivers.contains(receiver) {
            let known = Consent.receivers.joined(separator: ", ")
            throw Complaint(.usage, "\(receiver) is no kind of receiver; known: \(known)")
        }
        guard let sentence = consent.sentence, !consent.allows(choice.receiver),
            choice.despiteConsent == nil
        else { return }
        throw Complaint(
            .refused,
            """
            \(sentence) Say with --receiver which of these \(unit) is; if it is none of them and the law \
            obliges you all the same, say which duty with --despite-consent.
            """)
    }

    /// The unit's active keys.
    private func recipients(of unit: String) throws -> [KeyLine] {
        let roster = station.rosters.newest
        guard let office = roster.office(unit), office.kind == .unit else {
            throw Complaint(.usage, "\(unit) is no unit of the roster.")
        }
        let lines = roster.activeKeys(of: unit, use: .sealXWing)
        guard !lines.isEmpty else {
            throw Complaint(.refused, "\(unit) has no active key.")
        }
        return lines
    }

    /// The triage's JSON.
    ///
    /// The exact time is in it because it is sealed to an office.
    private func triage(_ choice: TriageChoice, of tip: StoredTip) throws -> [UInt8] {
        try check(choice, by: Vocabulary.load())
        var fields: [String: CanonicalJSON] = [
            "v": .integer(1), "tip": .string(Base64.encode(tip.entry.commitment)),
            "desk": .string(station.member.office), "member": .string(station.member.signer.name),
            "routed_at": .integer(Int(clamping: station.now())),
        ]
        fields["offence"] = choice.offence.map(CanonicalJSON.string)
        fields["priority"] = choice.priority.map(CanonicalJSON.string)
        fields["territory"] = choice.territory.map(CanonicalJSON.string)
        fields["note"] = choice.note.map(CanonicalJSON.string)
        fields["receiver"] = choice.receiver.map(CanonicalJSON.string)
        fields["despite_consent"] = choice.despiteConsent.map(CanonicalJSON.string)
        return CanonicalJSON.object(fields).encoded
    }

    private func check(_ choice: TriageChoice, by words: Vocabulary) throws {
        if let offence = choice.offence, !words.offences.contains(where: { $0.key == offence }) {
            throw Complaint(
                .usage,
                "\(offence) is no offence; known: "
                    + words.offences.map(\.key).joined(separator: ", "))
        }
        if let priority = choice.priority,
            !words.priorities.contains(where: { $0.key == priority })
        {
            throw Complaint(
                .usage,
                "\(priority) is no priority; known: "
                    + words.priorities.map(\.key).joined(separator: ", "))
        }
        if let territory = choice.territory {
            let known = words.territories.map(\.code) + [PublicRoster.region]
            guard known.contains(String(territory.prefix { $0 != "-" })) else {
                throw Complaint(
                    .usage,
                    "\(territory) is no territory; known: \(known.joined(separator: ", ")), and parts as in AR-C"
                )
            }
        }
    }

    // MARK: Sending

    /// A report between being signed and being known to be in the log.
    private struct Pending: Codable {
        let unit: String
        let note: String
        let triage: String
    }

    private static let pendingFile = "pending-report.json"

    /// The reports that this station has sent to a unit.
    private func sent(to unit: String) throws -> NumberSequence {
        try station.home.state().sent[unit] ?? NumberSequence()
    }

    /// Signs the note with its number, keeps it, sends it; takes the number that the gateway names if another
    /// workstation of this desk has used it, or this home is new.
    private func send(
        _ note: ReportNote, triage: [UInt8], to unit: String
    ) async throws -> Routing {
        var number = note.number
        for _ in 0..<Self.numberingsMax {
            let numbered = ReportNote(
                origin: note.origin, tip: note.tip, number: number, commitR: note.commitR,
                triageHash: note.triageHash, recipients: note.recipients)
            let signed = try station.member.signer.sign(numbered)
            let pending = Pending(
                unit: unit, note: signed.encodedString, triage: Base64.encode(triage))
            try station.home.save(Self.pendingFile, pending)
            do {
                return try await finish(pending)
            } catch GatewayProblem.numberGap(let expected) {
                try station.home.remove(Self.pendingFile)
                number = try sent(to: unit).next(expected: expected, name: "reports to \(unit)")
            }
        }
        throw Complaint(
            .unreachable,
            "Other workstations took every number for a report to \(unit); try again.")
    }

    private func finishPending() async throws {
        guard let pending = try station.home.load(Self.pendingFile, as: Pending.self) else {
            return
        }
        do {
            _ = try await finish(pending)
        } catch GatewayProblem.numberGap {
            try station.home.remove(Self.pendingFile)
        } catch GatewayProblem.said(_, _, let status) where (400..<500).contains(status) {
            // It was never appended and never will be: its number is free.
            try station.home.remove(Self.pendingFile)
        }
    }

    /// Sends a kept report and checks what the gateway promises for it.
    ///
    /// The same note again gets the same entry.
    private func finish(_ pending: Pending) async throws -> Routing {
        let note = try Note(parsing: Array(pending.note.utf8))
        let body = try note.body(ReportNote.self, origin: station.settings.origin)
        let triage = try Base64.decode(pending.triage)
        let offered = try await station.staffClient.report(note: note.encoded, triage: triage)
        let entry = try station.checker.check(offered, "report")
        guard
            case .report(let noteHash, let tip, let triageHash) = entry.body,
            noteHash == Hash256(hashing: note.encoded), tip.bytes == body.tip,
            triageHash.bytes == body.triageHash
        else { throw CustodyProblem.recordDiffers(what: "report") }
        var state = try station.home.state()
        let name = Base64.encode(body.tip)
        var sent = state.sent[pending.unit] ?? NumberSequence()
        // A command that was stopped here before has counted it.
        if (try? sent.check(body.number, is: name, name: pending.unit)) != true {
            sent.note(body.number, is: name)
            state.sent[pending.unit] = sent
            state.routed[name, default: []].append(pending.unit)
        }
        try station.home.store(state)
        try station.home.save("entries/\(EntryName.file(entry.commitment)).json", offered)
        // Before the report is forgotten: a promise that nobody awaits need not be kept.
        try station.awaitInclusion(of: entry, "report \(body.number) to \(pending.unit)")
        try station.home.remove(Self.pendingFile)
        return Routing(number: body.number, name: EntryName.text(entry.commitment))
    }
}
