import Crypto
import Envelope
import Foundation
import Ledger
import Notes
import Office
import Roster
import Synchronization

extension FakeGateway {
    /// The staff listener's answers.
    func answer(staff request: WireRequest, of office: String) throws -> WireResponse {
        switch (request.method, request.target.split(separator: "?")[0]) {
        case ("GET", "/v1/roster/staff"):
            guard let version = request.target.split(separator: "?version=").dropFirst().first
            else { return try encoded(state.withLock { $0.roster }) }
            let older = state.withLock { state in UInt64(version).flatMap { state.rosters[$0] } }
            return try older.map { try encoded($0) } ?? Problem.notFound.response
        case ("GET", "/v1/tips"):
            let after = try after(request)
            let tips = state.withLock { state in
                Array(
                    state.tips.lazy.filter { $0.office == office && $0.offered.cursor > after }
                        .map(\.offered).prefix(state.pageMax))
            }
            return try encoded(TipPage(tips: tips, next: tips.last?.cursor ?? after))
        case ("GET", "/v1/queue"):
            let after = try after(request)
            let reports = state.withLock { state in
                state.reports.filter { $0.unit == office && $0.report.cursor > after }
                    .map { Self.line($0.report, acknowledged: state.acknowledged) }
            }
            return try encoded(
                ReportPage(reports: reports, next: reports.last?.cursor ?? after))
        case ("POST", "/v1/reports"): return try report(request)
        case ("POST", "/v1/acknowledgements"): return try acknowledgement(request)
        case ("POST", "/v1/statuses"):
            return created(try entry(.status(note: Hash256(hashing: request.body))))
        case ("POST", "/v1/replies"): return try reply(request)
        default: return Problem.notFound.response
        }
    }

    /// The pieces of a body from the row asked for on, and whether the line breaks after them.
    func body(_ request: WireRequest) throws -> (pieces: [[UInt8]], breaks: Bool) {
        let parts = request.target.dropFirst("/v1/bodies/".count).split(separator: "?chunk=")
        guard parts.count == 2, let row = Int(parts[1]) else { throw Problem.malformed.error }
        return try state.withLock { state in
            state.rowsAsked.append(row)
            guard
                let tip = state.tips.first(where: { name($0.offered.entry) == parts[0] })
            else { throw Problem.notFound.error }
            let start = row == 0 ? 0 : 1_248 + (row - 1) * 65_553
            var bytes = Array(tip.body[min(start, tip.body.count)...])
            let breaks = state.breaksAfter.map { $0 < bytes.count } ?? false
            if let most = state.breaksAfter { bytes = Array(bytes.prefix(most)) }
            if let tamper = state.tamper { bytes = tamper(request, bytes) }
            // Pieces that have nothing to do with rows, as a network makes them.
            let pieces = stride(from: 0, to: bytes.count, by: 10_007).map {
                Array(bytes[$0..<min($0 + 10_007, bytes.count)])
            }
            return (pieces, breaks)
        }
    }

    private func report(_ request: WireRequest) throws -> WireResponse {
        let fields = try CanonicalJSON(parsingCanonical: request.body)
        guard let text = fields["note"]?.string, let triage = fields["triage"]?.string else {
            return Problem.malformed.response
        }
        if let again = state.withLock({ $0.posted[text] }) { return created(again) }
        let note = try Note(parsing: Array(text.utf8))
        let body = try note.body(ReportNote.self, origin: World.origin)
        let sender = note.signatures[0].name.split(separator: "/").dropLast().last ?? ""
        let unit =
            world.keys.first { office in
                KeyID(body.recipients[0].keyID).flatMap { office.value.key($0) } != nil
            }?.key ?? ""
        let link = "\(sender) to \(unit)"
        let expected = state.withLock { state in
            state.reportsAsked += 1
            return state.numbers[link, default: 0] + 1
        }
        guard body.number == expected else {
            return Problem.numberGap(expected: expected).response
        }
        state.withLock { $0.numbers[link] = body.number }
        let entry = try deliver(text, triage: triage, body, to: unit)
        state.withLock { $0.posted[text] = entry }
        return created(entry)
    }

