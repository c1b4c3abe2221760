/// How many tips a vault takes into the ordinary lane.
public struct FloodLimits: Sendable, Equatable {
    /// Tips of the page and of programs, a minute.
    public var tipsPerMinute: Int
    /// Envelopes that the edge made of forms without JavaScript, a minute: nobody can be asked to work for them.
    public var formsPerMinute: Int

    /// Puts limits together, each at least 1.
    public init(tipsPerMinute: Int, formsPerMinute: Int) {
        self.tipsPerMinute = tipsPerMinute
        self.formsPerMinute = formsPerMinute
    }

    /// Minutes whose tips may come at once after a quiet time.
    static let burstMinutes = 10
    /// Seconds over which arrivals are counted.
    static let windowSeconds: UInt64 = 60
    /// Seconds for which what was asked is still enough after more is asked: in them, a page that had asked before has
    /// worked and sent.
    static let graceSeconds: UInt64 = 120
    /// The work that is asked as soon as any is, in bits.
    static let bitsMin = 4
    /// The most that is ever asked, in bits: 1,024 attempts in the mean, about 2 s on a cheap phone.
    static let bitsMax = 10
}

/// Whether a tip goes into the ordinary lane: two token buckets for the whole gateway, and the work that is asked while
/// more tips come than their bucket fills up with.
///
/// It knows nothing of who sends. Time comes in as a number of seconds; a clock that goes back stands still.
struct FloodBudget {
    private let limits: FloodLimits
    private var tips: TokenBucket
    private var forms: TokenBucket
    private var arrivals = Window()
    private var asked: [(since: UInt64, bits: Int)] = [(0, 0)]
    /// Seconds that have passed, and the clock when they were counted.
    private var time: UInt64 = 0
    private var clock: UInt64

    /// Full buckets.
    init(_ limits: FloodLimits, now: UInt64) {
        self.limits = limits
        tips = TokenBucket(perMinute: limits.tipsPerMinute)
        forms = TokenBucket(perMinute: limits.formsPerMinute)
        clock = now
    }

    /// The work that a tip is asked for now, in bits; 0 while no more come than the budget allows.
    mutating func bitsAsked(now: UInt64) -> Int {
        advance(to: now)
        return asked.last?.bits ?? 0
    }

    /// Whether a form's envelope goes into the ordinary lane.
    mutating func admitForm(now: UInt64) -> Bool {
        advance(to: now)
        return forms.take(leaving: 0)
    }

    /// Whether a tip goes into the ordinary lane.
    ///
    /// While work is asked, it has to have the least that was asked in the last two minutes, so that a page which asked
    /// before a rise is not punished. As long as that is none, tips without work cannot be told from the attack's, and
    /// together they may use half of the bucket; the other half is left to those that worked as some page was asked to.
    ///
    /// - Parameter effort: the bits that the sender proved; only asked for where they decide something, because
    ///   checking them costs an attempt.
    mutating func admitTip(now: UInt64, effort: () -> Int) -> Bool {
        advance(to: now)
        arrivals.add(at: time)
        update()
        guard let now = asked.last?.bits, now > 0 else { return tips.take(leaving: 0) }
        let effort = effort()
        guard effort >= asked.map(\.bits).min() ?? 0 else { return false }
        let least = asked.map(\.bits).filter { $0 > 0 }.min() ?? 0
        return tips.take(leaving: effort >= least ? 0 : tips.capacity / 2)
    }

    /// Takes back an envelope that is refused after all: it was no arrival, and what it took is put back.
    mutating func giveBack(isForm: Bool, wasAdmitted: Bool) {
        if !isForm { arrivals.takeBack() }
        guard wasAdmitted else { return }
        if isForm { forms.giveBack() } else { tips.giveBack() }
    }

    private mutating func advance(to now: UInt64) {
        if now > clock {
            time += now - clock
            tips.fill(seconds: now - clock)
            forms.fill(seconds: now - clock)
            update()
        }
        clock = now
    }

    /// Notes what is asked now, and forgets what nobody can have been asked any more.
    private mutating func update() {
        let bits = Self.bits(
            arrivals: arrivals.count(at: time), perMinute: limits.tipsPerMinute)
        if bits != asked.last?.bits { asked.append((time, bits)) }
        // What was asked lasted until the next one began.
        while asked.count > 1, asked[1].since + FloodLimits.graceSeconds < time {
            asked.removeFirst()
        }
    }

    /// None up to the budget; from there on a bit more each time that the arrivals double.
    static func bits(arrivals: Int, perMinute: Int) -> Int {
        guard arrivals > perMinute else { return 0 }
        var bits = FloodLimits.bitsMin
        var reach = 2 * perMinute
        while reach < arrivals, bits < FloodLimits.bitsMax {
            reach *= 2
            bits += 1
        }
        return bits
    }
}

/// Fills up evenly, to what ten minutes bring.
private struct TokenBucket {
    private let perMinute: Int
    /// Sixtieths of a token, which are what a second brings to one a minute.
    private var sixtieths: Int

    init(perMinute: Int) {
        self.perMinute = perMinute
        sixtieths = 0
        sixtieths = capacity * 60
    }

    /// Tokens in a full bucket.
    var capacity: Int { perMinute * FloodLimits.burstMinutes }

    mutating func fill(seconds: UInt64) {
        let full = capacity * 60
        // Longer than it takes to fill up is as good as just that.
        let seconds = Int(min(seconds, UInt64(FloodLimits.burstMinutes * 60)))
        sixtieths = min(full, sixtieths + seconds * perMinute)
    }

    /// Takes a token, if so many are left after it.
    mutating func take(leaving rest: Int) -> Bool {
        guard sixtieths >= (rest + 1) * 60 else { return false }
        sixtieths -= 60
        return true
    }

    mutating func giveBack() { sixtieths = min(capacity * 60, sixtieths + 60) }
}

/// Counts what came in the last minute, by the second.
private struct Window {
    private var counts: [(second: UInt64, count: Int)] = []
    private var sum = 0

    mutating func add(at second: UInt64) {
        forget(before: second)
        if counts.last?.second == second {
            counts[counts.count - 1].count += 1
        } else {
            counts.append((second, 1))
        }
        sum += 1
    }

    /// One less of those that came last.
    mutating func takeBack() {
        guard let last = counts.last else { return }
        sum -= 1
        if last.count > 1 { counts[counts.count - 1].count -= 1 } else { counts.removeLast() }
    }

    mutating func count(at second: UInt64) -> Int {
        forget(before: second)
        return sum
    }

    private mutating func forget(before second: UInt64) {
        while let first = counts.first, first.second + FloodLimits.windowSeconds <= second {
            sum -= first.count
            counts.removeFirst()
        }
    }
}
