import Envelope
import Ledger
import Notes
import Roster

/// Answers the staff edge's table: every request is judged by `StaffGate`, and then by what the member's office may do.
struct StaffService: RequestHandler {
    /// Entries in one page of a list.
    static let pageMax = 100

    let core: VaultCore
    private let gate: StaffGate
    private let grants = Grants()

    init(core: VaultCore, start: UInt64) {
        self.core = core
        gate = StaffGate(
            origin: core.ledger.origin, start: start, isClockAhead: core.book.isClockAhead)
    }

    func handle(_ request: StaffRequest, answer: @escaping @Sendable (VaultReply) -> Void) {
        // Reads no row, and strangers' knocking must not hold up the members who are in.
        if request.action == .admission {
            return answer(core.book.admits(request.pin) ? .done : .refused(.notAuthorised))
        }
        core.read(.staff, answer: answer) { try reply(to: request, answer: answer) }
    }

    /// The answer to a read; nil for a change, whose answer comes when it is durable.
    private func reply(
        to request: StaffRequest, answer: @escaping @Sendable (VaultReply) -> Void
    ) throws -> VaultReply? {
        let now = core.clock.now()
        if case .bodyRow(let grant, let row) = request.action {
            return try bodyRow(grant, row, pin: request.pin, now)
        }
        let member = try gate.member(behind: request, in: core.book, now: now)
        switch request.action {
        case .roster(nil): return .bytes(core.book.staffDocument)
        case .roster(let version?): return try .bytes(roster(version))
        case .tips(let after): return try .bytes(tips(member, after: after))
        case .queue(let after): return try .bytes(queue(member, after: after))
        case .body(let commitment, _):
            return try body(commitment, member, pin: request.pin, now)
        case .bodyRow, .admission: return nil
        case .report(let note, let triage):
            if let known = try known(report: note, of: member) { return known }
            core.change(.report(try report(note, triage, member, now)), answer: answer)
        case .acknowledgement(let note):
            core.change(try acknowledgement(note, member), answer: answer)
        case .reply(let id, let blob):
            guard let id = Hash256(id) else { throw Refusal.malformed }
            core.change(.reply(id: id, blob: blob), answer: answer)
        case .status(let note): core.change(try status(note, member), answer: answer)
        }
        return nil
    }

    // MARK: Reading

    /// An office that missed versions judges by each of them what was signed under it.
    private func roster(_ version: UInt64) throws -> [UInt8] {
        guard let entry = try core.ledger.roster(version) else { throw Refusal.notFound }
        return try RosterBook.document(of: entry, core.ledger, withStaffPart: true)
    }

    private func tips(_ member: BookMember, after: UInt64) throws -> [UInt8] {
        guard member.isDesk else { throw Refusal.notAllowed }
        let keys = core.book.envelopeKeys(of: member.office).compactMap { Hash256($0.bytes) }
        let tips = try core.ledger.deskTips(keys: keys, after: after, limit: Self.pageMax)
        return try page("tips", tips, after: after, cursor: \.cursor) { tip in
            var fields: [String: CanonicalJSON] = [
                "cursor": .integer(Int(tip.cursor)),
                "key": .string(Base64.encode(tip.deskKey.bytes)),
                "chunks": .integer(Int(tip.rowCount)),
            ]
            if case .quarantine(let effort) = tip.lane { fields["quarantine"] = .integer(effort) }
            return try document(tip.entry, fields)
        }
    }

    private func queue(_ member: BookMember, after: UInt64) throws -> [UInt8] {
        let reports = try core.ledger.queue(
            of: member.office, after: after, limit: Self.pageMax)
        return try page("reports", reports, after: after, cursor: \.cursor) { report in
            var fields: [String: CanonicalJSON] = [
                "cursor": .integer(Int(report.cursor)),
                "note": .string(String(decoding: report.note, as: UTF8.self)),
                "triage": .string(Base64.encode(report.triage)),
                "acknowledged": .bool(report.isAcknowledged),
            ]
            if let tip = report.tip {
                fields["tip"] = try document(
                    tip, ["chunks": .integer(Int(report.tipRowCount))])
            }
            return try document(report.entry, fields)
        }
    }

    /// A page of a list: its lines until there are bytes enough, one at least, and where the list goes on.
    private func page<Line>(
        _ name: String, _ lines: [Line], after: UInt64, cursor place: (Line) -> UInt64,
        _ document: (Line) throws -> CanonicalJSON
    ) throws -> [UInt8] {
        var documents: [CanonicalJSON] = []
        var bytes = 0
        var last = after
        for line in lines {
            let made = try document(line)
            bytes += made.encoded.count
            guard documents.isEmpty || bytes <= LedgerLimits.pageBytesMax else { break }
            documents.append(made)
            last = place(line)
        }
        return CanonicalJSON.object([
            name: .array(documents), "next": try cursor(last),
        ]).encoded
    }

    /// Where a list goes on; JSON has no integer of 2^53 or more, and no ledger so many entries.
    private func cursor(_ value: UInt64) throws(Refusal) -> CanonicalJSON {
        guard value <= UInt64(CanonicalJSON.integerMax) else { throw .malformed }
        return .integer(Int(value))
    }

    private func document(
        _ entry: Entry, _ more: [String: CanonicalJSON]
    ) throws -> CanonicalJSON {
        let promise = try core.ledger.promise(entry).encoded
        let fields: [String: CanonicalJSON] = [
            "promise": .string(String(decoding: promise, as: UTF8.self)),
            "record": .string(String(decoding: entry.record, as: UTF8.self)),
            "salt": .string(Base64.encode(entry.salt)),
        ]
        return .object(fields.merging(more) { _, new in new })
    }

