import Glibc

/// The vault's time, as a parameter: tests bring their own.
public struct VaultClock: Sendable {
    /// Unix seconds.
    public let now: @Sendable () -> UInt64

    /// - Parameter now: gives Unix seconds.
    public init(now: @escaping @Sendable () -> UInt64) {
        self.now = now
    }

    /// The machine's clock.
    public static let system = VaultClock { UInt64(max(0, time(nil))) }
}
