internal import Glibc

/// A folder that a daemon has for itself.
public enum FolderLock {
    /// Locks a folder (flock(2)), until the descriptor and all copies of it are closed: a process that was given one
    /// keeps the lock for as long as it lives.
    ///
    /// - Returns: nil while somebody else has the lock.
    public static func take(_ path: String) throws(ConfinementError) -> Descriptor? {
        let number = unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard number >= 0 else { throw lastError(path) }
        let folder = Descriptor(owning: number)
        if flock(folder.number, LOCK_EX | LOCK_NB) == 0 { return folder }
        guard errno == EWOULDBLOCK else { throw lastError("flock") }
        return nil
    }
}
