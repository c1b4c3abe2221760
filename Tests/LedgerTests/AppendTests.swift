import Foundation
import Notes
import Testing

@testable import Ledger

@Suite("Appending")
struct AppendTests {
    private let fixture: LedgerFixture
    private let store: LedgerStore
    private let tick = LedgerFixture.tick

    init() throws {
        fixture = try LedgerFixture()
        store = try fixture.open()
    }

    @Test("a tip comes back with a record, salt and promise that fit its rows")
    func tip() throws {
        let entry = try store.take(Sample.tip("a"))
        #expect(Commitment.of(record: entry.record, salt: entry.salt) == entry.commitment)
        let record = try Record(parsing: entry.record)
        #expect(record.origin == LedgerFixture.origin)
        #expect(record.tick == tick)
        guard case .tip(let tip) = record.body else { throw Surprise("not a tip") }
        #expect(tip.deskKey == Sample.desk)
        #expect(tip.envelope == Hash256(hashing: Array("a".utf8)))

        let rows = try (0..<3).map { try store.bodyRow(entry.commitment, row: $0) }
        #expect(rows[0]?.count == 1_248)
        #expect(rows[1]?.count == 4_096)
        #expect(rows[2] == nil)
        #expect(Hash256(hashing: rows.compactMap { $0 }.flatMap { $0 }) == tip.body)
        #expect(try store.entry(entry.commitment) == entry)

        let promise = try store.promise(entry)
        try promise.verifySole(by: fixture.signer.verifier)
        let text = try promise.body(PromiseNote.self, origin: LedgerFixture.origin)
        #expect(text.commitment == entry.commitment.bytes)
        #expect(text.tick == tick)
    }

    @Test(
        "the same envelope is one entry with the same promise, in a group, later, after a tick"
    )
    func duplicateEnvelope() throws {
        let outcomes = try store.appendGroup(
            [Sample.tip("a"), Sample.tip("b"), Sample.tip("a")], tick: tick)
        let first = try #require(outcomes[0].entry)
        #expect(outcomes[2] == .duplicate(first))
        #expect(try store.append(Sample.tip("a")) == .duplicate(first))
        _ = try store.endTick(tick + 1)
        #expect(try store.append(Sample.tip("a"), tick: tick + 1) == .duplicate(first))
        let promise = try store.promise(first).encoded
        let again = try #require(try store.append(Sample.tip("a"), tick: tick + 2).entry)
        #expect(try store.promise(again).encoded == promise)
        #expect(try store.deskSequence(Sample.desk) == 2)
    }

