import NIOCore
import NIOPosix

/// Swift concurrency on NIO's event loops.
public enum Executor {
    /// Takes over the global executor, before any task exists.
    ///
    /// libdispatch's pool watches its workers through `/proc` and traps where there is none, which ends a confined
    /// edge under load; the event loops need no such thing.
    ///
    /// - Throws: `ExecutorUnavailable` if the runtime does not let it happen. Do not serve then.
    public static func install() throws(ExecutorUnavailable) {
        guard
            NIOSingletons
                .unsafeTryInstallSingletonPosixEventLoopGroupAsConcurrencyGlobalExecutor()
        else { throw ExecutorUnavailable() }
    }
}

/// Swift concurrency could not be put on the event loops.
public struct ExecutorUnavailable: Error, CustomStringConvertible {
    /// One line for the log.
    public var description: String { "Swift concurrency could not be put on NIO's event loops" }
}
