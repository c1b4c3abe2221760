internal import Glibc

/// One open file descriptor, closed when its owner goes.
public struct Descriptor: ~Copyable, Sendable {
    /// The number the kernel knows it by, valid while this value lives.
    public let number: CInt

    /// Takes over a descriptor that nobody else will close.
    public init(owning number: CInt) { self.number = number }

    deinit { _ = close(number) }

    /// Gives the number away, to someone who will close it.
    public consuming func release() -> CInt {
        let number = number
        discard self
        return number
    }

    /// Opens a file for reading, close-on-exec, without waiting for a pipe's other end.
    public static func opening(_ path: String) throws(ConfinementError) -> Descriptor {
        let number = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard number >= 0 else { throw lastError(path) }
        return Descriptor(owning: number)
    }

    /// Everything from the file's start, at most `bytesMax` bytes.
    ///
    /// - Throws: `unsuitableFile` when there is more, or when it is no regular file.
    public borrowing func contents(bytesMax: Int, name: String) throws(ConfinementError) -> [UInt8]
    {
        var status = stat()
        guard unsafe fstat(number, &status) == 0 else { throw lastError(name) }
        guard status.st_mode & S_IFMT == S_IFREG, status.st_size <= bytesMax else {
            throw .unsuitableFile(path: name)
        }
        var bytes: [UInt8] = []
        while bytes.count <= bytesMax {
            var piece = [UInt8](repeating: 0, count: min(65_536, bytesMax + 1 - bytes.count))
            let count = unsafe pread(number, &piece, piece.count, off_t(bytes.count))
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw lastError(name) }
            guard count > 0 else { return bytes }
            bytes += piece[..<count]
        }
        throw .unsuitableFile(path: name)
    }

    /// Refuses a descriptor whose file anyone but its owner may open.
    ///
    /// - Throws: `openPermissions` if group or others have any right, `unsuitableFile` if it is no
    ///   regular file.
    public borrowing func requirePrivate(name: String) throws(ConfinementError) {
        var status = stat()
        guard unsafe fstat(number, &status) == 0 else { throw lastError(name) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .unsuitableFile(path: name) }
        guard status.st_mode & 0o077 == 0 else { throw .openPermissions(path: name) }
    }
}

/// Files that hold a secret, or that one role hands to another.
public enum PrivateFile {
    /// Opens a file for reading and refuses it unless only its owner may.
    ///
    /// The mode is read from the open file, so that nothing can be exchanged in between.
    public static func open(_ path: String) throws(ConfinementError) -> Descriptor {
        let file = try Descriptor.opening(path)
        try file.requirePrivate(name: path)
        return file
    }

    /// Whether there is a folder of this path.
    public static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }
}

/// A file without a name, in memory: what a supervisor wants a child to read.
public enum MemoryFile {
    /// A new memory file with these bytes, close-on-exec.
    public static func containing(_ bytes: [UInt8]) throws(ConfinementError) -> Descriptor {
        let number = unsafe createMemoryFile("resguardo")
        guard number >= 0 else { throw lastError("memfd_create") }
        let file = Descriptor(owning: number)
        var written = 0
        while written < bytes.count {
            let rest = bytes[written...]
            let count = unsafe rest.withUnsafeBytes {
                unsafe write(number, $0.baseAddress, $0.count)
            }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw lastError("write") }
            written += count
        }
        return file
    }
}
