import Ledger
import Roster

/// What the vault makes of its clock, held against what the log knows.
struct LogTime {
    /// How far the clock may be beyond the log's newest tick without anything else to speak for it, in seconds: a week,
    /// which is longer than a storm or a move keeps a gateway off without an operator who looks when it starts again.
    static let gapSecondsMax: UInt64 = 7 * 86_400

    /// The tick to act in.
    let tick: UInt64
    /// Whether the clock is too far ahead to be believed.
    let isAhead: Bool
    /// When the open tick ends, in Unix seconds, if it lies so far beyond the clock that one which was ahead has closed
    /// those before it; nil where ticks go on.
    let waitsUntil: UInt64?

    /// - Parameters:
    ///   - now: what the clock shows, in Unix seconds.
    ///   - ticks: their length.
    ///   - open: the newest tick of the log that is not ended.
    ///   - rosterExpires: when the newest roster runs out, in Unix seconds: within its life m of n authorities speak for
    ///     the time, since they sign for 90 days at most.
    ///   - confirmedUntil: up to when the operator speaks for the clock, in Unix seconds.
    init(
        now: UInt64, ticks: Ticks, open: UInt64, rosterExpires: UInt64, confirmedUntil: UInt64
    ) {
        let known = max(ticks.end(of: open), rosterExpires, confirmedUntil)
        // Of a log that goes on, the newest tick is never long ago, whether its roster has run out or not.
        let end = ticks.end(of: open)
        isAhead = now >= known && now - end > Self.gapSecondsMax
        // A clock that is a little behind the log is waited for.
        let shown = ticks.tick(at: now)
        tick = isAhead ? open : max(shown, open)
        waitsUntil = open > shown + 1 ? end : nil
    }

    static let aheadWarning =
        "the clock is far beyond the log's newest tick, and nothing else speaks for it: no tick is ended and no roster"
        + " takes force, but for what it revokes, until the clock is set right, a roster that lives now is taken, or"
        + " clock.confirmedUntilSeconds speaks for it"

    /// Why no ticks are ended, in an operator's words; nil while they are.
    var warning: String? {
        if isAhead { return Self.aheadWarning }
        return waitsUntil.map { end in
            "the clock is behind the log, or was ahead: tips are taken and read, and nothing new gets its place in the"
                + " log, nor a roster force but for what it revokes, before \(UTCTime.text(end)), if the clock is right"
                + " now; a tick that was ended is never opened again"
        }
    }
}
