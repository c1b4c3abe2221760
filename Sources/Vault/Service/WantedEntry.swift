import Synchronization

/// What an operator gave for the log and what waits until it can be entered: one at a time, a newer in its place.
///
/// Its giver is told once that it waits, and once how it ended. An answer about an earlier one counts no more.
final class WantedEntry<Given: Sendable, Outcome: Sendable>: Sendable {
    /// Who is told what became of it; called from any thread.
    typealias Told = @Sendable (Outcome) -> Void

    private struct State {
        /// What was given last, until its end is known.
        var wanted: (given: Given, told: Told)?
        /// How many were given.
        var count = 0
        var isUnderWay = false
        /// Whether its giver was told that it waits.
        var isToldToWait = false
    }

    private let state = Mutex(State())

    /// Whether one is on its way into the log just now.
    var isUnderWay: Bool { state.withLock { $0.isUnderWay } }

    /// Whether nothing waits and nothing is under way.
    var isEmpty: Bool { state.withLock { $0.wanted == nil } }

    /// Takes one, in the place of one that still waits; `next` takes it up.
    func want(_ given: Given, told: @escaping Told) {
        state.withLock { state in
            state.wanted = (given, told)
            state.count += 1
            state.isUnderWay = false
            state.isToldToWait = false
        }
    }

    /// Gives up the one that waits.
    func drop() {
        state.withLock { state in
            state.wanted = nil
            state.count += 1
            state.isUnderWay = false
        }
    }

    /// The one that waits, if one does, from now on under way; `count` is its number for `wait` and `end`.
    func next() -> (given: Given, count: Int)? {
        state.withLock { state in
            guard let wanted = state.wanted, !state.isUnderWay else { return nil }
            state.isUnderWay = true
            return (wanted.given, state.count)
        }
    }

    /// Puts it off.
    ///
    /// - Returns: who has to be told, which is once and not at every try.
    func wait(_ count: Int) -> Told? {
        state.withLock { state in
            guard state.count == count else { return nil }
            state.isUnderWay = false
            defer { state.isToldToWait = true }
            return state.isToldToWait ? nil : state.wanted?.told
        }
    }

    /// Ends it.
    ///
    /// - Returns: who has to be told.
    func end(_ count: Int) -> Told? {
        state.withLock { state in
            guard state.count == count else { return nil }
            defer { state.wanted = nil }
            state.isUnderWay = false
            return state.wanted?.told
        }
    }
}
