import Foundation
import GRDB
import Sodium

extension LedgerStore {
    /// Appends a group: one transaction, one fsync.
    ///
    /// When this returns, every entry in the outcomes is durable.
    ///
    /// Outcomes come in the order of the items. An item that is refused leaves no trace and takes
    /// no number, but that an upload which is not fit is dropped; the others are not affected. If this throws, nothing of the group was kept
    /// (`full`, `unavailable`), or it is unknown (`fatal`). `tick` is the present one; it never
    /// goes back behind a signed checkpoint.
    public func appendGroup(
        _ items: [AppendItem], tick: UInt64
    ) throws(LedgerError) -> [AppendOutcome] {
        guard items.count <= LedgerLimits.groupItemsMax else {
            throw .misuse("a group has at most \(LedgerLimits.groupItemsMax) items")
        }
        guard tick < LedgerLimits.recordIntegerMax else { throw .misuse("no such tick") }
        guard !items.isEmpty else { return [] }
        let (outcomes, group) = try write { db throws -> ([AppendOutcome], GroupAppend) in
            // Read inside the transaction: the tick's transaction may have just closed this one.
            let group = try GroupAppend(db, store: self, tick: max(tick, firstOpenTick))
            return (try group.append(items), group)
        } committed: { _, group in
            updateArrivals { $0.merge(group.arrivals) }
        }
        if group.didShred { try emptyWriteAheadLog() }
        return outcomes
    }
}

/// One group inside its transaction.
final class GroupAppend {
    private let db: Database
    private let store: LedgerStore
    private let tick: UInt64
    private var nextSeq: Int64
    /// The desk keys that this group met, with the last number given to each; written back at its end.
    private var desks: [Hash256: Desk] = [:]
    private var recent: [RecentTip] = []
    /// What this group added, for those who look for it after the commit.
    private(set) var arrivals = ArrivalIndex()
    /// Whether something was deleted for good.
    private(set) var didShred = false

    private struct Desk {
        /// Its row; nil before its first tip.
        var row: Int64?
        var last: Int64
    }

    init(_ db: Database, store: LedgerStore, tick: UInt64) throws {
        self.db = db
        self.store = store
        self.tick = tick
        nextSeq = try (db.integer("SELECT max(seq) FROM entry") ?? 0) + 1
    }

    func append(_ items: [AppendItem]) throws -> [AppendOutcome] {
        var outcomes: [AppendOutcome] = []
        outcomes.reserveCapacity(items.count)
        for item in items {
            outcomes.append(try appendOne(item))
        }
        for desk in desks.values {
            try db.run("UPDATE desk_sequence SET last = ? WHERE id = ?", [desk.last, desk.row])
        }
        try RecentTip.insert(recent, db)
        return outcomes
    }

    /// Only a refusal is caught here: an error of the storage ends the group.
    private func appendOne(_ item: AppendItem) throws -> AppendOutcome {
        if let earlier = try earlier(item) {
            if case .tip(let tip) = item, let upload = try staged(tip) {
                try Staging.drop(db, upload: upload)
            }
            return .duplicate(earlier)
        }
        if case .tip(let tip) = item { return try appendOne(tip) }
        try db.run("SAVEPOINT item")
        do {
            let entry = try perform(item)
            try db.run("RELEASE item")
            nextSeq += 1
            return .appended(entry)
        } catch let refusal as AppendRefusal {
            try db.run("ROLLBACK TO item")
            try db.run("RELEASE item")
            return .refused(refusal)
        }
    }

    private func earlier(_ item: AppendItem) throws -> Entry? {
        let seq: Int64?
        switch item {
        case .tip(let tip): return try earlier(envelope: tip.envelope)
        case .report(let report): seq = try seqOfNote(report.note)
        case .acknowledgement(let note, _), .status(let note), .page(let note), .shred(let note, _),
            .roster(let note, _, _):
            seq = try seqOfNote(note)
        case .reply(let id, let blob): seq = try seqOfNote(id.bytes + blob)
        }
        // An entry that was shredded since has no record to promise again.
        return try seq.flatMap { try EntryReader.entry(db, seq: $0) }
    }

