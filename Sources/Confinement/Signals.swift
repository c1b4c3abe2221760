internal import CConfinement
internal import Glibc

/// The signals that a process takes one at a time, in a loop, instead of by handlers.
public struct SignalQueue: ~Copyable {
    private var set: sigset_t

    /// Blocks these signals in the calling thread, and in the threads it makes later: they wait
    /// until asked for.
    public init(blocking signals: [CInt]) {
        var set = sigset_t()
        unsafe sigemptyset(&set)
        for signal in signals { unsafe sigaddset(&set, signal) }
        unsafe sigprocmask(SIG_BLOCK, &set, nil)
        self.set = set
    }

    /// The next of the signals; nil when none came in this time.
    ///
    /// - Parameter timeout: how long to wait at most; nil waits until one comes.
    public mutating func next(timeout: Duration?) -> CInt? {
        guard let timeout else {
            var signal: CInt = 0
            return unsafe sigwait(&set, &signal) == 0 ? signal : nil
        }
        let (seconds, attoseconds) = max(timeout, .zero).components
        var limit = timespec(tv_sec: Int(seconds), tv_nsec: Int(attoseconds / 1_000_000_000))
        let signal = unsafe sigtimedwait(&set, nil, &limit)
        return signal > 0 ? signal : nil
    }

    /// Makes the process survive a write to a connection whose peer has gone; programs it starts do
    /// too.
    public static func ignoreBrokenPipes() {
        _ = signal(SIGPIPE, SIG_IGN)
    }
}
