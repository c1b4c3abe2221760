import NIOPosix
import Synchronization

/// Who a read is for: each kind has threads of its own, so that a flood of one kind holds up no other.
enum ReadLane: CaseIterable, Sendable {
    /// Whoever comes to the public listener.
    case everybody
    /// Members of offices.
    case staff
    /// Health and metrics, which have to answer when nothing else does.
    case operations

    /// Threads that read at once.
    var threads: Int {
        switch self {
        case .everybody, .staff: 2
        case .operations: 1
        }
    }

    /// Reads that may wait for a thread; beyond that senders are asked to come again.
    ///
    /// So few that an edge with all of them waiting still has requests read that need no reader: fewer than may be under
    /// way (`VaultConnection`). A public one is 40 bytes, one of a member's, with what it wants appended, at most 330 KiB.
    var waitingMax: Int {
        switch self {
        case .everybody: 2_048
        case .staff: 256
        case .operations: 16
        }
    }
}

/// The threads of one lane, and how much waits for them.
final class ReaderPool: Sendable {
    private let threads: NIOThreadPool
    private let waitingMax: Int
    private let waiting = Atomic(0)

    /// Starts the threads.
    init(_ lane: ReadLane) {
        threads = NIOThreadPool(numberOfThreads: lane.threads)
        waitingMax = lane.waitingMax
        threads.start()
    }

    /// Hands work to a thread, which tells it whether it may still be done; false if too much waits already, and then
    /// the work is never called.
    func submit(_ work: @escaping @Sendable (_ isActive: Bool) -> Void) -> Bool {
        guard waiting.add(1, ordering: .relaxed).oldValue < waitingMax else {
            waiting.subtract(1, ordering: .relaxed)
            return false
        }
        threads.submit { [self] state in
            waiting.subtract(1, ordering: .relaxed)
            guard case .active = state else { return work(false) }
            work(true)
        }
        return true
    }

    /// Ends the threads; what still waits is told so.
    func stop() { threads.shutdownGracefully { _ in } }
}
