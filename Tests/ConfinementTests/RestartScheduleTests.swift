import Confinement
import Testing

/// How soon a process that ended is started again.
@Suite struct RestartScheduleTests {
    /// A killed edge has to be back within a second, a killed vault within two, whatever their own start takes.
    @Test func theFirstEndsCostNoTime() {
        #expect(RestartSchedule.delay(afterEarlyEnds: 0) == .zero)
        let first = (0..<4).map(RestartSchedule.delay).reduce(.zero, +)
        #expect(first <= .milliseconds(500))
    }

    @Test func whatKeepsEndingIsMadeToWait() {
        let delays = (0...100).map(RestartSchedule.delay)
        #expect(zip(delays, delays.dropFirst()).allSatisfy { $0 <= $1 })
        #expect(delays.last == .seconds(10))
        // A minute of a process that ends as soon as it starts is no hundred starts.
        var passed = Duration.zero
        let starts = delays.prefix { delay in
            passed += delay
            return passed < .seconds(60)
        }
        #expect(starts.count < 25)
    }
}