    /// The entry of the same envelope, of this tick or of those that are answered again.
    private func earlier(envelope: Hash256) throws -> Entry? {
        let seq =
            try arrivals.seq(ofEnvelope: envelope) ?? store.recentSeq(ofEnvelope: envelope)
            ?? store.answeredSeq(ofEnvelope: envelope, db)
        guard let seq, let entry = try EntryReader.entry(db, seq: seq),
            case .tip(let tip)? = (try? Record(parsing: entry.record))?.body,
            tip.envelope == envelope
        else { return nil }
        return entry
    }

    private func seqOfNote(_ note: [UInt8]) throws -> Int64? {
        try db.integer("SELECT seq FROM note WHERE hash = ?", [Hash256(hashing: note).data])
    }

    private func perform(_ item: AppendItem) throws -> Entry {
        switch item {
        case .tip: throw LedgerError.misuse("a tip is appended on its own way")
        case .report(let report): try append(report)
        case .acknowledgement(let note, let report): try acknowledge(report, note: note)
        case .reply(let id, let blob): try reply(to: id, blob: blob)
        case .status(let note): try insert(.status(note: remember(note)), note: note)
        case .page(let note): try insert(.page(note: remember(note)), note: note)
        case .roster(let note, let staff, let version):
            try appendRoster(note: note, staff: staff, version: version)
        case .shred(let note, let entries): try shred(entries, note: note)
        }
    }

    // MARK: What every entry has

    private func insert(
        _ body: RecordBody, note: [UInt8]? = nil, attachment: [UInt8]? = nil
    ) throws -> Entry {
        try insert(body.kind, encode(body), note: note, attachment: attachment)
    }

    private func encode(_ body: RecordBody) throws -> [UInt8] {
        let record = Record(origin: store.origin, tick: tick, body: body).encoded
        guard record.count <= LedgerLimits.recordBytesMax else {
            throw AppendRefusal.limit("a record has at most \(LedgerLimits.recordBytesMax) bytes")
        }
        return record
    }

    private func insert(
        _ kind: EntryKind, _ record: [UInt8], note: [UInt8]? = nil, attachment: [UInt8]? = nil,
        tip: TipColumns? = nil
    ) throws -> Entry {
        let entry = try EntryWriter.insert(
            db, seq: nextSeq,
            NewEntry(
                kind: kind, tick: tick, record: record, note: note, attachment: attachment,
                tip: tip))
        arrivals.add(commitment: entry.commitment, seq: nextSeq)
        return entry
    }

    /// Notes, and replies with their mailbox, are known for ever: the same one is never appended twice.
    private func remember(_ note: [UInt8]) throws -> Hash256 {
        guard note.count <= LedgerLimits.noteBytesMax else {
            throw AppendRefusal.limit("a note has at most \(LedgerLimits.noteBytesMax) bytes")
        }
        let hash = Hash256(hashing: note)
        // A note that is known and still readable was answered before it came here.
        guard try db.integer("SELECT seq FROM note WHERE hash = ?", [hash.data]) == nil else {
            throw AppendRefusal.shredded
        }
        try db.run("INSERT INTO note(hash, seq) VALUES (?, ?)", [hash.data, nextSeq])
        return hash
    }

    // MARK: Tips

    /// Without a savepoint of SQLite's, which copies every page that the item touches: a body that
    /// fits `TipSlot.heldBytesMax` is written only when nothing can refuse the tip any more.
    private func appendOne(_ tip: TipAppend) throws -> AppendOutcome {
        let upload = try staged(tip)
        guard tip.upload == nil || upload != nil else { return .refused(.unknownUpload) }
        let desk = try desk(of: tip.deskKey)
        let slot = TipSlot(
            db, seq: nextSeq, number: UInt64(desk.last) + 1, tick: tick, upload: upload)
        do {
            let entry = try append(tip, desk: desk, slot: slot)
            if slot.hasSavepoint { try db.run("RELEASE item") }
            if let upload { try Staging.drop(db, upload: upload) }
            nextSeq += 1
            return .appended(entry)
        } catch let refusal as AppendRefusal {
            if slot.hasSavepoint {
                try db.run("ROLLBACK TO item")
                try db.run("RELEASE item")
            }
            // It was read and sealed to its end for nothing: once, and not as often as somebody asks.
            if case .unfitUpload = refusal, let upload { try Staging.drop(db, upload: upload) }
            return .refused(refusal)
        }
    }

