import Notes

/// Which request notes were used, for as long as they could be used again.
///
/// A note carries the vault's time: it is good from that second on for `windowSeconds`, and its 16 random bytes are
/// kept for at least as long. The memory does not outlive the process, so every note that an earlier one may have
/// taken is refused: those up to the very second of the start. Hence none may be dated ahead, either: it could
/// have been used before the start and again after it. What is forgotten later is like what was before the start, so that
/// a clock which is set back makes nothing good again: then no note is taken until the clock is there again, or the vault
/// has started anew.
struct ReplayMemory {
    /// How old a note may be, in seconds (formats.md §7).
    static let windowSeconds: UInt64 = 300
    /// Notes of one member within `windowSeconds`; beyond that the member's new ones are refused until old ones go, and
    /// nobody else's.
    static let ofMemberMax = 16_384

    /// What a note is at a moment.
    enum Verdict: Equatable {
        case fresh, stale, replayed, full
    }

    /// Nothing dated up to this second is taken.
    private var start: UInt64
    private var current: Set<[UInt8]> = []
    private var previous: Set<[UInt8]> = []
    /// How many of `current` are each member's.
    private var counts: [NoteVerifier: Int] = [:]
    private var rotated: UInt64

    /// - Parameter start: when the vault started, in Unix seconds.
    init(start: UInt64) {
        self.start = start
        rotated = start
    }

    /// Judges a member's note, and remembers it if it is fresh.
    mutating func use(
        nonce: [UInt8], of member: NoteVerifier, time: UInt64, now: UInt64
    ) -> Verdict {
        rotate(now)
        guard time > start, time <= now, now - time <= Self.windowSeconds else { return .stale }
        guard !current.contains(nonce), !previous.contains(nonce) else { return .replayed }
        guard counts[member, default: 0] < Self.ofMemberMax else { return .full }
        counts[member, default: 0] += 1
        current.insert(nonce)
        return .fresh
    }

    private mutating func rotate(_ now: UInt64) {
        // One second more than a note is good for: the second of its own time counts.
        let lifetime = Self.windowSeconds + 1
        guard now >= rotated + lifetime else { return }
        // The end of the time in which what is forgotten now was used.
        let isLongAgo = now >= rotated + 2 * lifetime
        start = max(start, isLongAgo ? rotated + lifetime : rotated)
        previous = isLongAgo ? [] : current
        current = []
        counts = [:]
        rotated = now
    }
}
