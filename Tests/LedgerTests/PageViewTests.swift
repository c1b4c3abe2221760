import GRDB
import Testing

@testable import Ledger

@Suite("Page notes")
struct PageViewTests {
    private let fixture: LedgerFixture
    private let tick = LedgerFixture.tick

    init() throws {
        fixture = try LedgerFixture()
    }

    @Test("the newest page note is found through an index of its own")
    func pages() throws {
        let store = try fixture.open()
        #expect(try store.newestPage() == nil)
        _ = try store.take(.page(note: [1]))
        _ = try store.take(Sample.tip("between"))
        let second = try store.take(.page(note: [2]))
        _ = try store.take(Sample.tip("after"))
        #expect(try store.newestPage() == PageEntry(note: [2], entry: second))
        _ = try store.endTick(tick + 1)
        #expect(try store.newestPage()?.note == [2])
        let plan = try store.pool.read { db in
            try String.fetchAll(
                db,
                sql: """
                    EXPLAIN QUERY PLAN SELECT seq FROM entry
                    WHERE kind = \(EntryKind.page.code) ORDER BY seq DESC LIMIT 1
                    """, adapter: SuffixRowAdapter(fromIndex: 3))
        }
        #expect(plan.contains { $0.contains("page_entry") }, "\(plan)")
    }

    @Test("a ledger from before that index gets it")
    func olderLedger() throws {
        do {
            let store = try fixture.open()
            _ = try store.take(.page(note: [1]))
            try store.pool.writeWithoutTransaction { db in
                try db.execute(
                    sql: Schema.withoutUploadSizes
                        + "DROP INDEX page_entry; DROP TABLE quarantined; PRAGMA user_version = 1")
            }
        }
        let store = try fixture.open()
        #expect(try store.newestPage()?.note == [1])
        let version = try store.pool.read { try Int.fetchOne($0, sql: "PRAGMA user_version") }
        #expect(version == Schema.version)
    }
}
