import Notes

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

    /// The first second of a tick; the last second there is for one that no clock reaches.
    public func start(of tick: UInt64) -> UInt64 {
        let (seconds, isBeyond) = tick.multipliedReportingOverflow(by: lengthSeconds)
        return isBeyond ? .max : seconds
    }

    /// The first second after a tick, from which on what was promised for it is placed.
    public func end(of tick: UInt64) -> UInt64 {
        tick == .max ? .max : start(of: tick + 1)
    }

    /// How many ticks 24 hours last, rounded up: how long an envelope's answer and an upload are
    /// kept.
    public var perDay: UInt64 {
        (Seconds.perDay + lengthSeconds - 1) / lengthSeconds
    }
}
