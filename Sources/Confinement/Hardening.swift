internal import CConfinement
internal import Glibc

/// What a process of this daemon gives up.
///
/// The kernel takes some of it from the calling thread only, so both functions belong at the very
/// start of a process, before any other thread exists.
public enum Confinement {
    /// How much of the process's memory can never reach swap.
    public enum MemoryLock: Sendable, Equatable {
        /// Every page, from the moment it is used.
        case everything
        /// The limit allows this many bytes only: left to those who lock single pages (libsodium's
        /// secrets).
        case limited(bytes: UInt)
    }

    /// What `hardenProcess` reached, read back from the kernel.
    public struct Hardening: Sendable, Equatable {
        /// No core file will be written.
        public var coreDumpsOff: Bool
        /// Nobody without `CAP_SYS_PTRACE` may attach, or read its memory and environment.
        public var notDumpable: Bool
        /// No program it starts can have more rights than it has.
        public var noNewPrivileges: Bool
        /// The kernel ends it when its parent ends.
        public var diesWithParent: Bool
        /// How far memory is locked.
        public var memory: MemoryLock

        /// What does not hold, one short phrase each; empty when everything does.
        public var gaps: [String] {
            var gaps: [String] = []
            if !coreDumpsOff { gaps.append("core dumps are on") }
            if !notDumpable { gaps.append("the process can be traced by its own user") }
            if !noNewPrivileges { gaps.append("new privileges are possible") }
            if case .limited(let bytes) = memory {
                gaps.append("memory lock limited to \(bytes / 1024) KiB, set LimitMEMLOCK=infinity")
            }
            return gaps
        }
    }

    /// Switches off core dumps, tracing and new privileges, and locks memory as far as the limit
    /// allows.
    ///
    /// Nothing here can make the process refuse to start: the report says what holds.
    ///
    /// - Parameter child: also end with the parent (`PR_SET_PDEATHSIG`).
    @discardableResult
    public static func hardenProcess(child: Bool) -> Hardening {
        var none = rlimit(rlim_cur: 0, rlim_max: 0)
        _ = unsafe setrlimit(cconfinement_rlimit_core(), &none)
        _ = process(PR_SET_DUMPABLE, 0)
        _ = process(PR_SET_NO_NEW_PRIVS, 1)
        if child { _ = process(PR_SET_PDEATHSIG, UInt(SIGKILL)) }
        return Hardening(
            coreDumpsOff: limit(cconfinement_rlimit_core())?.rlim_max == 0,
            notDumpable: process(PR_GET_DUMPABLE) == 0,
            noNewPrivileges: process(PR_GET_NO_NEW_PRIVS) == 1,
            diesWithParent: child && parentDeathSignal() == SIGKILL,
            memory: lockMemory())
    }

    /// Lets the process have as many open descriptors as its hard limit allows: every connection is
    /// one.
    public static func raiseDescriptorLimit() {
        guard var limit = limit(cconfinement_rlimit_nofile()) else { return }
        limit.rlim_cur = min(limit.rlim_max, 1 << 20)
        _ = unsafe setrlimit(cconfinement_rlimit_nofile(), &limit)
    }

    /// How many descriptors the process may have open.
    public static var descriptorsMax: Int {
        limit(cconfinement_rlimit_nofile()).map { Int(clamping: $0.rlim_cur) } ?? 1_024
    }

    /// Ends the process's rights of root: bounding, ambient, inheritable, permitted and effective
    /// set are empty.
    ///
    /// A program started by user 0 afterwards does not get them back, because the bounding set is
    /// empty.
    ///
    /// - Throws: if a capability stays.
    public static func dropCapabilities() throws(ConfinementError) { try Capabilities.drop() }

    static func parentDeathSignal() -> CInt {
        var signal: CInt = 0
        let read = unsafe withUnsafeMutablePointer(to: &signal) {
            process(PR_GET_PDEATHSIG, UInt(bitPattern: $0))
        }
        return read == 0 ? signal : -1
    }

    private static func limit(_ resource: CInt) -> rlimit? {
        var value = rlimit()
        return unsafe getrlimit(resource, &value) == 0 ? value : nil
    }

    private static func lockMemory() -> MemoryLock {
        let memoryLimit = cconfinement_rlimit_memlock()
        guard var limit = limit(memoryLimit) else { return .limited(bytes: 0) }
        limit.rlim_cur = limit.rlim_max
        _ = unsafe setrlimit(memoryLimit, &limit)
        // With a finite limit MCL_FUTURE would make allocations fail under load, so a lock of
        // everything needs none.
        guard limit.rlim_max == rlim_t.max else { return .limited(bytes: UInt(limit.rlim_max)) }
        let onFault: CInt = 4
        let locked = mlockall(CInt(MCL_CURRENT) | CInt(MCL_FUTURE) | onFault) == 0
        return locked ? .everything : .limited(bytes: UInt(limit.rlim_max))
    }
}
