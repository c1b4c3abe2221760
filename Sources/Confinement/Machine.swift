internal import Glibc

/// Facts about the machine.
public enum Machine {
    /// How many processors this process may use.
    public static var processorCount: Int { max(sysconf(CInt(_SC_NPROCESSORS_ONLN)), 1) }
}
