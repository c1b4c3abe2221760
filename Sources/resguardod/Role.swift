import ArgumentParser
import Confinement

/// What a process of the daemon is for, besides the supervisor, which has no role.
enum Role: String, CaseIterable, ExpressibleByArgument, Sendable {
    case vault
    case edgePublic = "edge-public"
    case edgeStaff = "edge-staff"

    /// As the log calls it.
    var words: String {
        switch self {
        case .vault: "vault"
        case .edgePublic: "edge public"
        case .edgeStaff: "edge staff"
        }
    }
}

/// The descriptors a role starts with, besides 0, 1 and 2: what the supervisor gives, and all it
/// gives.
enum InheritedDescriptor {
    /// Edges: the listening TCP socket.
    static let listener: CInt = 3
    /// Edges: the pair to the vault.
    static let vaultPair: CInt = 4
    /// Vault: the pair to the public edge.
    static let publicPair: CInt = 4
    /// Vault: the pair to the staff edge.
    static let staffPair: CInt = 5
    /// Public edge: the listening socket for health and metrics.
    static let loopback: CInt = 5
    /// Public edge: the listening socket for tor, if the settings have one.
    static let onion: CInt = 6
    /// Vault: the lock of the state folder, only to be kept.
    static let stateLock: CInt = 6
    /// All: the pair to the supervisor, for `ControlReceiver`.
    static let control: CInt = 7
    /// All: the role's settings, as JSON; closed before the role begins.
    static let settings: CInt = 8
}

/// The variables a role starts with, and all of them.
enum RoleEnvironment {
    static let variables =
        ProtectedEnvironment.variables.map { "\($0)=\($1)" } + [
            // Counting the processors would open files, which a confined edge cannot.
            "NIO_SINGLETON_GROUP_LOOP_COUNT=\(eventLoops)",
            "TZ=UTC",
            "LANG=C",
        ]

    /// One event loop for two processors, at most four: the vault does most of the work, and loops
    /// that share its processors only add switches (measured: a tenth).
    private static var eventLoops: Int { min(max(Machine.processorCount / 2, 1), 4) }
}
