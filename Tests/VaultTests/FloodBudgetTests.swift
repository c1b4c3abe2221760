import Testing

@testable import Vault

/// The budget under a clock of the tests' own.
@Suite struct FloodBudgetTests {
    private static let limits = FloodLimits(tipsPerMinute: 120, formsPerMinute: 30)
    private static let start: UInt64 = 1_800_000_000
    private static let burst = 1_200
    private static let forms = 300

    /// A budget that an expectation may ask although that changes it.
    private final class Asked {
        private var budget = FloodBudget(limits, now: start)

        func admitted(_ count: Int, at second: UInt64, effort: Int = 0) -> Int {
            (0..<count).filter { _ in
                budget.admitTip(now: start + second) { effort }
            }.count
        }

        func forms(_ count: Int, at second: UInt64) -> Int {
            (0..<count).filter { _ in budget.admitForm(now: start + second) }.count
        }

        func bits(_ second: UInt64) -> Int { budget.bitsAsked(now: start + second) }

        /// Whether a tip is admitted of which nobody looks how much was worked for it.
        func admitsUnseen(at second: UInt64) -> Bool {
            budget.admitTip(now: start + second) {
                Issue.record("effort was looked at")
                return 0
            }
        }
    }

    private let budget = Asked()

    @Test func calmAsksForNothingAndLooksAtNothing() {
        for second in 0..<3_600 {
            #expect(budget.admitsUnseen(at: UInt64(second) * 2))
            #expect(budget.bits(UInt64(second) * 2) == 0)
        }
    }

    @Test(arguments: [
        (0, 0), (120, 0), (121, 4), (240, 4), (241, 5), (480, 5), (481, 6), (960, 6), (961, 7),
        (1_920, 7), (1_921, 8), (3_840, 8), (3_841, 9), (7_680, 9), (7_681, 10), (12_000, 10),
        (120_000, 10), (Int.max / 4, 10),
    ])
    func aBitMoreIsAskedEachTimeThatArrivalsDouble(_ arrivals: Int, _ bits: Int) {
        #expect(FloodBudget.bits(arrivals: arrivals, perMinute: 120) == bits)
    }

    @Test func aRiseIsAskedForAtOnceAndForgottenAMinuteAfterItsEnd() {
        #expect(budget.admitted(120, at: 10) == 120)
        #expect(budget.bits(10) == 0)
        #expect(budget.admitted(1, at: 10) == 1)
        #expect(budget.bits(10) == 4)
        #expect(budget.bits(69) == 4)
        #expect(budget.bits(70) == 0)
    }

    @Test func aBurstMayUseHalfOfTheBucketWithoutWork() {
        #expect(budget.admitted(5_000, at: 0) == Self.burst / 2)
        // What was asked first is 4: who did that much has the other half.
        #expect(budget.admitted(5_000, at: 0, effort: 3) == 0)
        #expect(budget.admitted(5_000, at: 0, effort: 4) == Self.burst / 2)
        #expect(budget.admitted(1, at: 0, effort: 64) == 0)
        // Two tokens a second come back, first to those that worked.
        #expect(budget.admitted(5_000, at: 30) == 0)
        #expect(budget.admitted(5_000, at: 30, effort: 4) == 60)
    }

    @Test func aPageThatAskedBeforeTheRiseIsNotPunished() {
        #expect(budget.admitted(121, at: 0) == 121)
        #expect(budget.bits(0) == 4)
        #expect(budget.admitted(1, at: 120) == 1)
        for second in 1...4 { _ = budget.admitted(121, at: 120 + UInt64(second), effort: 9) }
        #expect(budget.bits(124) == 6)
        // Until two minutes ago nothing was asked, so nothing is enforced yet.
        #expect(budget.admitted(1, at: 180) == 1)
    }

    @Test func afterTwoMinutesTheLeastThatWasAskedIsEnforced() {
        for second in 0..<600 {
            _ = budget.admitted(20, at: UInt64(second))
        }
        #expect(budget.bits(600) == 7)
        #expect(budget.admitted(1, at: 600) == 0)
        #expect(budget.admitted(1, at: 600, effort: 6) == 0)
        #expect(budget.admitted(1, at: 600, effort: 7) == 1)
        // More is asked from now on; who was asked for 7 has two minutes.
        _ = budget.admitted(20_000, at: 601)
        #expect(budget.bits(601) == 10)
        #expect(budget.admitted(1, at: 602, effort: 7) == 1)
        for second in UInt64(603)..<723 { _ = budget.admitted(200, at: second) }
        #expect(budget.admitted(1, at: 723, effort: 7) == 0)
        #expect(budget.admitted(1, at: 723, effort: 10) == 1)
    }

