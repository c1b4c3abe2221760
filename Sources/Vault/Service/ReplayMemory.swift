/// Which request notes were used, for as long as they could be used again.
///
/// A note is good for `windowSeconds` on either side of the vault's clock, so its 16 random bytes are kept for twice
/// that. The memory does not outlive the process: a note dated before the vault started is refused instead.
struct ReplayMemory {
    /// How far a note's time may be from the vault's, in seconds (formats.md §7).
    static let windowSeconds: UInt64 = 300
    /// Notes kept at once; beyond that new ones are refused until old ones go.
    static let notesMax = 200_000

    /// What a note is at a moment.
    enum Verdict: Equatable {
        case fresh, stale, replayed, full
    }

    private let start: UInt64
    private var current: Set<[UInt8]> = []
    private var previous: Set<[UInt8]> = []
    private var rotated: UInt64

    /// - Parameter start: when the vault started, in Unix seconds.
    init(start: UInt64) {
        self.start = start
        rotated = start
    }

    /// Judges a note, and remembers it if it is fresh.
    mutating func use(nonce: [UInt8], time: UInt64, now: UInt64) -> Verdict {
        rotate(now)
        guard time >= start, time + Self.windowSeconds >= now, time <= now + Self.windowSeconds
        else { return .stale }
        guard !current.contains(nonce), !previous.contains(nonce) else { return .replayed }
        guard current.count < Self.notesMax else { return .full }
        current.insert(nonce)
        return .fresh
    }

    private mutating func rotate(_ now: UInt64) {
        let lifetime = 2 * Self.windowSeconds
        guard now >= rotated + lifetime else { return }
        previous = now < rotated + 2 * lifetime ? current : []
        current = []
        rotated = now
    }
}
