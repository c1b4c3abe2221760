import Testing

@testable import Vault

@Suite struct ReplayMemoryTests {
    private let nonce: [UInt8] = Array(repeating: 1, count: 16)

    @Test func aNoteIsGoodOnce() {
        var memory = ReplayMemory(start: 1_000)
        #expect(memory.use(nonce: nonce, time: 1_010, now: 1_020) == .fresh)
        #expect(memory.use(nonce: nonce, time: 1_010, now: 1_021) == .replayed)
    }

    @Test(arguments: [(1_699, 2_000), (2_301, 2_000), (999, 1_000)] as [(UInt64, UInt64)])
    func aNoteOutsideTheWindowOrFromBeforeTheStartIsStale(time: UInt64, now: UInt64) {
        var memory = ReplayMemory(start: 1_000)
        #expect(memory.use(nonce: nonce, time: time, now: now) == .stale)
    }

    @Test func aNoteIsRememberedAsLongAsItCouldBeUsedAgain() {
        for step in stride(from: UInt64(1), through: 600, by: 7) {
            var memory = ReplayMemory(start: 1_000)
            let first = 5_000 + step
            #expect(memory.use(nonce: nonce, time: first + 300, now: first) == .fresh)
            for later in stride(from: first, through: first + 600, by: 50) {
                #expect(memory.use(nonce: nonce, time: first + 300, now: later) != .fresh)
            }
        }
    }
}
