import Foundation
import GRDB
import Testing

@testable import Ledger

@Suite("Views, uploads and shredding")
struct ViewTests {
    private let fixture: LedgerFixture
    private let store: LedgerStore
    private let tick = LedgerFixture.tick

    init() throws {
        fixture = try LedgerFixture()
        store = try fixture.open()
    }

    @Test("a desk lists its own tips in order, page by page, before and after their tick")
    func deskTips() throws {
        for index in 0..<5 {
            _ = try store.take(Sample.tip("a\(index)"))
            _ = try store.take(Sample.tip("b\(index)", desk: Sample.otherDesk))
        }
        for ended in [false, true] {
            if ended { _ = try store.endTick(tick + 1) }
            let first = try store.deskTips(keys: [Sample.desk], after: 0, limit: 3)
            #expect(first.map(\.number) == [1, 2, 3])
            #expect(first.allSatisfy { $0.deskKey == Sample.desk && $0.rowCount == 2 })
            let cursor = try #require(first.last).cursor
            let rest = try store.deskTips(keys: [Sample.desk], after: cursor, limit: 3)
            #expect(rest.map(\.number) == [4, 5])
            let end = try #require(rest.last).cursor
            #expect(try store.deskTips(keys: [Sample.desk], after: end, limit: 3) == [])
        }
        let both = try store.deskTips(keys: [Sample.desk, Sample.otherDesk], after: 0, limit: 100)
        #expect(both.count == 10)
        #expect(both.map(\.cursor) == both.map(\.cursor).sorted())
        #expect(try store.deskTips(keys: [], after: 0, limit: 10) == [])
        #expect(try store.deskTips(keys: [Sample.desk], after: .max, limit: 10) == [])
        let one = try #require(try store.tip(both[0].entry.commitment))
        #expect(one == both[0])
    }

    @Test("a unit's queue has its own reports only, and says which it has acknowledged")
    func queue() throws {
        let tip = try store.take(Sample.tip("a"))
        let first = try store.take(Sample.report("1", tip: tip.commitment, number: 1))
        _ = try store.take(Sample.report("2", tip: tip.commitment, number: 2))
        _ = try store.take(
            Sample.report("other", tip: tip.commitment, number: 1, to: "unit-ar-2"))
        _ = try store.take(.acknowledgement(note: [1], report: first.commitment))
        let queue = try store.queue(of: "unit-ar-1", after: 0, limit: 10)
        #expect(queue.map(\.number) == [1, 2])
        #expect(queue.map(\.isAcknowledged) == [true, false])
        #expect(queue[0].entry == first)
        #expect(queue[0].note == Array("report 1".utf8))
        #expect(queue[0].triage == Sample.row("1", 64))
        #expect(queue[0].sender == "desk-ar")
        #expect(queue[0].tip == tip)
        #expect(queue[0].tipRowCount == 2)
        #expect(
            try store.queue(of: "unit-ar-1", after: queue[0].cursor, limit: 10).map(\.number) == [2]
        )
        #expect(try store.queue(of: "unit-ar-2", after: 0, limit: 10).count == 1)
        #expect(try store.queue(of: "unit-ht", after: 0, limit: 10) == [])

