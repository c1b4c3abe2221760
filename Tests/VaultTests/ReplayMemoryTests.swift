import Notes
import Sodium
import Synchronization
import Testing

@testable import Vault

@Suite struct ReplayMemoryTests {
    private let nonce: [UInt8] = Array(repeating: 1, count: 16)
    private let member: NoteVerifier

    init() throws {
        member = try Self.verifier("desk-ar/1")
    }

    private static func verifier(_ name: String) throws -> NoteVerifier {
        let seed = [UInt8](repeating: 1, count: 32)
        return try NoteSigner(name: name, seed: SecretBytes(copying: seed)).verifier
    }

    @Test func aNoteIsGoodOnce() {
        var memory = ReplayMemory(start: 1_000)
        #expect(memory.use(nonce: nonce, of: member, time: 1_010, now: 1_020) == .fresh)
        #expect(memory.use(nonce: nonce, of: member, time: 1_010, now: 1_021) == .replayed)
    }

    @Test(
        arguments: [(1_699, 2_000), (2_001, 2_000), (999, 1_000), (1_000, 1_000), (1_000, 1_001)]
            as [(UInt64, UInt64)])
    func aNoteThatIsOldOrAheadOrNotFromAfterTheStartIsStale(time: UInt64, now: UInt64) {
        var memory = ReplayMemory(start: 1_000)
        #expect(memory.use(nonce: nonce, of: member, time: time, now: now) == .stale)
    }

    @Test(arguments: [(1_001, 1_001), (1_001, 1_301), (1_700, 2_000)] as [(UInt64, UInt64)])
    func aNoteOfTheVaultsTimeIsFresh(time: UInt64, now: UInt64) {
        var memory = ReplayMemory(start: 1_000)
        #expect(memory.use(nonce: nonce, of: member, time: time, now: now) == .fresh)
    }

    /// The clock goes on, the vault starts again in every second of it, and nothing that was taken is taken again.
    @Test func noNoteIsGoodAgainAfterAStart() {
        let now = Mutex<UInt64>(5_000)
        let clock = VaultClock { now.withLock { $0 } }
        var before = ReplayMemory(start: 4_000)
        var taken: [(nonce: [UInt8], time: UInt64)] = []
        for step in 0..<40 as Range<UInt64> {
            for offset in stride(from: -320, through: 320, by: 1) as StrideThrough<Int> {
                let note = (distinct(step, offset), UInt64(Int(clock.now()) + offset))
                if before.use(nonce: note.0, of: member, time: note.1, now: clock.now()) == .fresh {
                    taken.append(note)
                }
            }
            now.withLock { $0 += 1 }
        }
        #expect(taken.count > 40 * 300)
        now.withLock { $0 -= 1 }
        var after = ReplayMemory(start: clock.now())
        for _ in 0...50 {
            let verdicts = taken.map {
                after.use(nonce: $0.nonce, of: member, time: $0.time, now: clock.now())
            }
            #expect(verdicts.allSatisfy { $0 == .stale })
            now.withLock { $0 += 7 }
        }
    }

    /// The clock steps back to a time at which the note would be good, after it was forgotten.
    @Test(arguments: [[1_201, 1_502], [1_502]] as [[UInt64]])
    func aClockThatIsSetBackMakesNoNoteGoodAgain(rotations: [UInt64]) {
        var memory = ReplayMemory(start: 900)
        #expect(memory.use(nonce: nonce, of: member, time: 1_000, now: 1_000) == .fresh)
        for (number, now) in rotations.enumerated() {
            let other = distinct(UInt64(number) + 1, 0)
            #expect(memory.use(nonce: other, of: member, time: now, now: now) == .fresh)
        }
        #expect(memory.use(nonce: nonce, of: member, time: 1_000, now: 1_100) == .stale)
    }

    @Test func aMemberWithTooManyNotesShutsNobodyElseOut() throws {
        let other = try Self.verifier("desk-br/1")
        var memory = ReplayMemory(start: 1_000)
        for number in 0..<UInt64(ReplayMemory.ofMemberMax) {
            let verdict = memory.use(
                nonce: distinct(number, 0), of: member, time: 1_010, now: 1_020)
            #expect(verdict == .fresh)
        }
        #expect(memory.use(nonce: nonce, of: member, time: 1_010, now: 1_020) == .full)
        #expect(memory.use(nonce: nonce, of: other, time: 1_010, now: 1_020) == .fresh)
        #expect(memory.use(nonce: nonce, of: other, time: 1_010, now: 1_020) == .replayed)
        let later = distinct(0, 1)
        #expect(memory.use(nonce: later, of: member, time: 1_400, now: 1_400) == .fresh)
    }

    private func distinct(_ step: UInt64, _ offset: Int) -> [UInt8] {
        let number = step * 1_000 + UInt64(offset + 320)
        return (0..<16).map { UInt8(truncatingIfNeeded: number >> (8 * UInt64($0 % 8))) }
    }

    @Test func aNoteIsRememberedAsLongAsItCouldBeUsedAgain() {
        for step in stride(from: UInt64(1), through: 600, by: 7) {
            for age in [0, 1, 299, 300] as [UInt64] {
                var memory = ReplayMemory(start: 1_000)
                let first = 5_000 + step
                let use = { memory.use(nonce: nonce, of: member, time: first - age, now: $0) }
                #expect(use(first) == .fresh)
                for later in first...first + 301 {
                    #expect(use(later) != .fresh)
                }
            }
        }
    }
}
