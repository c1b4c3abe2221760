internal import Crypto
internal import Envelope
internal import Ledger
public import Notes
public import Office
internal import Roster

/// A report's note that its signer, who was in force, has entered in the log.
public struct SignedReport: Sendable {
    /// The report's entry.
    public let entry: CheckedEntry
    /// The note as it was signed.
    public let note: Note
    /// What the note says.
    public let body: ReportNote
    /// The office that sent it.
    public let sender: String
    /// The member who signed it.
    public let signer: String
    /// The first later version of the roster in which that key is not in force any more; nil if it is.
    let endedBy: UInt64?

    /// The report's name at this unit, which is also its folder's: `desk-ar-1-000042`.
    public var name: String {
        let digits = String(body.number)
        return sender + "-" + String(repeating: "0", count: max(0, 6 - digits.count)) + digits
    }

    /// What an acknowledgement names: SHA-256 of the encoded note, 32 bytes.
    public var hash: [UInt8] { Array(SHA256.hash(data: note.encoded)) }
}

/// A signed report with the triage and the tip that its note names.
@dynamicMemberLookup
public struct CheckedReport: Sendable {
    /// What was signed.
    public let signed: SignedReport
    /// The triage, sealed.
    public let triage: [UInt8]
    /// The tip's entry.
    public let tip: CheckedEntry

    /// A member of what was signed.
    public subscript<Value>(dynamicMember path: KeyPath<SignedReport, Value>) -> Value {
        signed[keyPath: path]
    }
}

/// Checks the lines of a unit's queue.
struct ReportChecker {
    let station: Station

    /// Checks everything that can be said without the unit's keys.
    func check(_ offered: OfferedReport) throws -> CheckedReport {
        try complete(try signed(offered), offered)
    }

    /// Checks who says what: the entry, the note, and its signature.
    func signed(_ offered: OfferedReport) throws -> SignedReport {
        let entry = try station.checker.check(offered.entry, "report")
        let noteHash: Hash256
        let tipHash: Hash256
        let triageHash: Hash256
        switch entry.body {
        case .report(let note, let tip, let triage), .transfer(let note, let tip, let triage):
            (noteHash, tipHash, triageHash) = (note, tip, triage)
        default: throw CustodyProblem.recordDiffers(what: "report")
        }
        let bytes = Array(offered.note.utf8)
        guard Hash256(hashing: bytes) == noteHash, let note = try? Note(parsing: bytes),
            let body = try? note.body(ReportNote.self, origin: station.settings.origin),
            body.isTransfer == isTransfer(entry), body.tip == tipHash.bytes,
            body.triageHash == triageHash.bytes
        else { throw CustodyProblem.reportDiffers(what: "note") }
        let signer = try signer(of: note, body, at: entry.tick)
        return SignedReport(
            entry: entry, note: note, body: body, sender: signer.office,
            signer: signer.verifier.name,
            endedBy: station.rosters.end(of: signer.verifier, since: entry.tick))
    }

    /// Throws for a report whose signer a later roster has put out of force, unless the log held it before.
    ///
    /// Else whoever has that key, and the log's, could state an old tick and sign for ever.
    func requirePlace(of report: SignedReport) async throws {
        guard let version = report.endedBy else { return }
        let what = "report \(report.name)"
        guard try await station.isInLog(report.entry, beforeRoster: version, what) else {
            throw CustodyProblem.signerNotInForce(version: version)
        }
    }

    /// Checks that what came beside a signed note is what it names.
    func complete(_ signed: SignedReport, _ offered: OfferedReport) throws -> CheckedReport {
        guard let triage = try? Base64.decode(offered.triage),
            Hash256(hashing: triage).bytes == signed.body.triageHash
        else { throw CustodyProblem.reportDiffers(what: "triage") }
        guard let offeredTip = offered.tip else { throw CustodyProblem.tipAbsent }
        let tip = try station.checker.check(offeredTip.entry, "tip")
        guard tip.commitment == signed.body.tip else {
            throw CustodyProblem.reportDiffers(what: "tip")
        }
        return CheckedReport(signed: signed, triage: triage, tip: tip)
    }

    private func isTransfer(_ entry: CheckedEntry) -> Bool {
        if case .transfer = entry.body { true } else { false }
    }

    /// A report comes from a member of a desk, a transfer from one of a unit, in force at the
    /// entry's tick.
    private func signer(
        of note: Note, _ body: ReportNote, at tick: UInt64
    ) throws -> (office: String, verifier: NoteVerifier) {
        let name = note.signatures.first?.name ?? ""
        let roster = station.rosters.roster(judging: tick)
        guard let (office, member) = roster.member(named: name), !member.isRevoked,
            office.kind == (body.isTransfer ? .unit : .desk),
            (try? note.verifySole(by: member.verifier)) != nil
        else { throw CustodyProblem.reportForged }
        return (office.office, member.verifier)
    }
}