    @Test func itRecoversWithinAMinuteOfTheEnd() {
        for second in 0..<600 { _ = budget.admitted(200, at: UInt64(second), effort: 64) }
        #expect(budget.bits(599) == 10)
        #expect(budget.bits(660) == 0)
        // The bucket was emptied; it fills up by two tokens a second.
        #expect(budget.admitted(1_000, at: 660) >= 120)
        #expect(budget.bits(100_000) == 0)
        #expect(budget.admitted(121, at: 100_000) == 121)
    }

    @Test func formsHaveABudgetOfTheirOwn() {
        _ = budget.admitted(20_000, at: 0, effort: 64)
        #expect(budget.forms(1_000, at: 0) == Self.forms)
        // Half a token a second.
        #expect(budget.forms(1, at: 1) == 0)
        #expect(budget.forms(2, at: 2) == 1)
        let other = Asked()
        _ = other.forms(1_000, at: 0)
        #expect(other.bits(0) == 0, "forms ask nobody for work")
        #expect(other.admitted(1, at: 0) == 1)
    }

    @Test func aClockThatGoesBackStandsStill() {
        #expect(budget.admitted(121, at: 1_000) == 121)
        #expect(budget.bits(0) == 4)
        #expect(budget.bits(59) == 4)
        #expect(budget.bits(60) == 0)
        #expect(budget.bits(1 << 60) == 0)
        #expect(budget.bits(0) == 0)
    }
}

/// An attack at a hundred times the capacity, and people who send tips meanwhile.
@Suite struct FloodSimulationTests {
    /// Somebody whose page has asked, and works.
    private struct Person {
        let sendsAt: Int
        let effort: Int
    }

    private static let tipsPerMinute = 120
    private static let attackPerSecond = 100 * tipsPerMinute / 60
    private static let seconds = 1_800

    /// - Parameter attackersEffort: what each tip of the attack proves.
    /// - Returns: how many people sent, how many of them came into the ordinary lane, and the most that was asked.
    private func run(attackersEffort: Int) -> (sent: Int, ordinary: Int, bits: Int, attack: Int) {
        var budget = FloodBudget(
            FloodLimits(tipsPerMinute: Self.tipsPerMinute, formsPerMinute: 30), now: 0)
        var people: [Person] = []
        var (sent, ordinary, bits, attack) = (0, 0, 0, 0)
        for second in 1...Self.seconds {
            let now = UInt64(second)
            for _ in 0..<Self.attackPerSecond
            where budget.admitTip(now: now, effort: { attackersEffort }) { attack += 1 }
            bits = max(bits, budget.bitsAsked(now: now))
            for person in people where person.sendsAt == second {
                sent += 1
                if budget.admitTip(now: now, effort: { person.effort }) { ordinary += 1 }
            }
            // One person a second, whose phone takes 1 to 10 seconds.
            let effort = budget.bitsAsked(now: now)
            people.append(Person(sendsAt: second + 1 + second % 10, effort: effort))
            people.removeAll { $0.sendsAt <= second }
        }
        return (sent, ordinary, bits, attack)
    }

    @Test func whoWorksIsInTheOrdinaryLaneThroughoutTheAttack() {
        let (sent, ordinary, bits, attack) = run(attackersEffort: 0)
        #expect(sent > 1_700)
        #expect(ordinary == sent)
        #expect(bits == FloodLimits.bitsMax)
        // The attack has the half of the bucket that nobody has to work for, and what fills up in the first two minutes.
        #expect(attack <= 600 + 240)
    }

    @Test func anAttackThatWorksLittleHasOnlyTheFirstMinutes() {
        let (sent, ordinary, _, attack) = run(attackersEffort: FloodLimits.bitsMin)
        #expect(attack <= 1_200 + 240 + 10)
        #expect(ordinary > sent - 180)
    }
}
