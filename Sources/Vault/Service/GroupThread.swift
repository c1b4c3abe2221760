import Foundation
import NIOConcurrencyHelpers

/// Work of one kind, done by one thread in the order it came, in groups: while one group is being made durable the
/// next one gathers, so that one fsync serves them all.
///
/// A plain thread and not a task: the work blocks on the disk, and the vault's Swift concurrency runs on its event
/// loops.
final class GroupThread<Item: Sendable>: Sendable {
    private struct State {
        var waiting: [(item: Item, bytes: Int)] = []
        var bytes = 0
        var isStopping = false
    }

    private let state: NIOLockedValueBox<State>
    /// 0: nothing to do.
    ///
    /// 1: something waits, or the thread shall end.
    private let condition = ConditionLock(value: 0)
    private let ended = ConditionLock(value: 0)
    private let groupItemsMax: Int
    private let waitingBytesMax: Int
    private let work: @Sendable ([Item]) -> Void

    /// Starts the thread.
    ///
    /// - Parameters:
    ///   - name: shown by process tools.
    ///   - groupItemsMax: how many items one group may have.
    ///   - waitingBytesMax: how many bytes may wait before new items are refused.
    ///   - work: does one group.
    init(
        name: String, groupItemsMax: Int, waitingBytesMax: Int,
        work: @escaping @Sendable ([Item]) -> Void
    ) {
        state = NIOLockedValueBox(State())
        self.groupItemsMax = groupItemsMax
        self.waitingBytesMax = waitingBytesMax
        self.work = work
        let thread = Thread { [self] in run() }
        thread.name = name
        thread.stackSize = 1 << 20
        thread.start()
    }

    /// Queues an item.
    ///
    /// False: too much waits already, or the thread is ending; nothing was queued.
    func submit(_ item: Item, bytes: Int) -> Bool {
        let isQueued = state.withLockedValue { state in
            guard !state.isStopping, state.bytes + bytes <= waitingBytesMax else { return false }
            state.waiting.append((item, bytes))
            state.bytes += bytes
            return true
        }
        if isQueued { signal() }
        return isQueued
    }

    /// Does what waits, then ends the thread; returns when it has ended.
    func stop() {
        state.withLockedValue { $0.isStopping = true }
        signal()
        ended.lock(whenValue: 1)
        ended.unlock()
    }

    private func signal() {
        condition.lock()
        condition.unlock(withValue: 1)
    }

    private func run() {
        while let group = next() { work(group) }
        ended.lock()
        ended.unlock(withValue: 1)
    }

    /// Waits for the next group; nil when the thread shall end and nothing waits.
    private func next() -> [Item]? {
        while true {
            condition.lock(whenValue: 1)
            let (group, goesOn) = state.withLockedValue { state in
                let group = state.waiting.prefix(groupItemsMax)
                state.waiting.removeFirst(group.count)
                state.bytes -= group.reduce(0) { $0 + $1.bytes }
                return (group.map(\.item), !state.waiting.isEmpty || state.isStopping)
            }
            condition.unlock(withValue: goesOn ? 1 : 0)
            if !group.isEmpty { return group }
            if goesOn { return nil }
        }
    }
}