    /// The upload that a tip is made from; nil if it is made from none, or from one that is not there.
    private func staged(_ tip: TipAppend) throws -> Int64? {
        try tip.upload.flatMap { try Staging.number(db, of: $0) }
    }

    private func append(_ tip: TipAppend, desk: Desk, slot: TipSlot) throws -> Entry {
        let sealed = try seal(tip, into: slot)
        let record = try encode(
            .tip(
                TipRecord(
                    body: sealed.body, commit: sealed.commit, commitS: sealed.commitS,
                    deskKey: tip.deskKey, envelope: tip.envelope, size: sealed.size)))
        // From here on nothing refuses the tip; an error of the storage ends the group.
        let row = try desk.row ?? insertDesk(tip.deskKey)
        desks[tip.deskKey] = Desk(row: row, last: desk.last + 1)
        let entry = try insert(
            .tip, record,
            tip: TipColumns(
                desk: row, number: desk.last + 1, rowCount: slot.rowCount,
                firstRows: slot.firstRows, lane: slot.lane))
        try slot.writeHeld(db)
        recent.append(RecentTip(seq: nextSeq, envelope: tip.envelope))
        arrivals.add(envelope: tip.envelope, seq: nextSeq)
        return entry
    }

    private func desk(of key: Hash256) throws -> Desk {
        if let known = desks[key] { return known }
        let row = try db.row("SELECT id, last FROM desk_sequence WHERE key_id = ?", [key.data])
        return row.map { Desk(row: $0[0], last: $0[1]) } ?? Desk(row: nil, last: 0)
    }

    private func insertDesk(_ key: Hash256) throws -> Int64 {
        try db.run("INSERT INTO desk_sequence(key_id, last) VALUES (?, 0)", [key.data])
        return db.lastInsertedRowID
    }

    private func seal(_ tip: TipAppend, into slot: TipSlot) throws -> SealedTip {
        defer { slot.close() }
        do {
            slot.lane = try tip.lane()
            let sealed = try tip.seal(slot)
            if let failure = slot.failure { throw failure }
            guard slot.rowCount > 0 else { throw AppendRefusal.limit("a sealed body has rows") }
            return sealed
        } catch {
            if let failure = slot.failure { throw failure }
            throw error as? AppendRefusal ?? AppendRefusal.sealing(error)
        }
    }

    // MARK: Between offices

    private func append(_ report: ReportAppend) throws -> Entry {
        guard report.triage.count <= LedgerLimits.attachmentBytesMax else {
            throw AppendRefusal.limit(
                "a sealed triage has at most \(LedgerLimits.attachmentBytesMax) bytes")
        }
        let tip = try subject(report.tip, kinds: [.tip])
        let route = try nextNumber(
            from: report.sender, to: report.recipient, number: report.number)
        let note = try remember(report.note)
        let triage = Hash256(hashing: report.triage)
        let body: RecordBody =
            report.isTransfer
            ? .transfer(note: note, tip: report.tip, triage: triage)
            : .report(note: note, tip: report.tip, triage: triage)
        let entry = try insert(body, note: report.note, attachment: report.triage)
        try db.run(
            "INSERT INTO report(seq, route, number, tip) VALUES (?, ?, ?, ?)",
            [nextSeq, route, Int64(report.number), tip])
        return entry
    }

    /// Takes the next number of a route, if it is the one announced.
    private func nextNumber(
        from sender: String, to recipient: String, number: UInt64
    ) throws -> Int64 {
        guard (1...LedgerLimits.officeNameBytesMax).contains(sender.utf8.count),
            (1...LedgerLimits.officeNameBytesMax).contains(recipient.utf8.count)
        else {
            throw AppendRefusal.limit(
                "an office's name has 1 to \(LedgerLimits.officeNameBytesMax) bytes")
        }
        let row = try db.row(
            "SELECT id, last FROM route WHERE recipient = ? AND sender = ?", [recipient, sender])
        let last: Int64 = row?[1] ?? 0
        guard number == UInt64(last) + 1 else {
            throw AppendRefusal.number(expected: UInt64(last) + 1)
        }
        guard let row else {
            try db.run(
                "INSERT INTO route(sender, recipient, last) VALUES (?, ?, 1)", [sender, recipient])
            return db.lastInsertedRowID
        }
        let id: Int64 = row[0]
        try db.run("UPDATE route SET last = last + 1 WHERE id = ?", [id])
        return id
    }

