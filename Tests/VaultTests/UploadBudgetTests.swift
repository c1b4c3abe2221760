import Testing

@testable import Vault

extension UploadBudget {
    /// Who would have to make room first.
    fileprivate func idlest(but sender: [UInt8]?, now: UInt64) -> [UInt8]? {
        var copy = self
        return copy.makeRoom(
            for: .max / 4, free: 0, sparing: Set([sender].compactMap(\.self)), atMost: 1, now: now
        ).first?.id
    }
}

/// Abandoned uploads make room, those that somebody sends do not.
@Suite struct UploadBudgetTests {
    private static let piece = WireLimits.uploadChunkBytes
    private static let idle: UInt64 = 600

    private static func id(_ number: Int) -> [UInt8] {
        (0..<16).map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) }
    }

    /// Begun at second 0, 1 and 2.
    private static func three() -> UploadBudget {
        var budget = UploadBudget(idleSeconds: idle)
        for number in 0..<3 { budget.begin(id(number), now: UInt64(number)) }
        return budget
    }

    @Test func whoHasNotGrownForTheLongestTimeGoesFirst() {
        var budget = Self.three()
        #expect(budget.idlest(but: nil, now: Self.idle - 1) == nil)
        #expect(budget.idlest(but: nil, now: Self.idle) == Self.id(0))
        budget.grow(Self.id(0), by: Self.piece, now: Self.idle)
        #expect(budget.idlest(but: nil, now: Self.idle) == nil)
        #expect(budget.idlest(but: nil, now: Self.idle + 9) == Self.id(1))
        budget.end(Self.id(1))
        #expect(budget.idlest(but: nil, now: Self.idle + 9) == Self.id(2))
    }

    @Test func theSenderMakesNoRoomForItself() {
        var budget = UploadBudget(idleSeconds: Self.idle)
        budget.begin(Self.id(0), now: 0)
        #expect(budget.idlest(but: Self.id(0), now: Self.idle) == nil)
        budget.begin(Self.id(1), now: 1)
        #expect(budget.idlest(but: Self.id(0), now: Self.idle + 1) == Self.id(1))
    }

    @Test func onlyNewPiecesAreASignOfLife() {
        var budget = Self.three()
        // The same piece again, and crumbs.
        budget.grow(Self.id(0), by: 0, now: 100)
        for second in 0..<UInt64(9) { budget.grow(Self.id(1), by: 1, now: 100 + second) }
        budget.grow(Self.id(2), by: Self.piece / 2, now: 100)
        #expect(budget.idlest(but: nil, now: Self.idle + 2) == Self.id(0))
        budget.end(Self.id(0))
        #expect(budget.idlest(but: nil, now: Self.idle + 2) == Self.id(1))
        budget.end(Self.id(1))
        budget.grow(Self.id(2), by: Self.piece / 2, now: 101)
        #expect(budget.idlest(but: nil, now: Self.idle + 100) == nil)
        #expect(budget.idlest(but: nil, now: Self.idle + 101) == Self.id(2))
    }

    @Test func uploadsMayHoldHalfOfTheRoomThatTheyAndTheTipsHave() {
        var budget = UploadBudget(idleSeconds: Self.idle)
        #expect(budget.bytesMax(free: 1_000_000) == 500_000)
        budget.begin(Self.id(0), holding: 200_000, now: 0)
        budget.grow(Self.id(0), by: -50_000, now: 0)
        #expect(budget.bytes == UploadBudget.bytesEach + 150_000)
        #expect(budget.bytesMax(free: 800_000) == (800_000 + budget.bytes) / 2)
        // What was dropped is as good as free before it is deleted.
        budget.end(Self.id(0))
        budget.end(Self.id(0))
        #expect(budget.bytes == 0)
        #expect(budget.bytesMax(free: 800_000) == (950_000 + UploadBudget.bytesEach) / 2)
        budget.sweptAll()
        #expect(budget.bytesMax(free: 950_000) == 475_000)
    }

    @Test func whatATickDroppedIsForgotten() {
        var budget = Self.three()
        budget.keep(only: [Self.id(1), Self.id(9)])
        #expect(budget.count == 1 && budget.bytes == UploadBudget.bytesEach)
        #expect(budget.has(Self.id(1)) && !budget.has(Self.id(0)))
        budget.grow(Self.id(0), by: 1, now: 1)
        #expect(budget.bytes == UploadBudget.bytesEach)
    }

    /// Twenty abandoned uploads a minute, each filled at once, and a phone that brings a piece in eight minutes.
    @Test func aBadLineSurvivesAnAttack() {
        let bytesMax: UInt64 = 256 << 20
        let honest = Self.id(0)
        var budget = UploadBudget(idleSeconds: Self.idle)
        budget.begin(honest, now: 0)
        var dropped = 0
        for minute in 1..<UInt64(12 * 60) {
            let now = minute * 60
            if minute.isMultiple(of: 8) { budget.grow(honest, by: Self.piece, now: now) }
            for number in 0..<20 {
                let id = Self.id(Int(minute) << 8 | number)
                dropped +=
                    budget.makeRoom(
                        for: 0, free: bytesMax, sparing: [id], atMost: UploadBudget.dropsMax,
                        now: now
                    ).count
                budget.sweptAll()
                budget.settle()
                guard budget.fits(0, free: bytesMax) else { continue }
                budget.begin(id, now: now)
                for _ in 0..<64 { budget.grow(id, by: Self.piece, now: now) }
            }
        }
        #expect(budget.has(honest))
        #expect(dropped > 1_000)
    }

    @Test func whoHoldsMuchHasToBringMuch() {
        var budget = UploadBudget(idleSeconds: Self.idle)
        let held = 256 * Self.piece
        budget.begin(Self.id(0), holding: UInt64(held), now: 0)
        budget.begin(Self.id(1), holding: UInt64(Self.piece), now: 1)
        // One piece is a sign of life of a small one only.
        for number in 0..<2 { budget.grow(Self.id(number), by: Self.piece, now: 100) }
        #expect(budget.idlest(but: nil, now: Self.idle + 99) == Self.id(0))
        for _ in 0..<4 { budget.grow(Self.id(0), by: Self.piece, now: 200) }
        #expect(budget.idlest(but: nil, now: Self.idle + 100) == Self.id(1))
        #expect(budget.idlest(but: Self.id(1), now: Self.idle + 199) == nil)
    }

    @Test func asManyAsAreNeededMakeRoomAtOnceAndUpToALimit() {
        var budget = UploadBudget(idleSeconds: Self.idle)
        for number in 0..<100 {
            budget.begin(Self.id(number), holding: 60_000, now: UInt64(number))
        }
        let free = budget.bytes
        #expect(budget.fits(0, free: free) && !budget.fits(1, free: free))
        func makeRoom(_ bytes: UInt64, atMost: Int = 50, now: UInt64) -> [[UInt8]] {
            budget.makeRoom(
                for: bytes, free: free, sparing: [Self.id(1)], atMost: atMost, now: now
            ).map(\.id)
        }
        #expect(makeRoom(200_000, now: Self.idle - 1) == [])
        #expect(makeRoom(200_000, now: Self.idle + 9) == [0, 2, 3, 4].map(Self.id))
        #expect(makeRoom(200_000, now: Self.idle + 9) == [])
        #expect(makeRoom(10_000_000, atMost: 3, now: Self.idle + 99) == [5, 6, 7].map(Self.id))
        #expect(makeRoom(10_000_000, atMost: 90, now: Self.idle + 9) == [8, 9].map(Self.id))
    }

    @Test func whatMadeRoomForNothingIsThereAsBefore() {
        var budget = Self.three()
        budget.grow(Self.id(2), by: Self.piece, now: 2)
        let (bytes, bytesMax) = (budget.bytes, budget.bytesMax(free: 0))
        let dropped = budget.makeRoom(
            for: 1, free: 0, sparing: [], atMost: 2, now: Self.idle + 9)
        #expect(dropped.map(\.id) == [Self.id(0), Self.id(1)])
        for each in dropped { budget.restore(each) }
        #expect(budget.count == 3 && budget.bytes == bytes)
        #expect(budget.bytesMax(free: 0) == bytesMax)
        #expect(budget.idlest(but: nil, now: Self.idle + 9) == Self.id(0))
        #expect(budget.idlest(but: Self.id(0), now: Self.idle + 9) == Self.id(1))
    }

    /// However long it goes on: turns that have passed are cleared away.
    @Test func manyTurnsLaterTheOrderIsStillRight() {
        var budget = Self.three()
        for second in 10..<UInt64(10_000) {
            budget.grow(Self.id(Int(second % 2)), by: Self.piece, now: second)
            budget.settle()
        }
        #expect(budget.idlest(but: nil, now: 9_999 + Self.idle) == Self.id(2))
        budget.end(Self.id(2))
        #expect(budget.idlest(but: nil, now: 9_999 + Self.idle) == Self.id(0))
    }
}
