import GRDB
import Testing

@testable import Ledger

@Suite("Envelopes that were answered before the running tick")
struct AnsweredFilterTests {
    private let tick = LedgerFixture.tick

    private func envelope(_ name: String) -> Hash256 { Hash256(hashing: Array(name.utf8)) }

    @Test("it denies none that it holds, and nearly all others", arguments: [1, 100, 6_000])
    func filter(count: Int) {
        var filter = AnsweredFilter(envelopes: count)
        #expect(!filter.mayContain(envelope("0")))
        for name in 0..<count { filter.insert(envelope("\(name)")) }
        #expect((0..<count).allSatisfy { filter.mayContain(envelope("\($0)")) })
        let mistaken = (0..<10_000).filter { filter.mayContain(envelope("other \($0)")) }
        #expect(mistaken.count < 200)
    }

    @Test("an envelope is answered again for as long as it is kept, and then is a new tip")
    func kept() throws {
        let fixture = try LedgerFixture()
        let store = try fixture.open()
        let first = try store.take(Sample.tip("a"))
        for later in [1, 2, LedgerFixture.keepTicks] {
            _ = try store.endTick(tick + later)
            #expect(try store.append(Sample.tip("a"), tick: tick + later) == .duplicate(first))
            #expect(
                try store.pool.read { db in
                    try store.answeredSeq(ofEnvelope: envelope("never sent"), db)
                } == nil)
        }
        let over = tick + LedgerFixture.keepTicks + 1
        _ = try store.endTick(over)
        let again = try store.take(Sample.tip("a"), tick: over)
        #expect(again != first)
        #expect(try store.append(Sample.tip("a"), tick: over) == .duplicate(again))
    }

    @Test("a tick that did not happen leaves what was known")
    func failedTick() throws {
        let fixture = try LedgerFixture()
        let store = try fixture.open()
        let first = try store.take(Sample.tip("a"))
        _ = try store.endTick(tick + 1)
        let second = try store.take(Sample.tip("b"), tick: tick + 1)
        try store.pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA max_page_count = 1") }
        #expect(throws: LedgerError.full) {
            try store.endTick(tick + LedgerFixture.keepTicks + 2)
        }
        try store.pool.writeWithoutTransaction {
            try $0.execute(sql: "PRAGMA max_page_count = 1000000")
        }
        #expect(try store.append(Sample.tip("a"), tick: tick + 1) == .duplicate(first))
        #expect(try store.append(Sample.tip("b"), tick: tick + 1) == .duplicate(second))
    }
}