    private func acknowledge(_ report: Hash256, note: [UInt8]) throws -> Entry {
        let subject = try subject(report, kinds: [.report, .transfer])
        let entry = try insert(.acknowledgement(note: remember(note), report: report), note: note)
        try db.run(
            "INSERT INTO acknowledgement(seq, report) VALUES (?, ?)", [nextSeq, subject])
        return entry
    }

    private func reply(to id: Hash256, blob: [UInt8]) throws -> Entry {
        guard blob.count == LedgerLimits.replyBytes else {
            throw AppendRefusal.limit("a reply has \(LedgerLimits.replyBytes) bytes")
        }
        let last = try db.integer("SELECT max(cursor) FROM mailbox WHERE id = ?", [id.data]) ?? 0
        guard last < Int64(UInt32.max) else { throw AppendRefusal.limit("a full mailbox") }
        // Sealed anew it is other bytes: these ones again come from a desk that has lost the answer.
        _ = try remember(id.bytes + blob)
        let entry = try insert(.reply(blob: Hash256(hashing: blob), id: id), attachment: blob)
        try db.run(
            "INSERT INTO mailbox(seq, id, cursor) VALUES (?, ?, ?)", [nextSeq, id.data, last + 1])
        return entry
    }

    private func appendRoster(note: [UInt8], staff: [UInt8], version: UInt64) throws -> Entry {
        guard staff.count <= LedgerLimits.attachmentBytesMax else {
            throw AppendRefusal.limit(
                "a staff part has at most \(LedgerLimits.attachmentBytesMax) bytes")
        }
        let last = try db.integer("SELECT max(version) FROM roster") ?? 0
        guard version == UInt64(last) + 1 else {
            throw AppendRefusal.rosterVersion(expected: UInt64(last) + 1)
        }
        let entry = try insert(
            .roster(note: remember(note), version: version), note: note, attachment: staff)
        try db.run(
            "INSERT INTO roster(version, seq) VALUES (?, ?)", [Int64(version), nextSeq])
        return entry
    }

    // MARK: Shredding

    private static let shreddable: Set<EntryKind> = [
        .tip, .report, .transfer, .acknowledgement, .reply, .status,
    ]

    private func shred(_ entries: [Hash256], note: [UInt8]) throws -> Entry {
        var targets: [Int64] = []
        for commitment in entries {
            targets.append(try subject(commitment, kinds: Self.shreddable))
        }
        let entry = try insert(.shred(note: remember(note)), note: note)
        for target in targets {
            try db.run(
                "INSERT OR IGNORE INTO shredded(seq, by) VALUES (?, ?)", [target, nextSeq])
            let rows = RowPosition.all(of: target)
            try db.run("DELETE FROM record WHERE seq = ?", [target])
            try db.run(
                "DELETE FROM body WHERE position BETWEEN ? AND ?",
                [rows.lowerBound, rows.upperBound])
            try RecentTip.remove(target, db)
            recent.removeAll { $0.seq == target }
            try db.run("DELETE FROM answered WHERE seq = ?", [target])
        }
        didShred = true
        return entry
    }

    /// The row of an entry that another one names; refuses what is absent, of another kind, or
    /// shredded.
    private func subject(_ commitment: Hash256, kinds: Set<EntryKind>) throws -> Int64 {
        guard
            let seq = try arrivals.seq(ofCommitment: commitment)
                ?? store.position(of: commitment, db),
            let entry = try EntryReader.entry(db, seq: seq)
        else { throw AppendRefusal.unknownSubject }
        guard kinds.contains(entry.kind) else {
            throw kinds == Self.shreddable
                ? AppendRefusal.notShreddable : AppendRefusal.unknownSubject
        }
        return seq
    }
}
