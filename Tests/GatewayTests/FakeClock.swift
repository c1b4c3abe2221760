import NIOCore
import Synchronization

/// Seconds that pass when a test says so.
final class FakeClock: Sendable {
    private let seconds = Atomic<Int64>(0)

    var now: NIODeadline { .uptimeNanoseconds(0) + .seconds(seconds.load(ordering: .relaxed)) }

    func pass(seconds more: Int64) { seconds.add(more, ordering: .relaxed) }
}
