import Testing

@testable import Vault

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
                while budget.bytes > bytesMax, let idlest = budget.idlest(but: id, now: now) {
                    budget.end(idlest)
                    dropped += 1
                }
                guard budget.bytes <= bytesMax else { continue }
                budget.begin(id, now: now)
                for _ in 0..<64 { budget.grow(id, by: Self.piece, now: now) }
            }
        }
        #expect(budget.has(honest))
        #expect(dropped > 1_000)
    }
}