    /// A body is for the desk whose key it was sent to, and for the units it was reported to.
    ///
    /// To all others it looks as if there were none.
    private func body(
        _ commitment: [UInt8], _ member: BookMember, pin: [UInt8], _ now: UInt64
    ) throws -> VaultReply {
        guard let hash = Hash256(commitment), let tip = try core.ledger.tip(hash) else {
            throw Refusal.notFound
        }
        let ownKeys = core.book.envelopeKeys(of: member.office).map(\.bytes)
        let isOwn = ownKeys.contains(tip.deskKey.bytes)
        guard try isOwn || core.ledger.isReported(hash, to: member.office) else {
            throw Refusal.notFound
        }
        let grant = Grant(
            commitment: commitment, rows: tip.rowCount, member: member, pin: pin)
        return .grant(grants.give(grant, now: now), rows: tip.rowCount)
    }

    /// A row under a grant, whose member is asked about again: a revocation ends what it is in the middle of.
    private func bodyRow(
        _ handle: [UInt8], _ row: UInt32, pin: [UInt8], _ now: UInt64
    ) throws -> VaultReply {
        guard let grant = grants.grant(handle, now: now), grant.pin == pin,
            core.book.isInForce(grant.member), let hash = Hash256(grant.commitment),
            let bytes = try core.ledger.bodyRow(hash, row: row)
        else { throw Refusal.notFound }
        if row &+ 1 >= grant.rows { grants.end(handle) }
        return .bytes(bytes)
    }

    // MARK: Appending

    /// What the ledger has promised for this very report of the member's office, by whichever colleague; nil if it has
    /// none.
    ///
    /// Before anything else is judged: whoever asks again has lost the answer, and what has changed since (a roster that
    /// expired, a key or a member that is in force no more) does not undo what is in the log.
    private func known(report note: [UInt8], of member: BookMember) throws -> VaultReply? {
        guard let link = try core.ledger.reportLink(note: Hash256(hashing: note)),
            link.sender == member.office, let entry = try core.ledger.entry(link.report)
        else { return nil }
        return .promised(
            Promised(
                promise: try core.ledger.promise(entry).encoded, record: entry.record,
                salt: entry.salt))
    }

    /// A report must be signed by a member of the desk that the tip is for (or, a transfer, of a unit that has the
    /// tip), go to the active key of exactly one unit, and name the hash of its triage.
    private func report(
        _ bytes: [UInt8], _ triage: [UInt8], _ member: BookMember, _ now: UInt64
    ) throws -> ReportAppend {
        let (note, body) = try signed(bytes, ReportNote.self, by: member)
        guard !core.book.isExpired(at: now) else { throw Refusal.rosterExpired }
        guard body.origin == core.ledger.origin,
            body.triageHash == Hash256(hashing: triage).bytes,
            let tip = Hash256(body.tip), let stored = try core.ledger.tip(tip)
        else { throw Refusal.notAllowed }
        let ownKeys = core.book.envelopeKeys(of: member.office).map(\.bytes)
        let mayReport =
            body.isTransfer
            ? try core.ledger.isReported(tip, to: member.office)
            : ownKeys.contains(stored.deskKey.bytes)
        let offices = Set(
            body.recipients.map {
                core.book.recipient(ofActiveKey: $0.keyID, from: member.office)
            })
        guard mayReport, offices.count == 1, let recipient = offices.first ?? nil else {
            throw Refusal.notAllowed
        }
        return ReportAppend(
            isTransfer: body.isTransfer, note: note.encoded, triage: triage, tip: tip,
            sender: member.office, recipient: recipient, number: body.number)
    }

    /// An acknowledgement is signed by a member of the unit that the report went to.
    private func acknowledgement(
        _ bytes: [UInt8], _ member: BookMember
    ) throws -> Change.Work {
        let (note, body) = try signed(bytes, AcknowledgementNote.self, by: member)
        guard body.origin == core.ledger.origin, let hash = Hash256(body.reportHash),
            let link = try core.ledger.reportLink(note: hash), link.recipient == member.office
        else { throw Refusal.notAllowed }
        return .acknowledgement(note: note.encoded, report: link.report)
    }

    /// A status is signed by a member of the desk whose key it names, and never tells of more than there is.
    private func status(
        _ bytes: [UInt8], _ member: BookMember
    ) throws -> Change.Work {
        let (note, body) = try signed(bytes, StatusNote.self, by: member)
        let ownKeys = core.book.envelopeKeys(of: member.office).map(\.bytes)
        guard body.origin == core.ledger.origin, ownKeys.contains(body.keyID),
            let key = Hash256(body.keyID),
            try body.highest <= core.ledger.deskSequence(key)
        else { throw Refusal.notAllowed }
        return .status(note: note.encoded)
    }

    /// Reads a note that the requesting member must have signed too: nobody appends for another.
    private func signed<Body: NoteBody>(
        _ bytes: [UInt8], _: Body.Type, by member: BookMember
    ) throws(Refusal) -> (Note, Body) {
        guard let note = try? Note(parsing: bytes), let body = try? Body(text: note.text) else {
            throw .malformed
        }
        guard let signer = core.book.signer(of: note), signer == member else {
            throw .notAllowed
        }
        return (note, body)
    }
}
