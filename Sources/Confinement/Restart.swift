internal import Glibc

/// What a program that sees keys or plaintext needs in its environment before it starts (design section 6).
public enum ProtectedEnvironment {
    /// The variables: glibc overwrites freed heap at once and gives large blocks back to the system, and a crash prints
    /// nothing that was in memory.
    ///
    /// The threshold in bytes is the one glibc starts with. Left alone, it grows with the largest block that was ever freed,
    /// up to 32 MiB, and a process keeps what it once needed for pages or files.
    public static let variables: [String: String] = [
        "GLIBC_TUNABLES":
            "glibc.malloc.perturb=90:glibc.malloc.tcache_count=0:glibc.malloc.mmap_threshold=131072",
        "SWIFT_BACKTRACE": "enable=no",
    ]

    /// Starts this program anew in its own place if the environment lacks one of the variables; else does nothing.
    ///
    /// glibc and the Swift runtime read both before `main`, so setting them later has no effect.
    public static func restartIfMissing(
        arguments: [String], environment: [String: String]
    ) throws(ConfinementError) {
        guard variables.contains(where: { environment[$0.key] != $0.value }) else { return }
        for (name, value) in variables {
            guard unsafe setenv(name, value, 1) == 0 else { throw lastError("setenv") }
        }
        var copies = unsafe arguments.map { unsafe strdup($0) } + [nil]
        _ = unsafe execv("/proc/self/exe", &copies)
        throw lastError("execv")
    }
}
