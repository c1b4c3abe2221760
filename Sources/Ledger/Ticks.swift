/// The log's clock: a tick is the vault's time divided by the tick's length (formats.md §6).
///
/// Nothing that is kept is finer than a tick, so that the store cannot tell when somebody reported.
public struct Ticks: Sendable, Equatable {
    /// Length of a tick in seconds; 3,600 unless the roster says otherwise.
    public let lengthSeconds: UInt64

    /// Takes the roster's length in seconds; nil for 0 and for more than a day.
    public init?(lengthSeconds: UInt64) {
        guard (1...LedgerLimits.tickSecondsMax).contains(lengthSeconds) else { return nil }
        self.lengthSeconds = lengthSeconds
    }

    /// The tick that holds a moment, given in seconds since 1970.
    public func tick(at unixSeconds: UInt64) -> UInt64 {
        unixSeconds / lengthSeconds
    }

    /// The first second of a tick.
    ///
    /// What was promised for tick n is placed from `start(of: n + 1)` on.
    public func start(of tick: UInt64) -> UInt64 {
        tick * lengthSeconds
    }

    /// How many ticks 24 hours last, rounded up: how long an envelope's answer and an upload are
    /// kept.
    public var perDay: UInt64 {
        (86_400 + lengthSeconds - 1) / lengthSeconds
    }
}