    @Test(
        "the same reply to the same mailbox is one entry, however much later; to another it is another"
    )
    func duplicateReply() throws {
        let blob = Sample.row("r", 4_144)
        let ids = [1, 2].map { Hash256(hashing: [$0]) }
        let outcomes = try store.appendGroup(
            [.reply(id: ids[0], blob: blob), .reply(id: ids[0], blob: blob)], tick: tick)
        let first = try #require(outcomes[0].entry)
        #expect(outcomes[1] == .duplicate(first))
        _ = try store.endTick(tick + 48)
        #expect(
            try store.append(.reply(id: ids[0], blob: blob), tick: tick + 48) == .duplicate(first))
        guard case .appended = try store.append(.reply(id: ids[1], blob: blob), tick: tick + 48)
        else { throw Surprise("the other mailbox has it already") }
        #expect(try ids.map { try store.mailbox($0, after: 0).blobs.count } == [1, 1])
        #expect(try store.verifyAll().faults == [])
    }

    @Test("an envelope is forgotten after its day, and is a new tip then")
    func forgottenEnvelope() throws {
        let first = try store.take(Sample.tip("a"))
        _ = try store.endTick(tick + 24)
        #expect(try store.append(Sample.tip("a"), tick: tick + 24) == .duplicate(first))
        _ = try store.endTick(tick + 25)
        guard case .appended = try store.append(Sample.tip("a"), tick: tick + 25) else {
            throw Surprise("still known")
        }
        #expect(try store.verifyAll().faults == [])
    }

    @Test("numbers are gap-free per desk key, and a tip whose sealing fails gives its number back")
    func deskNumbers() throws {
        struct NoKey: Error {}
        let broken = AppendItem.tip(
            TipAppend(envelope: Hash256(hashing: [0]), deskKey: Sample.desk) { slot in
                try slot.write(row: [1, 2, 3])
                throw NoKey()
            })
        let outcomes = try store.appendGroup(
            [
                Sample.tip("a"), broken, Sample.tip("b"),
                Sample.tip("c", desk: Sample.otherDesk), Sample.tip("d"),
            ], tick: tick)
        guard case .refused(.sealing(let error)) = outcomes[1] else { throw Surprise("taken") }
        #expect(error is NoKey)
        let tips = try store.deskTips(keys: [Sample.desk], after: 0, limit: 10)
        #expect(tips.map(\.number) == [1, 2, 3])
        #expect(try store.deskSequence(Sample.desk) == 3)
        #expect(try store.deskSequence(Sample.otherDesk) == 1)
        #expect(try store.deskSequence(Hash256(hashing: [])) == 0)
        #expect(try store.verifyAll().faults == [])
    }

    @Test("a body larger than what waits in memory is kept whole, and taken back whole if it fails")
    func largeBody() throws {
        struct Broken: Error {}
        let rows = (0..<9).map { Sample.row("large \($0)", 65_553) }
        let broken = AppendItem.tip(
            TipAppend(envelope: Hash256(hashing: [0]), deskKey: Sample.desk) { slot in
                for row in rows { try slot.write(row: row) }
                throw Broken()
            })
        let outcomes = try store.appendGroup(
            [broken, Sample.tip("large", rows: rows), broken, Sample.tip("small")], tick: tick)
        #expect(outcomes[0].entry == nil)
        #expect(outcomes[2].entry == nil)
        let large = try #require(outcomes[1].entry)
        #expect(
            try (0...9).map { try store.bodyRow(large.commitment, row: $0) } == rows + [nil])
        let tips = try store.deskTips(keys: [Sample.desk], after: 0, limit: 10)
        #expect(tips.map(\.number) == [1, 2])
        #expect(tips.map(\.rowCount) == [9, 2])
        #expect(try store.verifyAll().faults == [])
    }

    @Test("a body without rows, and a slot that outlives its transaction, are refused")
    func slots() throws {
        final class Keeper { var slot: TipSlot? }
        let keeper = Keeper()
        let outcome = try store.append(
            .tip(
                TipAppend(envelope: Hash256(hashing: [1]), deskKey: Sample.desk) { slot in
                    keeper.slot = slot
                    return Sample.sealed([])
                }))
        #expect(outcome == .refused(.limit("a sealed body has rows")))
        let slot = try #require(keeper.slot)
        #expect(throws: LedgerError.self) { try slot.write(row: [1]) }
        #expect(try store.deskSequence(Sample.desk) == 0)
    }

    @Test(
        "a report's number is the next one of its route; gap and repeat are refused"
    )
    func reportNumbers() throws {
        let tip = try store.take(Sample.tip("a")).commitment
        _ = try store.take(Sample.report("1", tip: tip, number: 1))
        #expect(
            try store.append(Sample.report("3", tip: tip, number: 3))
                == .refused(.number(expected: 2)))
        #expect(
            try store.append(Sample.report("1 again", tip: tip, number: 1))
                == .refused(.number(expected: 2)))
        #expect(
            try store.append(Sample.report("0", tip: tip, number: 0))
                == .refused(.number(expected: 2)))
        _ = try store.take(Sample.report("2", tip: tip, number: 2))
        _ = try store.take(Sample.report("other unit", tip: tip, number: 1, to: "unit-ar-2"))
        _ = try store.take(Sample.report("other desk", tip: tip, number: 1, from: "desk-br"))
        #expect(
            try store.append(Sample.report("4", tip: tip, number: 4))
                == .refused(.number(expected: 3)))
        #expect(
            try store.append(Sample.report("5", tip: tip, number: 5, to: "unit-ar-2"))
                == .refused(.number(expected: 2)))
        #expect(try store.verifyAll().faults == [])
    }

    @Test("the same note again is the same entry with the same promise, whatever its kind")
    func duplicateNotes() throws {
        let tip = try store.take(Sample.tip("a")).commitment
        let report = try store.take(Sample.report("1", tip: tip, number: 1))
        #expect(try store.append(Sample.report("1", tip: tip, number: 1)) == .duplicate(report))
        let items: [AppendItem] = [
            .acknowledgement(note: [1], report: report.commitment), .status(note: [2]),
            .roster(note: [3], staff: [4], version: 1), .page(note: [5]),
            .shred(note: [6], entries: []),
        ]
        for item in items {
            let entry = try store.take(item)
            #expect(try store.append(item) == .duplicate(entry))
        }
        #expect(try store.verifyAll().faults == [])
    }

    @Test("what names an entry that is absent or of another kind is refused")
    func subjects() throws {
        let nothing = Hash256(hashing: [])
        let status = try store.take(.status(note: [1])).commitment
        let roster = try store.take(.roster(note: [2], staff: [], version: 1)).commitment
        for subject in [nothing, status] {
            #expect(
                try store.append(Sample.report("\(subject)", tip: subject, number: 1))
                    == .refused(.unknownSubject))
            #expect(
                try store.append(.acknowledgement(note: subject.bytes, report: subject))
                    == .refused(.unknownSubject))
        }
        #expect(
            try store.append(.shred(note: [9], entries: [nothing])) == .refused(.unknownSubject))
        #expect(
            try store.append(.shred(note: [9], entries: [roster])) == .refused(.notShreddable))
        #expect(
            try store.append(.roster(note: [8], staff: [], version: 3))
                == .refused(.rosterVersion(expected: 2)))
        #expect(
            try store.append(.reply(id: nothing, blob: [1])).entry == nil)
        // Nothing of a refused item stays: the note that named a wrong subject may come again.
        let tip = try store.take(Sample.tip("a")).commitment
        _ = try store.take(.shred(note: [9], entries: [tip]))
        #expect(try store.verifyAll().faults == [])
    }

    @Test("an append for a tick whose checkpoint is signed is promised for the next one")
    func closedTick() throws {
        _ = try store.endTick(tick)
        let entry = try store.take(Sample.tip("late"), tick: tick - 5)
        #expect(entry.tick == tick)
        #expect(store.firstOpenTick == tick)
        _ = try store.endTick(tick + 1)
        #expect(try store.proof(of: entry.commitment) != nil)
    }

    @Test("a group above the limit is refused as a whole")
    func groupLimit() throws {
        let items = [AppendItem](
            repeating: .status(note: [1]), count: LedgerLimits.groupItemsMax + 1)
        #expect(throws: LedgerError.self) { try store.appendGroup(items, tick: tick) }
        #expect(try store.appendGroup([], tick: tick) == [])
        #expect(try store.verifyAll().entries == 0)
    }

    @Test("appends from many threads are all there, and none shares a number")
    func manyThreads() throws {
        let store = store
        let tick = tick
        let done = DispatchGroup()
        for worker in 0..<8 {
            let thread = Thread {
                for index in 0..<20 {
                    _ = try? store.appendGroup([Sample.tip("\(worker)-\(index)")], tick: tick)
                }
                done.leave()
            }
            done.enter()
            thread.start()
        }
        done.wait()
        #expect(try store.deskSequence(Sample.desk) == 160)
        let check = try store.verifyAll()
        #expect(check.entries == 160)
        #expect(check.faults == [])
    }
}
