import Ledger
import Synchronization

/// What the vault is fit for: whether its storage may still be relied on, and what an operator has to know.
///
/// A ledger of which something cannot be read any more is not served from at all: what is left of it must not
/// pass for the whole. The process goes on, so that health can say why, and so that it is not started over it again.
/// After an error by which it is unknown what is on the disk, nothing is served either, until the process ends.
final class Standing: Sendable {
    private struct State {
        var stopped: String?
        var rosterWarning: String?
        var pageWarning: String?
        var isCertificateUnread = false
        var clockWarning: String?
        var tickWarning: String?
    }

    private let state = Mutex(State())
    private let fail: @Sendable (String) -> Void
    private let tell: @Sendable (String) -> Void

    /// - Parameters:
    ///   - fail: ends the process, because the storage's state is unknown.
    ///   - tell: tells the operator something, in the daemon's log.
    init(fail: @escaping @Sendable (String) -> Void, tell: @escaping @Sendable (String) -> Void) {
        self.fail = fail
        self.tell = tell
    }

    /// Why nothing is served or taken any more; nil as long as the storage may be relied on.
    var stopped: String? { state.withLock { $0.stopped } }

    /// Why the roster that the operator gave last is not in force; nil if it is.
    var rosterWarning: String? {
        get { state.withLock { $0.rosterWarning } }
        set { state.withLock { $0.rosterWarning = newValue } }
    }

    /// Why the page note that the operator gave last is not what the gateway answers with; nil if it is.
    var pageWarning: String? {
        get { state.withLock { $0.pageWarning } }
        set { state.withLock { $0.pageWarning = newValue } }
    }

    /// Whether the certificate or its key could not be opened when the operator had them read again last.
    var isCertificateUnread: Bool {
        get { state.withLock { $0.isCertificateUnread } }
        set { state.withLock { $0.isCertificateUnread = newValue } }
    }

    /// Why no ticks are ended; the operator is told when that changes.
    var clockWarning: String? {
        get { state.withLock { $0.clockWarning } }
        set {
            if isNews(newValue, \.clockWarning) {
                tell(newValue ?? "the clock fits the log again: ticks go on")
            }
        }
    }

    /// Why a tick that ended is not written; the operator is told when that changes.
    var tickWarning: String? {
        get { state.withLock { $0.tickWarning } }
        set {
            if isNews(newValue, \.tickWarning) {
                tell(newValue ?? "the ticks that ended are written: proofs go on")
            }
        }
    }

    private func isNews(_ warning: String?, _ place: WritableKeyPath<State, String?>) -> Bool {
        state.withLock { state in
            defer { state[keyPath: place] = warning }
            return state[keyPath: place] != warning
        }
    }

    /// The refusal behind an error of the storage, which is judged here: nothing is acknowledged on top of a state
    /// that is unknown, and nothing is served from a damaged one.
    func refusal(of error: LedgerError) -> Refusal {
        switch error {
        case .full: return .full
        case .damaged:
            if note("\(error)") {
                tell("\(error); nothing is served or taken until an operator has looked")
            }
        // A ledger that is damaged refuses every later write as fatal.
        case .fatal: stop("\(error)")
        default: break
        }
        return .busy
    }

    /// The refusal behind an error of a group's append, which may have come after the group was on the disk: only of a
    /// full one it is known that nothing was kept.
    func refusalOfAppend(after error: LedgerError) -> Refusal {
        let refusal = refusal(of: error)
        return refusal == .full ? .full : .durabilityUnknown
    }

    /// Serves nothing more, and ends the process.
    func stop(_ reason: String) {
        if note(reason) { fail(reason) }
    }

    /// False if nothing was served before already.
    private func note(_ reason: String) -> Bool {
        state.withLock { state in
            defer { state.stopped = state.stopped ?? reason }
            return state.stopped == nil
        }
    }
}
