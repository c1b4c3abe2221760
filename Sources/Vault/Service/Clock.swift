import Foundation

/// The vault's time, as a parameter: tests bring their own.
public struct VaultClock: Sendable {
    /// Unix seconds.
    public let now: @Sendable () -> UInt64

    /// - Parameter now: gives Unix seconds.
    public init(now: @escaping @Sendable () -> UInt64) {
        self.now = now
    }

    /// The machine's clock, as exact as others read it: time(2) lags by up to a timer tick, and a note made on this
    /// machine would seem to come from the future.
    public static let system = VaultClock { UInt64(max(0, Date().timeIntervalSince1970)) }
}