    /// Puts a report into a unit's queue, whatever it says.
    @discardableResult
    func deliver(
        _ note: String, triage: String, _ body: ReportNote, to unit: String
    ) throws -> OfferedEntry {
        let triageBytes = try Base64.decode(triage)
        guard let tipHash = Hash256(body.tip) else { throw Problem.malformed.error }
        let entry = try entry(
            .report(
                note: Hash256(hashing: Array(note.utf8)), tip: tipHash,
                triage: Hash256(hashing: triageBytes)))
        state.withLock { state in
            state.cursor += 1
            let tip = state.tips.first { name($0.offered.entry) == EntryName.text(body.tip) }
            state.reports.append(
                (
                    unit,
                    OfferedReport(
                        cursor: state.cursor, note: note, entry: entry, triage: triage,
                        tip: tip.map {
                            OfferedReportTip(entry: $0.offered.entry, chunks: $0.offered.chunks)
                        }, acknowledged: false)
                ))
        }
        return entry
    }

    private func acknowledgement(_ request: WireRequest) throws -> WireResponse {
        let body = try Note(parsing: request.body)
            .body(AcknowledgementNote.self, origin: World.origin)
        let report = state.withLock { state in
            state.reports.first {
                Hash256(hashing: Array($0.report.note.utf8)).bytes == body.reportHash
            }
        }
        guard let report, let commitment = commitment(report.report.entry) else {
            return Problem.notFound.response
        }
        let text = String(decoding: request.body, as: UTF8.self)
        if let again = state.withLock({ $0.posted[text] }) { return created(again) }
        let entry = try entry(
            .acknowledgement(note: Hash256(hashing: request.body), report: commitment))
        state.withLock { state in
            state.posted[text] = entry
            state.acknowledged.append(body.reportHash)
        }
        return created(entry)
    }

    private func reply(_ request: WireRequest) throws -> WireResponse {
        let fields = try CanonicalJSON(parsingCanonical: request.body)
        let id = try Base64.decode(fields["id"]?.string ?? "", count: 32)
        let blob = try Base64.decode(fields["blob"]?.string ?? "", count: 4_144)
        guard let hash = Hash256(id) else { return Problem.malformed.response }
        let name = Base64.encode(id + blob)
        if let again = state.withLock({ $0.posted[name] }) { return created(again) }
        let entry = try entry(.reply(blob: Hash256(hashing: blob), id: hash))
        state.withLock { state in
            state.replies.append((id, blob))
            state.posted[name] = entry
        }
        return created(entry)
    }

    /// A line of the queue as it is now.
    private static func line(
        _ report: OfferedReport, acknowledged: [[UInt8]]
    ) -> OfferedReport {
        let hash = Hash256(hashing: Array(report.note.utf8)).bytes
        guard acknowledged.contains(hash) else { return report }
        return OfferedReport(
            cursor: report.cursor, note: report.note, entry: report.entry, triage: report.triage,
            tip: report.tip, acknowledged: true)
    }

    // MARK: Small things

    func commitment(_ entry: OfferedEntry) -> Hash256? {
        (try? Base64.decode(entry.salt)).map {
            Commitment.of(record: Array(entry.record.utf8), salt: $0)
        }
    }

    private func name(_ entry: OfferedEntry) -> String {
        EntryName.text(commitment(entry)?.bytes ?? [])
    }

    private func after(_ request: WireRequest) throws -> UInt64 {
        guard let text = request.target.split(separator: "after=").last, let after = UInt64(text)
        else { throw Problem.malformed.error }
        return after
    }

    private func encoded(_ page: some Encodable) throws -> WireResponse {
        let encoder = JSONEncoder()
        // As canonical JSON has it, so that tests find base64 in what they alter.
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return WireResponse(
            status: 200, contentType: "application/json", body: Array(try encoder.encode(page)))
    }
}

/// Answers of one kind.
extension FakeGateway {
    func json(_ fields: [String: CanonicalJSON], status: Int = 200) -> WireResponse {
        WireResponse(
            status: status, contentType: "application/json",
            body: CanonicalJSON.object(fields).encoded)
    }

    func created(_ entry: OfferedEntry) -> WireResponse {
        json(
            [
                "promise": .string(entry.promise), "record": .string(entry.record),
                "salt": .string(entry.salt),
            ], status: 201)
    }

    func plain(_ bytes: [UInt8]) -> WireResponse {
        WireResponse(status: 200, contentType: "text/plain", body: bytes)
    }
}
