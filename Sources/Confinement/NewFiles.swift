internal import Glibc

/// The modes of files that a process makes.
public enum NewFiles {
    /// From now on nobody but their owner may open them; programs started from here inherit it (umask(2)).
    public static func keepPrivate() { _ = umask(0o077) }
}
