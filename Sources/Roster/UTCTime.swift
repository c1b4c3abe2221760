import Notes
import Vocabulary

/// Moments as people read them.
public enum UTCTime {
    /// `2026-11-29 11:00 UTC` of seconds since 1970, the minute begun.
    public static func text(_ seconds: UInt64) -> String {
        let day = Day(number: Int(clamping: seconds / Seconds.perDay))
        let minutes = Int(seconds % Seconds.perDay) / 60
        return "\(day.iso) \(twoDigits(minutes / 60)):\(twoDigits(minutes % 60)) UTC"
    }

    private static func twoDigits(_ number: Int) -> String {
        number < 10 ? "0\(number)" : "\(number)"
    }
}
