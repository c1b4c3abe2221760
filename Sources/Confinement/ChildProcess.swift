internal import CConfinement
internal import Glibc

/// A program that this process started.
public struct ChildProcess: Sendable, Equatable {
    /// Its process number.
    public let number: CInt

    /// How a child ended.
    public enum End: Sendable, Equatable {
        /// With this exit code.
        case exit(code: CInt)
        /// By this signal.
        case signal(CInt)
    }

    /// Starts a program with exactly these arguments, variables and descriptors.
    ///
    /// Signals are unblocked and at their defaults in the child, except that an ignored SIGPIPE
    /// stays ignored.
    ///
    /// - Parameters:
    ///   - executable: the program's path.
    ///   - arguments: all of them, the name it is called by first.
    ///   - environment: `NAME=value` each; the child has no others.
    ///   - descriptors: the child's number for each of this process's: everything from the first
    ///     number above them on, and every number from 3 that is not listed, is closed. 0, 1 and 2
    ///     are inherited.
    /// - Throws: the call that failed, also when the program cannot be executed.
    public static func spawn(
        executable: String, arguments: [String], environment: [String],
        descriptors: [CInt: CInt]
    ) throws(ConfinementError) -> ChildProcess {
        var actions = unsafe posix_spawn_file_actions_t()
        guard unsafe posix_spawn_file_actions_init(&actions) == 0 else {
            throw lastError("posix_spawn")
        }
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        let raised = try raiseAbove(descriptors)
        defer { for number in raised.values { close(number) } }
        let top = descriptors.keys.max() ?? 2
        for number in 3..<max(top + 1, 3) {
            if let source = raised[number] {
                unsafe posix_spawn_file_actions_adddup2(&actions, source, number)
            } else {
                unsafe posix_spawn_file_actions_addclose(&actions, number)
            }
        }
        unsafe cconfinement_spawn_closefrom(&actions, top + 1)
        let number = unsafe try start(executable, arguments, environment, &actions)
        return ChildProcess(number: number)
    }

    /// Sends the child a signal; one that has ended already gets none.
    public func send(signal: CInt) { _ = kill(number, signal) }

    /// Waits for the child to end.
    public func wait() throws(ConfinementError) -> End {
        while true {
            var status: CInt = 0
            if unsafe waitpid(number, &status, 0) == number { return Self.end(status) }
            guard errno == EINTR else { throw lastError("waitpid") }
        }
    }

    /// The next child of this process that has ended, without waiting; nil if none has.
    public static func nextEnded() -> (child: ChildProcess, end: End)? {
        var status: CInt = 0
        let number = unsafe waitpid(-1, &status, WNOHANG)
        return number > 0 ? (ChildProcess(number: number), end(status)) : nil
    }

    static func end(_ status: CInt) -> End {
        let signal = status & 0x7F
        return signal == 0 ? .exit(code: (status >> 8) & 0xFF) : .signal(signal)
    }

    /// Copies above every target number, so that no dup2 overwrites a source that a later one
    /// needs.
    private static func raiseAbove(
        _ descriptors: [CInt: CInt]
    ) throws(ConfinementError) -> [CInt: CInt] {
        let floor = (descriptors.keys.max() ?? 2) + 1
        var raised: [CInt: CInt] = [:]
        for (target, source) in descriptors {
            let copy = fcntl(source, F_DUPFD_CLOEXEC, floor)
            guard copy >= 0 else {
                let error = lastError("fcntl")
                for number in raised.values { close(number) }
                throw error
            }
            raised[target] = copy
        }
        return raised
    }

    private static func start(
        _ executable: String, _ arguments: [String], _ environment: [String],
        _ actions: inout posix_spawn_file_actions_t
    ) throws(ConfinementError) -> pid_t {
        var attributes = posix_spawnattr_t()
        guard unsafe posix_spawnattr_init(&attributes) == 0 else { throw lastError("posix_spawn") }
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        var unblocked = sigset_t()
        unsafe sigemptyset(&unblocked)
        var defaults = sigset_t()
        unsafe sigfillset(&defaults)
        unsafe sigdelset(&defaults, SIGPIPE)
        unsafe posix_spawnattr_setsigmask(&attributes, &unblocked)
        unsafe posix_spawnattr_setsigdefault(&attributes, &defaults)
        _ = unsafe posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETSIGMASK) | Int16(POSIX_SPAWN_SETSIGDEF))
        let argumentStrings = CStrings(arguments)
        let environmentStrings = CStrings(environment)
        var number: pid_t = 0
        let code = unsafe posix_spawn(
            &number, executable, &actions, &attributes, argumentStrings.pointers,
            environmentStrings.pointers)
        guard code == 0 else { throw .system(call: executable, code: code) }
        return number
    }
}

/// A null-terminated array of C strings.
@safe private final class CStrings {
    let pointers: [UnsafeMutablePointer<CChar>?]

    init(_ strings: [String]) { unsafe pointers = strings.map { unsafe strdup($0) } + [nil] }

    deinit { unsafe pointers.forEach { unsafe free($0) } }
}
