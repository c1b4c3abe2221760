internal import Synchronization

/// The gateway's time, as near as this station knows it: the machine's, until the gateway says that its own is another.
final class GatewayClock: Sendable {
    /// How far the gateway's clock may be from this machine's, in seconds.
    ///
    /// A gateway that could name any time would collect requests signed for next year.
    static let offsetSecondsMax: Int64 = 600

    private let machine: @Sendable () -> UInt64
    private let offset = Mutex<Int64>(0)

    /// - Parameter machine: this machine's time in Unix seconds.
    init(machine: @escaping @Sendable () -> UInt64) {
        self.machine = machine
    }

    /// Unix seconds.
    var now: UInt64 { UInt64(max(0, Int64(clamping: machine()) + offset.withLock { $0 })) }

    /// Goes by the time that the gateway gave.
    ///
    /// - Throws: `stale` if it lies too far from this machine's.
    func follow(_ time: UInt64) throws(GatewayProblem) {
        let machine = Int64(clamping: machine())
        let (difference, overflow) = Int64(clamping: time).subtractingReportingOverflow(machine)
        guard !overflow, abs(difference) <= Self.offsetSecondsMax else { throw .stale(time: time) }
        offset.withLock { $0 = difference }
    }
}
