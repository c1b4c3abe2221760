import Synchronization
import Testing

@testable import Gateway

/// What bodies may hold together, under a clock of the tests' own.
@Suite struct BodyBudgetTests {
    private static let bytesMax = 1 << 20
    /// Owes nothing in less than a second, and more than may be owed in peace after two.
    private static let large = bytesMax * 3 / 4

    private let clock = FakeClock()
    private let budget: BodyBudget

    init() {
        let clock = clock
        budget = BodyBudget(bytesMax: Self.bytesMax) { clock.now }
    }

    /// Whoever is told to make room, by name.
    private final class Left: Sendable {
        private let found = Mutex<[String]>([])
        var names: [String] { found.withLock { $0 } }
        func add(_ name: String) { found.withLock { $0.append(name) } }
    }

    private let left = Left()

    private func holding(
        _ name: String, _ answer: (BodyHold) async throws -> Void
    ) async throws {
        let left = left
        try await budget.holding(leave: { left.add(name) }, answer)
    }

    @Test func whatFitsIsHeldUntilThereIsAnAnswer() async throws {
        try await holding("one") { hold in
            try hold.keep(4_096, arrived: 10)
            try hold.keep(8_192, arrived: 5_000)
            #expect(budget.used == 8_192)
            try hold.isWhole()
            #expect(budget.used == 8_192)
            try hold.keep(100, arrived: 0)
            #expect(budget.used == 100)
        }
        #expect(budget.used == 0)
    }

    @Test func everyWayOutGivesItBack() async throws {
        await #expect(throws: Problem.malformed) {
            try await holding("breaks off") { hold in
                try hold.keep(Self.large, arrived: 1)
                throw Problem.malformed
            }
        }
        #expect(budget.used == 0)
        let (began, beginning) = AsyncStream.makeStream(of: Void.self)
        let cancelled = Task { [budget] in
            try await budget.holding(leave: {}) { hold in
                try hold.keep(Self.large, arrived: 1)
                beginning.yield()
                try await Task.sleep(for: .seconds(3_600))
            }
        }
        for await _ in began { break }
        #expect(budget.used == Self.large)
        cancelled.cancel()
        await #expect(throws: CancellationError.self) { try await cancelled.value }
        #expect(budget.used == 0)
    }

    @Test func whoeverFindsNoRoomIsToldToComeAgain() async throws {
        try await holding("first") { first in
            try first.keep(Self.large, arrived: Self.large)
            clock.pass(seconds: 1)
            try await holding("second") { second in
                #expect(throws: Problem.unavailable) { try second.keep(Self.large, arrived: 1) }
                try second.keep(Self.bytesMax - Self.large, arrived: 1)
            }
            try first.isWhole()
        }
        #expect(left.names.isEmpty)
    }

    @Test func whoeverOwesMostMakesRoom() async throws {
        try await holding("drips") { drips in
            try drips.keep(Self.large, arrived: Self.large)
            try await holding("brings") { brings in
                try brings.keep(4_096, arrived: 4_096)
                // Each second a part of what it holds, and far more than that of the other's.
                for _ in 0..<120 {
                    clock.pass(seconds: 1)
                    try drips.keep(Self.large, arrived: 34)
                    try brings.keep(4_096, arrived: 4_096 / 60 + 1)
                }
                try await holding("short") { short in
                    try short.keep(Self.large, arrived: 20_000)
                    #expect(left.names == ["drips"])
                    #expect(budget.used == Self.large + 4_096)
                }
                #expect(throws: Problem.madeRoom) { try drips.keep(Self.large, arrived: 3) }
                #expect(throws: Problem.madeRoom) { try drips.isWhole() }
                try brings.isWhole()
            }
        }
        #expect(left.names == ["drips"])
        #expect(budget.used == 0)
    }

    @Test func whoeverOwesMostGetsNoMoreAtTheCostOfOthers() async throws {
        try await holding("small") { small in
            try small.keep(Self.bytesMax - Self.large, arrived: 1)
            try await holding("large") { large in
                try large.keep(Self.large, arrived: 1)
                clock.pass(seconds: 100)
                #expect(throws: Problem.unavailable) { try large.keep(Self.large + 1, arrived: 1) }
            }
            try small.isWhole()
        }
        #expect(left.names.isEmpty)
    }

    @Test func whoeverWaitsForUsMakesNoRoom() async throws {
        try await holding("whole") { whole in
            try whole.keep(Self.large, arrived: Self.large)
            try whole.isWhole()
            clock.pass(seconds: 3_600)
            try await holding("next") { next in
                #expect(throws: Problem.unavailable) { try next.keep(Self.large, arrived: 1) }
            }
        }
        #expect(left.names.isEmpty)
    }

    /// As many as there may be connections, each with a little: who is there longest goes first.
    @Test func manySmallOnesShutNobodyOut() async throws {
        let many = BodyBudget(bytesMax: Self.bytesMax) { [clock] in clock.now }
        let (ends, ending) = AsyncStream.makeStream(of: Void.self)
        let (begins, beginning) = AsyncStream.makeStream(of: Void.self)
        let attack = Task {
            await withDiscardingTaskGroup { tasks in
                for _ in 0..<256 {
                    tasks.addTask {
                        _ = try? await many.holding(leave: {}) { hold in
                            try hold.keep(4_096, arrived: 4_096)
                            beginning.yield()
                            try await Task.sleep(for: .seconds(3_600))
                        }
                    }
                }
                for await _ in ends { break }
                tasks.cancelAll()
            }
        }
        var begun = 0
        for await _ in begins {
            begun += 1
            if begun == 256 { break }
        }
        #expect(many.used == Self.bytesMax)
        await many.holding(leave: {}) { (hold: BodyHold) -> Void in
            #expect(throws: Problem.unavailable) { try hold.keep(4_096, arrived: 1) }
        }
        clock.pass(seconds: 257)
        try await many.holding(leave: {}) { hold in
            try hold.keep(20_480, arrived: 1)
            #expect(many.used <= Self.bytesMax)
        }
        ending.yield()
        await attack.value
        #expect(many.used == 0)
    }
}
