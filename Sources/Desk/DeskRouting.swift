internal import Crypto
internal import Envelope
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
    /// The tip's name.
    public let tip: String
    /// The unit.
    public let unit: String
    /// Whether an earlier command has made it, so that its triage is the one given then.
    public internal(set) var isEarlier = false
    /// The reporter's choice of who may receive the tip, in plain words.
    public internal(set) var consent: String?
}

extension DeskWork {
    /// How often a report is numbered: other workstations of the same desk may be faster every time.
    static let numberingsMax = 16

    /// Hands a tip's keys and a triage to one unit.
    ///
    /// What earlier commands could not finish is sent again first; was it a report of this tip to this unit, no second one
    /// is made. A tip whose reporter did not choose such a unit is refused, unless the
    /// choice names the duty by which it is handed on.
    ///
    /// - Parameters:
    ///   - name: the tip.
    ///   - unit: the unit's name.
    ///   - choice: the triage.
    ///   - despiteGap: go on after a gap in the desk's numbers was named; it is remembered.
    ///   - tell: told what became of what earlier commands could not finish.
    public func route(
        _ name: String, to unit: String, _ choice: TriageChoice, despiteGap: Bool = false,
        tell: (EarlierWork) -> Void = { _ in }
    ) async throws -> Routing {
        let tip = try tip(named: name)
        let own = OwnReport(tip: EntryName.text(tip.entry.commitment), unit: unit)
        let earlier = try await finishEarlier(before: own, tell)
        if let routing = try await routing(of: tip, to: unit, among: earlier) { return routing }
        guard !station.rosters.newest.isExpired(at: station.now()) else {
            throw RosterError.expired
        }
        let recipients = try recipients(of: unit)
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

    /// The report of a tip to a unit that an earlier command has made.
    private func routing(
        of tip: StoredTip, to unit: String, among earlier: [EarlierWork]
    ) async throws -> Routing? {
        let name = EntryName.text(tip.entry.commitment)
        for case .report(var routing) in earlier where routing.tip == name && routing.unit == unit {
            routing.isEarlier = true
            return routing
        }
        // Refused just now: to whoever asks for it the refusal is the answer.
        guard let kept = try pendingReport(of: tip.entry.commitment, to: unit) else { return nil }
        var routing = try await finish(kept.report, kept.number)
        routing.isEarlier = true
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
            let report = PendingReport(
                unit: unit, note: signed.encodedString, triage: Base64.encode(triage))
            do {
                return try await finish(report, try pending.keep(.report(report)))
            } catch GatewayProblem.numberGap(let expected) {
                number = try sent(to: unit).next(expected: expected, name: "reports to \(unit)")
            }
        }
        throw Complaint(
            .unreachable,
            "Other workstations took every number for a report to \(unit); try again.")
    }
}
