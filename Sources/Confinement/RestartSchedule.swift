/// When a child process that ended is started again.
public enum RestartSchedule {
    /// How long a process has to live before its end counts as a new trouble and not as the old one again.
    public static let settledAfter = Duration.seconds(10)

    /// How long to wait before the next start.
    ///
    /// The first starts again come at once or nearly so, that a killed edge be back within a second; only a process that
    /// keeps ending is made to wait, ten seconds at most.
    ///
    /// - Parameter count: how many of the ends just before this one came early, from 0.
    public static func delay(afterEarlyEnds count: Int) -> Duration {
        switch count {
        case 0: .zero
        case 1..<10: .milliseconds(min(50 << (count - 1), 400))
        default: .milliseconds(min(400 << min(count - 9, 8), 10_000))
        }
    }
}
