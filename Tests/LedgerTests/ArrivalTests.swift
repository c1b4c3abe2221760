import Foundation
import GRDB
import Notes
import Testing

@testable import Ledger

@Suite("Between an append and its tick")
struct ArrivalTests {
    private let fixture: LedgerFixture
    private let tick = LedgerFixture.tick

    init() throws {
        fixture = try LedgerFixture()
    }

    @Test("what waits for its tick is found after the ledger was closed, as before")
    func reopened() throws {
        var kept: [String: Entry] = [:]
        do {
            let store = try fixture.open()
            kept["before"] = try store.take(Sample.tip("before"))
            _ = try store.endTick(tick + 1)
            for name in ["a", "b", "c"] {
                kept[name] = try store.take(Sample.tip(name), tick: tick + 1)
            }
            // The clock was put back: promised for an earlier tick than the one before it.
            kept["later"] = try store.take(Sample.tip("later"), tick: tick + 5)
            kept["earlier"] = try store.take(Sample.tip("earlier"), tick: tick + 3)
        }
        for end in [nil, tick + 4, tick + 6] {
            let store = try fixture.open()
            if let end { _ = try store.endTick(end) }
            for (name, entry) in kept {
                #expect(try store.entry(entry.commitment) == entry, "\(name)")
                #expect(try store.bodyRow(entry.commitment, row: 1)?.count == 4_096)
                #expect(try store.append(Sample.tip(name), tick: tick + 1) == .duplicate(entry))
                let isPlaced = try store.proof(of: entry.commitment) != nil
                #expect(isPlaced == (entry.tick < end ?? tick + 1), "\(name)")
            }
            #expect(try store.verifyAll().faults == [])
        }
    }

    @Test("a group that was not kept leaves nothing behind by which it could be found")
    func failedGroup() throws {
        let store = try fixture.open()
        let first = try store.take(Sample.tip("first"))
        try store.pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA max_page_count = 1") }
        let items = (0..<64).map { Sample.tip("\($0)") }
        #expect(throws: LedgerError.full) { try store.appendGroup(items, tick: tick) }
        try store.pool.writeWithoutTransaction {
            try $0.execute(sql: "PRAGMA max_page_count = 1000000")
        }
        for outcome in try store.appendGroup(items, tick: tick) {
            guard case .appended = outcome else { throw Surprise("\(outcome)") }
        }
        #expect(try store.append(Sample.tip("first")) == .duplicate(first))
    }

    @Test("a tip that was shredded before its tick leaves no trace of its envelope")
    func shredded() throws {
        let store = try fixture.open()
        let names = ["a", "b", "c"]
        let entries = try store.appendGroup(names.map { Sample.tip($0) }, tick: tick)
            .compactMap(\.entry)
        _ = try store.take(.shred(note: [1], entries: [entries[1].commitment]))
        let left = try store.pool.read { try RecentTip.all($0) }.map(\.envelope)
        #expect(left == ["a", "c"].map { Hash256(hashing: Array($0.utf8)) })
        #expect(try store.append(Sample.tip("a")) == .duplicate(entries[0]))
        let again = try store.take(Sample.tip("b"))
        #expect(again != entries[1])
        #expect(try store.append(Sample.tip("b")) == .duplicate(again))
        _ = try store.endTick(tick + 1)
        #expect(try store.append(Sample.tip("b"), tick: tick + 1) == .duplicate(again))
        #expect(try store.verifyAll().faults == [])
    }

    @Test("an envelope that shares half of its hash with another one is another tip")
    func halfAHash() throws {
        let store = try fixture.open()
        let hash = Hash256(hashing: [1])
        let twin = try #require(Hash256(hash.bytes[..<16] + [UInt8](repeating: 0, count: 16)))
        let entries = try [hash, twin].map { envelope in
            try store.take(
                .tip(
                    TipAppend(envelope: envelope, deskKey: Sample.desk) { slot in
                        try slot.write(row: [1])
                        return Sample.sealed([[1]])
                    }))
        }
        #expect(entries[0] != entries[1])
    }

    @Test("records are the canonical JSON of their members, whatever the origin")
    func records() throws {
        let hashes = (0..<5).map { Hash256(hashing: [UInt8($0)]) }
        let bodies: [RecordBody] = [
            .tip(
                TipRecord(
                    body: hashes[0], commit: hashes[1], commitS: hashes[2], deskKey: hashes[3],
                    envelope: hashes[4], size: 17_640)),
            .report(note: hashes[0], tip: hashes[1], triage: hashes[2]),
            .transfer(note: hashes[0], tip: hashes[1], triage: hashes[2]),
            .acknowledgement(note: hashes[0], report: hashes[1]),
            .reply(blob: hashes[0], id: hashes[1]), .status(note: hashes[0]),
            .roster(note: hashes[0], version: LedgerLimits.recordIntegerMax),
            .page(note: hashes[0]), .shred(note: hashes[0]), .cover,
        ]
        #expect(Set(bodies.map(\.kind)) == Set(EntryKind.allCases))
        for origin in ["gateway.example/log", "", "a\"b\\c\u{1}\n", "ñandú/\u{1F426}"] {
            for body in bodies {
                let record = Record(origin: origin, tick: 497_000, body: body)
                let value = try CanonicalJSON(parsingCanonical: record.encoded)
                #expect(value.encoded == record.encoded)
                #expect(try Record(parsing: record.encoded) == record)
            }
        }
    }
}
