/// How many seconds things last.
public enum Seconds {
    /// A day of UTC, without leap seconds.
    public static let perDay: UInt64 = 86_400
}
