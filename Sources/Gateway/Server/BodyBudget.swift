import NIOCore
import Synchronization

/// The memory that all connections of an edge may hold together for bodies that are not answered yet.
///
/// What a sender holds and does not get on with is its debt, in byte seconds: each second adds what is held, each byte
/// that arrives takes a minute of one byte off. So a body that brings a sixtieth of what it holds each second owes
/// nothing. Where there is no room, the greatest debts make it; if the asker's own is the greatest, or none is beyond
/// `debtMax`, the asker is told to come again. Whoever would keep all the room has to send as much as it every minute.
final class BodyBudget: Sendable {
    /// What an edge may hold, in bytes.
    static let bytesMax = 64 << 20
    /// What may be owed in peace, in byte seconds: a short tip may stand still for a minute and a half.
    static let debtMax = Double(1 << 20)
    /// How many byte seconds each byte that arrives is worth.
    private static let secondsPerByte = 60.0
    /// How much more room is made than is asked for, as a part of all: debts are not looked through for every byte.
    private static let sparePart = 16

    fileprivate struct Holder {
        var bytes = 0
        private var debt = 0.0
        private var since: NIODeadline
        /// Tells the sender that it has to make room; nil once its body is whole, because then it waits for us.
        var leave: (@Sendable () -> Void)?
        var hasLeft = false

        init(since: NIODeadline, leave: @escaping @Sendable () -> Void) {
            self.since = since
            self.leave = leave
        }

        func debt(at now: NIODeadline) -> Double {
            debt + Double(bytes) * Double((now - since).nanoseconds) / 1e9
        }

        mutating func arrived(_ count: Int, at now: NIODeadline) {
            debt = max(0, debt(at: now) - Double(count) * BodyBudget.secondsPerByte)
            since = now
        }
    }

    private struct State {
        var used = 0
        var holders: [ObjectIdentifier: Holder] = [:]
    }

    private let bytesMax: Int
    private let now: @Sendable () -> NIODeadline
    private let state = Mutex(State())

    /// - Parameters:
    ///   - bytesMax: what all may hold together, in bytes.
    ///   - now: the time that debts are counted by.
    init(
        bytesMax: Int = BodyBudget.bytesMax,
        now: @escaping @Sendable () -> NIODeadline = { .now() }
    ) {
        self.bytesMax = bytesMax
        self.now = now
    }

    /// What is held now, in bytes.
    var used: Int { state.withLock { $0.used } }

    /// Answers a request, whose body holds nothing any more when that is done, whatever came of it.
    ///
    /// - Parameters:
    ///   - leave: called, at most once and from any thread, if the body has to make room while it is being read.
    ///   - answer: reads the body, counting it.
    func holding<Answer>(
        leave: @escaping @Sendable () -> Void, _ answer: (BodyHold) async throws -> Answer
    ) async rethrows -> Answer {
        let hold = BodyHold(budget: self, leave: leave)
        defer { end(hold) }
        return try await answer(hold)
    }

    fileprivate func keep(_ bytes: Int, arrived count: Int, _ hold: BodyHold) throws(Problem) {
        let now = now()
        let leaving = try state.withLock { state throws(Problem) -> [@Sendable () -> Void] in
            var holder =
                state.holders[ObjectIdentifier(hold)] ?? Holder(since: now, leave: hold.leave)
            guard !holder.hasLeft else { throw .madeRoom }
            holder.arrived(count, at: now)
            state.holders[ObjectIdentifier(hold)] = holder
            let more = bytes - holder.bytes
            var leaving: [@Sendable () -> Void] = []
            if more > 0 {
                guard let left = room(for: more, owing: holder.debt(at: now), in: &state, now)
                else { throw .unavailable }
                leaving = left
            }
            state.used += more
            state.holders[ObjectIdentifier(hold)]?.bytes = bytes
            return leaving
        }
        for leave in leaving { leave() }
    }

    /// Makes room for so many bytes more; what tells those who leave, or nil if there is no room.
    private func room(
        for more: Int, owing debt: Double, in state: inout State, _ now: NIODeadline
    ) -> [@Sendable () -> Void]? {
        guard state.used + more > bytesMax else { return [] }
        let debtors = state.holders
            .filter { $0.value.leave != nil && !$0.value.hasLeft }
            .map { (name: $0.key, debt: $0.value.debt(at: now), bytes: $0.value.bytes) }
            .filter { $0.debt > max(Self.debtMax, debt) }
            .sorted { $0.debt > $1.debt }
        let freed = debtors.reduce(0) { $0 + $1.bytes }
        guard state.used + more - freed <= bytesMax else { return nil }
        var leaving: [@Sendable () -> Void] = []
        for debtor in debtors {
            guard state.used + more > bytesMax - bytesMax / Self.sparePart else { break }
            state.used -= debtor.bytes
            if let leave = state.holders[debtor.name]?.leave { leaving.append(leave) }
            state.holders[debtor.name]?.bytes = 0
            state.holders[debtor.name]?.hasLeft = true
        }
        return leaving
    }

    fileprivate func isWhole(_ hold: BodyHold) throws(Problem) {
        try state.withLock { state throws(Problem) in
            guard state.holders[ObjectIdentifier(hold)]?.hasLeft != true else { throw .madeRoom }
            state.holders[ObjectIdentifier(hold)]?.leave = nil
        }
    }

    private func end(_ hold: BodyHold) {
        state.withLock { state in
            guard let holder = state.holders.removeValue(forKey: ObjectIdentifier(hold)) else {
                return
            }
            state.used -= holder.bytes
        }
    }
}

/// What the body of one request holds.
final class BodyHold: Sendable {
    private let budget: BodyBudget
    fileprivate let leave: @Sendable () -> Void

    fileprivate init(budget: BodyBudget, leave: @escaping @Sendable () -> Void) {
        self.budget = budget
        self.leave = leave
    }

    /// Says how much is held from now on, and how much has arrived since it was said last, in bytes.
    ///
    /// - Throws: `Problem.unavailable` if there is no room for more, `Problem.madeRoom` if the body had to make room for
    ///   others: what was read of it is to be let go of.
    func keep(_ bytes: Int, arrived count: Int) throws(Problem) {
        try budget.keep(bytes, arrived: count, self)
    }

    /// Says that nothing more is waited for: what is held does not have to make room any more.
    ///
    /// - Throws: `Problem.madeRoom` if it had to.
    func isWhole() throws(Problem) {
        try budget.isWhole(self)
    }
}

/// Ends the reading of a body that had to make room for others.
struct BodyMadeRoom: Error {}
