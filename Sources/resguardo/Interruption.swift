internal import ArgumentParser
internal import Foundation
internal import Glibc
internal import Synchronization

/// A command that has something to say before a person's Ctrl-C, or the system, ends it.
enum Interruption {
    /// What ends a command: Ctrl-C, and whoever stops it in good order.
    private static let signals = [SIGINT, SIGTERM]

    /// Does something that one of these signals cancels instead of ending the process.
    ///
    /// - Parameter stopped: called after a signal, before the command ends as shells know it from a process that was
    ///   ended so: 128 and the signal's number.
    static func cancelling<R: Sendable>(
        _ body: @escaping @Sendable () async throws -> R, stopped: () -> Void
    ) async throws -> R {
        let received = Mutex<CInt?>(nil)
        let work = Task { try await body() }
        let sources = signals.map { number in
            let source = DispatchSource.makeSignalSource(signal: number)
            source.setEventHandler {
                received.withLock { $0 = number }
                work.cancel()
            }
            source.resume()
            return source
        }
        defer { for source in sources { source.cancel() } }
        do {
            return try await work.value
        } catch {
            guard let signal = received.withLock({ $0 }) else { throw error }
            stopped()
            throw ExitCode(128 + signal)
        }
    }
}
