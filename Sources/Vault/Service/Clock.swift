import Foundation

/// The vault's time, as a parameter: tests bring their own.
public struct VaultClock: Sendable {
    /// Unix seconds.
    public let now: @Sendable () -> UInt64
    /// Seconds since some moment, which nobody sets back or forward.
    let elapsed: @Sendable () -> UInt64
    /// Up to when the operator has looked and says that the clock is right, in Unix seconds; 0 if nobody says so.
    let confirmedUntil: UInt64

    /// - Parameters:
    ///   - now: gives Unix seconds.
    ///   - elapsed: gives seconds that only pass.
    ///   - confirmedUntil: up to when the operator speaks for it, in Unix seconds.
    public init(
        now: @escaping @Sendable () -> UInt64,
        elapsed: @escaping @Sendable () -> UInt64 = Self.sinceStart, confirmedUntil: UInt64 = 0
    ) {
        self.now = now
        self.elapsed = elapsed
        self.confirmedUntil = confirmedUntil
    }

    private static let start = ContinuousClock.now

    /// Seconds that the machine counts, sleep included.
    public static let sinceStart: @Sendable () -> UInt64 = {
        UInt64(max(0, (ContinuousClock.now - start).components.seconds))
    }

    /// The machine's clock, as exact as others read it: time(2) lags by up to a timer tick, and a note made on this
    /// machine would seem to come from the future.
    ///
    /// - Parameter confirmedUntil: up to when the operator speaks for it, in Unix seconds.
    public static func system(confirmedUntil: UInt64) -> VaultClock {
        VaultClock(
            now: { UInt64(max(0, Date().timeIntervalSince1970)) }, confirmedUntil: confirmedUntil)
    }
}