        #expect(try store.isReported(tip.commitment, to: "unit-ar-1"))
        #expect(try !store.isReported(tip.commitment, to: "unit-ht"))
        let link = try #require(try store.reportLink(first.commitment))
        #expect(link.recipient == "unit-ar-1")
        #expect(link.tip == tip.commitment)
        #expect(link.number == 1)
        #expect(
            try store.reportLink(note: Hash256(hashing: Array("report 1".utf8))) == link)
        #expect(try store.reportLink(tip.commitment) == nil)
    }

    @Test("a transfer is a report under its own type")
    func transfer() throws {
        let tip = try store.take(Sample.tip("a")).commitment
        let entry = try store.take(
            .report(
                ReportAppend(
                    isTransfer: true, note: [7], triage: [8], tip: tip, sender: "unit-ar-1",
                    recipient: "unit-br-1", number: 1)))
        #expect(entry.kind == .transfer)
        #expect(try Record(parsing: entry.record).kind == .transfer)
        #expect(try store.queue(of: "unit-br-1", after: 0, limit: 1)[0].entry == entry)
    }

    @Test(
        "a mailbox gives four replies a page in order, and one that nobody wrote to is an empty one"
    )
    func mailbox() throws {
        let id = Hash256(hashing: [1])
        let other = Hash256(hashing: [2])
        for index in 0..<6 {
            _ = try store.take(.reply(id: id, blob: Sample.row("\(index)", 4_144)))
        }
        let first = try store.mailbox(id, after: 0)
        #expect(first.cursor == 4)
        #expect(first.blobs == (0..<4).map { Sample.row("\($0)", 4_144) })
        let second = try store.mailbox(id, after: first.cursor)
        #expect(second.cursor == 6)
        #expect(second.blobs.count == 2)
        #expect(try store.mailbox(id, after: 6) == MailboxPage(cursor: 6, blobs: []))
        #expect(try store.mailbox(other, after: 0) == MailboxPage(cursor: 0, blobs: []))
        #expect(try store.mailbox(id, after: .max).blobs == [])
        #expect(try store.verifyAll().faults == [])
    }

    @Test("as many replies are read for a mailbox that nobody has as for one with replies")
    func mailboxesTakeAsLong() throws {
        let ids = (0..<8).map { Hash256(hashing: [UInt8($0)]) }
        for (index, id) in ids.enumerated() where !index.isMultiple(of: 2) {
            for reply in 0..<5 {
                let blob = Sample.row("\(index)/\(reply)", LedgerLimits.replyBytes)
                _ = try store.take(.reply(id: id, blob: blob))
            }
        }
        // Every place in the index, its end among them, and places within a mailbox.
        for (index, id) in ids.enumerated() {
            for cursor in UInt32(0)..<7 {
                let page = try store.mailbox(id, after: cursor)
                let own = index.isMultiple(of: 2) ? 0 : max(0, min(4, 5 - Int(cursor)))
                let numbers = Int(cursor)..<Int(cursor) + own
                #expect(
                    page.blobs
                        == numbers.map {
                            Sample.row("\(index)/\($0)", LedgerLimits.replyBytes)
                        })
                #expect(page.cursor == cursor + UInt32(own))
            }
        }
    }

    @Test("replies are looked for in the index alone: no other row is read on the way")
    func mailboxPlan() throws {
        let queue = try DatabaseQueue(path: fixture.path)
        let steps = try queue.read { db in
            try Row.fetchAll(
                db, sql: "EXPLAIN QUERY PLAN " + LedgerStore.mailboxQuery,
                arguments: [Data(count: 32), 0, 4]
            ).map { row in row["detail"] as String }
        }
        #expect(
            steps == [
                "SEARCH mailbox USING COVERING INDEX sqlite_autoindex_mailbox_1 ((id,cursor)>(?,?))",
                "SEARCH record USING INTEGER PRIMARY KEY (rowid=?)",
            ])
    }

    @Test("rosters are kept in order with note and staff part")
    func rosters() throws {
        let first = try store.take(.roster(note: [1], staff: [10], version: 1))
        _ = try store.take(.roster(note: [2], staff: [20], version: 2))
        let rosters = try store.rosters()
        #expect(rosters.map(\.version) == [1, 2])
        #expect(rosters[0].entry == first)
        #expect(rosters.map(\.staff) == [[10], [20]])
        #expect(rosters.map(\.note) == [[1], [2]])
    }

    @Test("an upload's rows may come again and in any order, and are gone with the append")
    func upload() throws {
        let id = [UInt8](repeating: 3, count: 16)
        #expect(try store.stage(upload: id, row: 0, bytes: [1]) == nil)
        try store.beginUpload(id: id, tick: tick)
        #expect(try store.stage(upload: id, row: 1, bytes: [2]) == 1)
        #expect(try store.stage(upload: id, row: 0, bytes: [9, 9, 9]) == 3)
        #expect(try store.stage(upload: id, row: 0, bytes: [1]) == -2)
        #expect(try store.stagedRow(upload: id, row: 0) == [1])
        #expect(try store.stagedRow(upload: id, row: 2) == nil)
        #expect(try store.stagedUploads() == [StagedUpload(id: id, tick: tick, bytes: 2)])
        func finish(_ envelope: UInt8, upload: [UInt8]) -> AppendItem {
            .tip(
                TipAppend(
                    envelope: Hash256(hashing: [envelope]), deskKey: Sample.desk, upload: upload
                ) { slot in
                    var row: UInt32 = 0
                    var rows: [[UInt8]] = []
                    while let bytes = try slot.uploadRow(row) {
                        rows.append(bytes)
                        try slot.write(row: bytes)
                        row += 1
                    }
                    return Sample.sealed(rows)
                })
        }
        let entry = try store.take(finish(1, upload: id))
        #expect(try store.bodyRow(entry.commitment, row: 1) == [2])
        #expect(try store.stagedUploads() == [])
        #expect(try store.append(finish(1, upload: id)) == .duplicate(entry))
        #expect(try store.append(finish(2, upload: id)) == .refused(.unknownUpload))
        // Sent again whole, because the answer was lost: it is known, and its rows go at once.
        let again = [UInt8](repeating: 4, count: 16)
        try store.beginUpload(id: again, tick: tick)
        #expect(try store.stage(upload: again, row: 0, bytes: [1]) == 1)
        #expect(try store.append(finish(1, upload: again)) == .duplicate(entry))
        #expect(try store.stagedUploads() == [])
        #expect(try store.verifyAll().faults == [])
    }

    @Test("an upload that is not fit is dropped with its refusal, any other refused one stays")
    func unfitUpload() throws {
        let id = [UInt8](repeating: 3, count: 16)
        try store.beginUpload(id: id, tick: tick)
        for row in 0..<UInt32(8) {
            _ = try store.stage(upload: id, row: row, bytes: Sample.row("\(row)", 65_536))
        }
        func finish(_ name: String, refusing refusal: any Error) -> AppendItem {
            .tip(
                TipAppend(
                    envelope: Hash256(hashing: Array(name.utf8)), deskKey: Sample.desk, upload: id
                ) { slot in
                    while let row = try slot.uploadRow(slot.rowCount) { try slot.write(row: row) }
                    throw refusal
                })
        }
        let busy = Surprise("no memory")
        #expect(
            try store.append(finish("a", refusing: busy)) == .refused(.sealing(busy)))
        #expect(try store.stagedUploads().map(\.id) == [id])
        let unfit = AppendRefusal.unfitUpload(Surprise("another hash"))
        let outcomes = try store.appendGroup(
            [finish("b", refusing: unfit), finish("c", refusing: unfit)], tick: tick)
        #expect(outcomes == [.refused(unfit), .refused(.unknownUpload)])
        #expect(try store.stagedUploads() == [])
        #expect(try store.append(Sample.tip("d", upload: id)) == .refused(.unknownUpload))
        // Nothing is left of what was sealed for it, and its number is free.
        let entry = try store.take(Sample.tip("e", rows: Sample.longBody("e")))
        #expect(try store.bodyRow(entry.commitment, row: 3) == Sample.longBody("e")[3])
        #expect(try store.verifyAll().faults == [])
    }

    @Test("uploads are dropped when asked for, and after their day")
    func staleUploads() throws {
        let ids = (0..<3).map { [UInt8](repeating: $0, count: 16) }
        for (index, id) in ids.enumerated() {
            try store.beginUpload(id: id, tick: tick + UInt64(index))
            _ = try store.stage(upload: id, row: 0, bytes: [1])
        }
        try store.dropUpload(ids[2])
        try store.dropUpload(ids[2])
        _ = try store.endTick(tick + 24)
        #expect(try store.stagedUploads().count == 2)
        _ = try store.endTick(tick + 25)
        #expect(try store.stagedUploads().map(\.id) == [ids[1]])
        #expect(try store.stagedRow(upload: ids[0], row: 0) == nil)
        #expect(throws: LedgerError.self) { try store.beginUpload(id: [1], tick: tick) }
    }

    @Test("what was dropped is deleted bit by bit, and nothing else")
    func sweep() throws {
        let ids = (0..<3).map { [UInt8](repeating: $0, count: 16) }
        for id in ids {
            try store.beginUpload(id: id, tick: tick)
            for row in 0..<UInt32(100) { _ = try store.stage(upload: id, row: row, bytes: [7]) }
        }
        try store.dropUpload(ids[0])
        try store.dropUpload(ids[2])
        var left: [Int] = []
        while try store.sweepUploads() {
            left += try store.pool.read { db in
                try Int.fetchAll(db, sql: "SELECT count(*) FROM staged")
            }
        }
        #expect(left == [236, 172, 108, 100])
        #expect(try store.stagedUploads().map(\.id) == [ids[1]])
        #expect(try store.stagedRow(upload: ids[1], row: 99) == [7])
        let rows = try store.pool.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM upload") }
        #expect(rows == 1)
    }

    @Test("uploads of a ledger from before their sizes were kept get them")
    func olderUploads() throws {
        let id = [UInt8](repeating: 5, count: 16)
        try store.beginUpload(id: id, tick: tick)
        for row in 0..<UInt32(3) { _ = try store.stage(upload: id, row: row, bytes: [1, 2]) }
        try store.beginUpload(id: [UInt8](repeating: 6, count: 16), tick: tick)
        try store.pool.write { db in
            try db.execute(
                sql: Schema.withoutUploadSizes + "PRAGMA user_version = \(Schema.version - 1)")
            try Schema.migrate(db)
        }
        #expect(try store.stagedUploads().map(\.bytes) == [6, 0])
    }

    @Test("what a dropped upload leaves in the file counts as free until it is used again")
    func reusable() throws {
        let id = [UInt8](repeating: 4, count: 16)
        let row = [UInt8](repeating: 1, count: 65_536)
        func stage(_ rows: UInt32) throws {
            try store.beginUpload(id: id, tick: tick)
            for number in 0..<rows { _ = try store.stage(upload: id, row: number, bytes: row) }
        }
        let before = store.reusableBytes
        try stage(16)
        try store.dropUpload(id)
        while try store.sweepUploads() {}
        let freed = store.reusableBytes - before
        #expect((15 * 65_536...18 * 65_536).contains(freed))
        try stage(8)
        #expect(store.reusableBytes <= before + freed - 8 * 65_536)
    }

    @Test(
        "shredding deletes record, salt, body and copies in the log file, and leaves the tree whole"
    )
    func shred() throws {
        // A marker that no other byte of the file can be.
        let marker = Array("canary-of-a-body-to-be-shredded".utf8)
        let rows = [marker + Sample.row("h", 1_200), Sample.row("m", 4_000) + marker]
        let doomed = try store.take(Sample.tip("doomed", rows: rows))
        let kept = try store.take(Sample.tip("kept"))
        let report = try store.take(Sample.report("1", tip: kept.commitment, number: 1))
        _ = try store.endTick(tick + 1)
        #expect(bytesOnDisk().contains(marker))
        let shred = try store.take(.shred(note: [5], entries: [doomed.commitment]), tick: tick + 1)
        #expect(shred.kind == .shred)
        #expect(!bytesOnDisk().contains(marker))
        #expect(!bytesOnDisk().contains(doomed.salt))
        #expect(bytesOnDisk().contains(kept.salt))

        #expect(try store.entry(doomed.commitment) == nil)
        #expect(try store.bodyRow(doomed.commitment, row: 0) == nil)
        #expect(try store.tip(doomed.commitment) == nil)
        #expect(
            try store.deskTips(keys: [Sample.desk], after: 0, limit: 9).map(\.entry) == [kept])
        #expect(try store.proof(of: doomed.commitment) != nil)
        #expect(
            try store.append(Sample.report("2", tip: doomed.commitment, number: 2), tick: tick + 1)
                == .refused(.unknownSubject))
        // A note is never appended twice, not even after its entry was shredded.
        _ = try store.take(.shred(note: [6], entries: [report.commitment]), tick: tick + 1)
        #expect(
            try store.append(Sample.report("1", tip: kept.commitment, number: 2), tick: tick + 1)
                == .refused(.shredded))
        #expect(try store.queue(of: "unit-ar-1", after: 0, limit: 9) == [])
        let check = try store.verifyAll()
        #expect(check.shredded == 2)
        #expect(check.faults == [])
    }

    @Test("a mailbox goes on counting past a reply that was shredded")
    func shreddedReply() throws {
        let id = Hash256(hashing: [1])
        let first = try store.take(.reply(id: id, blob: Sample.row("1", 4_144)))
        _ = try store.take(.shred(note: [5], entries: [first.commitment]))
        #expect(try store.mailbox(id, after: 0).blobs == [])
        _ = try store.take(.reply(id: id, blob: Sample.row("2", 4_144)))
        let page = try store.mailbox(id, after: 1)
        #expect(page == MailboxPage(cursor: 2, blobs: [Sample.row("2", 4_144)]))
        #expect(try store.verifyAll().faults == [])
    }

    private func bytesOnDisk() -> [UInt8] {
        ["", "-wal", "-shm"].flatMap { suffix in
            (try? [UInt8](Data(contentsOf: URL(filePath: fixture.path + suffix)))) ?? []
        }
    }
}

extension [UInt8] {
    /// Whether another array lies inside this one.
    fileprivate func contains(_ part: [UInt8]) -> Bool {
        Data(self).range(of: Data(part)) != nil
    }
}
