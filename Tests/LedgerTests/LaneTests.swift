import GRDB
import Notes
import Testing

@testable import Ledger

@Suite("Lanes of tips")
struct LaneTests {
    private let fixture: LedgerFixture
    private let tick = LedgerFixture.tick

    init() throws {
        fixture = try LedgerFixture()
    }

    private static func tip(
        _ name: String, desk: Hash256 = Sample.desk, _ lane: @escaping () throws -> TipLane
    ) -> AppendItem {
        let rows = [Sample.row(name, 1_248), Sample.row(name + "/1", 4_096)]
        return .tip(
            TipAppend(
                envelope: Hash256(hashing: Array(name.utf8)), deskKey: desk, lane: lane
            ) { slot in
                for row in rows { try slot.write(row: row) }
                return Sample.sealed(rows)
            })
    }

    @Test("both lanes have one row of numbers, and a desk sees each tip's")
    func numbers() throws {
        let store = try fixture.open()
        let lanes: [TipLane] = [
            .ordinary, .quarantine(effort: 0), .ordinary, .quarantine(effort: 12),
        ]
        for (index, lane) in lanes.enumerated() {
            _ = try store.take(Self.tip("tip \(index)") { lane })
        }
        let tips = try store.deskTips(keys: [Sample.desk], after: 0, limit: 10)
        #expect(tips.map(\.lane) == lanes)
        #expect(tips.map(\.number) == [1, 2, 3, 4])
        #expect(try store.tip(tips[3].entry.commitment)?.lane == lanes[3])
        let rows = try store.pool.read {
            try Int.fetchOne($0, sql: "SELECT count(*) FROM quarantined")
        }
        #expect(rows == 2, "ordinary tips cost nothing more")
        _ = try store.endTick(tick + 1)
        #expect(try store.tip(tips[1].entry.commitment)?.lane == lanes[1])
    }

    @Test("the lane of an envelope that is known is not asked for again")
    func duplicates() throws {
        let store = try fixture.open()
        let first = try store.take(Self.tip("again") { .quarantine(effort: 3) })
        let second = try store.append(Self.tip("again") { throw Surprise("asked again") })
        #expect(second == .duplicate(first))
    }

    @Test("a refused lane refuses its tip alone and takes no number")
    func refusal() throws {
        let store = try fixture.open()
        let outcomes = try store.appendGroup(
            [
                Self.tip("one") { .ordinary }, Self.tip("two") { throw Surprise("no room") },
                Self.tip("three") { .quarantine(effort: 1) },
            ], tick: tick)
        #expect(outcomes[1] == .refused(.sealing(Surprise("no room"))))
        let tips = try store.deskTips(keys: [Sample.desk], after: 0, limit: 10)
        #expect(tips.map(\.number) == [1, 2])
        #expect(tips.map(\.lane) == [.ordinary, .quarantine(effort: 1)])
    }

    @Test("a lane is as append-only as its tip")
    func guards() throws {
        let store = try fixture.open()
        _ = try store.take(Self.tip("kept") { .quarantine(effort: 1) })
        for sql in [
            "UPDATE quarantined SET effort = 60", "DELETE FROM quarantined",
            "INSERT OR REPLACE INTO quarantined SELECT seq, 60 FROM quarantined",
            "INSERT INTO quarantined VALUES (999, 1)",
            "INSERT INTO quarantined SELECT max(seq) + 1, -1 FROM entry",
        ] {
            #expect(throws: DatabaseError.self, "\(sql)") {
                try store.pool.write { try $0.execute(sql: sql) }
            }
        }
        let tips = try store.deskTips(keys: [Sample.desk], after: 0, limit: 10)
        #expect(tips.map(\.lane) == [.quarantine(effort: 1)])
    }

    @Test("a ledger from before the lanes gets them, and its tips are ordinary ones")
    func olderLedger() throws {
        do {
            let store = try fixture.open()
            _ = try store.take(Sample.tip("old"))
            try store.pool.writeWithoutTransaction { db in
                try db.execute(
                    sql: Schema.withoutUploadSizes
                        + "DROP TABLE quarantined; PRAGMA user_version = 2")
            }
        }
        let store = try fixture.open()
        _ = try store.take(Self.tip("new") { .quarantine(effort: 7) })
        let tips = try store.deskTips(keys: [Sample.desk], after: 0, limit: 10)
        #expect(tips.map(\.lane) == [.ordinary, .quarantine(effort: 7)])
        let (version, triggers) = try store.pool.read { db in
            (
                try Int.fetchOne(db, sql: "PRAGMA user_version"),
                try Int.fetchOne(
                    db,
                    sql: "SELECT count(*) FROM sqlite_schema WHERE name LIKE 'quarantined_no_%'")
            )
        }
        #expect(version == Schema.version)
        #expect(triggers == 2)
    }

    @Test("work may be done on the roots of the newest two checkpoints")
    func roots() throws {
        let store = try fixture.open()
        let none = Hash256(hashing: [])
        #expect(try store.newestRoots() == [none])
        var roots = [none]
        for step in UInt64(1)...3 {
            _ = try store.take(Sample.tip("tip \(step)"), tick: tick + step - 1)
            let note = try #require(try store.endTick(tick + step)).checkpoint
            roots.append(try Checkpoint(verifying: note, by: fixture.signer.verifier).rootHash)
            #expect(try store.newestRoots() == [roots[roots.count - 1], roots[roots.count - 2]])
        }
    }
}
