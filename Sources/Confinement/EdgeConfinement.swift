internal import CConfinement
internal import Glibc

extension Confinement {
    /// Which network an edge sees besides the sockets it inherited.
    public enum Network: Sendable, Equatable {
        /// None: an empty namespace of its own.
        case own
        /// None: an empty namespace, made through a user namespace because the process had no
        /// capability for it.
        case ownThroughUserNamespace
        /// The machine's, because the kernel refused both ways with this `errno`: seccomp alone
        /// bars new sockets.
        case shared(code: CInt)
    }

    /// What `confineEdge` reached.
    public struct EdgeReport: Sendable, Equatable {
        /// The network.
        public var network: Network
        /// Landlock's ABI, 0 if it is missing and the settings allow that.
        public var landlockABI: Int
        /// Whether the system-call filter is in force.
        public var seccomp: Bool

        /// What does not hold, one short phrase each; empty when everything does.
        public var gaps: [String] {
            var gaps: [String] = []
            if case .shared(let code) = network {
                gaps.append("no network namespace of its own (error \(code))")
            }
            if landlockABI == 0 { gaps.append("no Landlock") }
            if (1...3).contains(landlockABI) {
                gaps.append("Landlock ABI \(landlockABI) knows files only")
            }
            if !seccomp { gaps.append("no system-call filter") }
            return gaps
        }
    }

    /// Leaves the process nothing but what it already holds: no files, no new sockets, no other
    /// program, no rights.
    ///
    /// Call it once every file is read, and before any thread, event loop or task exists:
    /// unshare(2), Landlock and capset(2) act on the calling thread only. Threads made afterwards
    /// inherit all of it.
    ///
    /// - Parameter required: whether to throw when Landlock or seccomp is missing; the absence of a
    ///   network namespace is in the report only, because many containers refuse it and seccomp
    ///   bars new sockets anyway.
    /// - Throws: `moreThanOneThread`, `missing`, or the call that failed.
    public static func confineEdge(required: Bool) throws(ConfinementError) -> EdgeReport {
        let threads = try threadCount()
        guard threads == 1 else { throw .moreThanOneThread(threads) }
        let isChild = parentDeathSignal() == SIGKILL
        let network = leaveNetwork()
        // A new user namespace clears the parent's death signal: the kernel takes it for a change
        // of credentials.
        hardenProcess(child: isChild)
        guard process(PR_GET_NO_NEW_PRIVS) == 1 else { throw lastError("PR_SET_NO_NEW_PRIVS") }
        let abi = try unlessOptional(required, 0) { () throws(ConfinementError) in
            try Landlock.giveUpEverything()
        }
        try Capabilities.drop()
        let filtered = try unlessOptional(required, false) { () throws(ConfinementError) in
            try SyscallFilter.edge(process: getpid()).install()
            return true
        }
        return EdgeReport(network: network, landlockABI: abi, seccomp: filtered)
    }

    private static func leaveNetwork() -> Network {
        let newNetwork: CInt = 0x4000_0000
        let newUser: CInt = 0x1000_0000
        if cconfinement_unshare(newNetwork) == 0 { return .own }
        if cconfinement_unshare(newNetwork | newUser) == 0 { return .ownThroughUserNamespace }
        return .shared(code: errno)
    }

    /// Takes a step; what is missing is let go where it is optional, every other error never.
    static func unlessOptional<Value>(
        _ required: Bool, _ absent: Value, _ step: () throws(ConfinementError) -> Value
    ) throws(ConfinementError) -> Value {
        do throws(ConfinementError) {
            return try step()
        } catch {
            guard case .missing = error, !required else { throw error }
            return absent
        }
    }
}
