internal import CConfinement
internal import Glibc

/// What can go wrong with a file that has to be there after a power cut.
public enum FileError: Error, Equatable, Sendable {
    /// There is no such file or folder.
    case missing(path: String)
    /// Something of that name is there already, and was left alone.
    case exists(path: String)
    /// Others than the owner may read or write it (any of the mode bits 077).
    case openToOthers(path: String)
    /// It is a link, a folder or a device where a plain file was expected.
    case notAFile(path: String)
    /// It holds more than `limit` bytes.
    case tooLarge(path: String, limit: Int)
    /// The system refused `call` with this error number.
    case system(path: String, call: String, errno: Int32)
}

/// Whole files, written so that a crash leaves the old content or the new and never a part.
///
/// Each write is: open a temporary name with O_EXCL and O_NOFOLLOW (mode 0600), write, fsync, then `link` (create, which
/// fails if the name is taken) or `rename` (replace), then fsync of the folder.
public enum DurableFile {
    /// Makes a new file with these bytes; a file of that name is an error and stays as it is.
    public static func create(_ path: String, _ bytes: [UInt8]) throws(FileError) {
        var writer = try DurableFileWriter(for: path)
        try writer.write(bytes[...])
        try writer.create()
    }

    /// Puts these bytes in place of the file's content, or makes the file.
    public static func replace(_ path: String, _ bytes: [UInt8]) throws(FileError) {
        var writer = try DurableFileWriter(for: path)
        try writer.write(bytes[...])
        try writer.replace()
    }

    /// Puts many files of one folder in place of their content, or makes them, with one wait for the disk.
    ///
    /// Every content is written under a temporary name; `syncfs` makes all of them durable; then each gets its name by
    /// `rename`, and the folder is fsynced. After a crash each is the old or the new one, whole, and none is counted on
    /// before this returns.
    public static func replaceAll(_ files: [(path: String, bytes: [UInt8])]) throws(FileError) {
        guard let first = files.first else { return }
        // Open before anything is written: what fails to reach the disk from here on is told at `syncfs`.
        let folder = try OpenFile(
            opening: parent(of: first.path), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        var temporaries: [String] = []
        var placed = 0
        defer { for name in temporaries[placed...] { _ = unsafe unlink(name) } }
        for (path, bytes) in files {
            let temporary = temporaryName(for: path)
            let file = try OpenFile(making: temporary)
            temporaries.append(temporary)
            try file.write(bytes[...])
        }
        try folder.syncFileSystem()
        for (file, temporary) in zip(files, temporaries) {
            try rename(temporary, over: file.path)
            placed += 1
        }
        try folder.sync()
    }

    /// A name beside `path` that nothing has.
    fileprivate static func temporaryName(for path: String) -> String {
        var generator = SystemRandomNumberGenerator()
        return "\(path).\(String(generator.next(), radix: 36)).new"
    }

    fileprivate static func rename(_ path: String, over name: String) throws(FileError) {
        guard unsafe Glibc.rename(path, name) == 0 else {
            throw .system(path: name, call: "rename", errno: errno)
        }
    }

    /// Reads a plain file of at most `limit` bytes; with `ownerOnly`, one that group or others can touch is refused.
    public static func read(
        _ path: String, limit: Int, ownerOnly: Bool = false
    ) throws(FileError) -> [UInt8] {
        let file = try OpenFile(opening: path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        let size = try file.checkedSize(ownerOnly: ownerOnly)
        guard size <= limit else { throw .tooLarge(path: path, limit: limit) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(size + 1)
        while bytes.count <= limit {
            let piece = try file.read(Swift.min(65_536, limit + 1 - bytes.count))
            if piece.isEmpty { return bytes }
            bytes.append(contentsOf: piece)
        }
        throw .tooLarge(path: path, limit: limit)
    }

    /// True if anything of that name exists, a dangling link included.
    public static func exists(_ path: String) -> Bool {
        var status = stat()
        return unsafe lstat(path, &status) == 0
    }

    /// Makes a folder that only its owner can enter (mode 0700), durably; `false` if it was there already.
    @discardableResult
    public static func makeFolder(_ path: String) throws(FileError) -> Bool {
        guard unsafe mkdir(path, 0o700) == 0 else {
            let code = errno
            if code == EEXIST { return false }
            throw .system(path: path, call: "mkdir", errno: code)
        }
        try syncFolder(parent(of: path))
        return true
    }

    /// Gives a finished folder its lasting name, durably; a name that is taken is an error.
    ///
    /// `rename` itself refuses a folder that holds something, and a file, of that name.
    public static func publishFolder(_ path: String, as name: String) throws(FileError) {
        try syncFolder(path)
        guard unsafe Glibc.rename(path, name) == 0 else {
            let code = errno
            if [EEXIST, ENOTEMPTY, ENOTDIR].contains(code) { throw .exists(path: name) }
            throw .system(path: name, call: "rename", errno: code)
        }
        try syncFolder(parent(of: name))
    }

    /// Gives a file another name in the same folder; a name that is taken is an error.
    public static func rename(_ path: String, to name: String) throws(FileError) {
        guard unsafe link(path, name) == 0 else {
            let code = errno
            if code == EEXIST { throw .exists(path: name) }
            throw .system(path: name, call: "link", errno: code)
        }
        try remove(path)
    }

    /// Removes a folder with the plain files in it, if it is there; folders inside it are an error.
    public static func removeFolder(_ path: String) throws(FileError) {
        guard exists(path) else { return }
        for name in try names(in: path) { try remove("\(path)/\(name)") }
        guard unsafe rmdir(path) == 0 else {
            throw .system(path: path, call: "rmdir", errno: errno)
        }
    }

    /// The names in a folder, in order.
    public static func names(in path: String) throws(FileError) -> [String] {
        guard let folder = unsafe opendir(path) else {
            let code = errno
            if code == ENOENT { throw .missing(path: path) }
            throw .system(path: path, call: "opendir", errno: code)
        }
        defer { _ = unsafe closedir(folder) }
        var names: [String] = []
        while let entry = unsafe readdir(folder) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { field in
                unsafe field.withMemoryRebound(to: CChar.self, capacity: 256) {
                    unsafe String(cString: $0)
                }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// Removes a file if it is there.
    public static func remove(_ path: String) throws(FileError) {
        guard unsafe unlink(path) == 0 || errno == ENOENT else {
            throw .system(path: path, call: "unlink", errno: errno)
        }
    }

    /// Makes the names in a folder durable.
    static func syncFolder(_ path: String) throws(FileError) {
        let folder = try OpenFile(opening: path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        try folder.sync()
    }

    /// The folder that a path lies in.
    static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}

/// A file that is being written, under a temporary name until `create` or `replace` gives it its own.
///
/// Dropped before that, it removes what it wrote.
public struct DurableFileWriter: ~Copyable {
    private let path: String
    private let temporary: String
    private let file: OpenFile
    private var isPlaced = false

    /// Starts a file that will have this path; its folder exists.
    public init(for path: String) throws(FileError) {
        self.path = path
        temporary = DurableFile.temporaryName(for: path)
        file = try OpenFile(making: temporary)
    }

    deinit {
        if !isPlaced { _ = unsafe unlink(temporary) }
    }

    /// Appends bytes.
    public mutating func write(_ bytes: ArraySlice<UInt8>) throws(FileError) {
        try file.write(bytes)
    }

    /// Makes the content durable and gives it its name, unless that is taken.
    public mutating func create() throws(FileError) {
        try create(as: path)
    }

    /// Makes the content durable and gives it this name in the same folder, unless that is taken.
    public mutating func create(as path: String) throws(FileError) {
        try file.sync()
        guard unsafe link(temporary, path) == 0 else {
            let code = errno
            if code == EEXIST { throw .exists(path: path) }
            throw .system(path: path, call: "link", errno: code)
        }
        guard unsafe unlink(temporary) == 0 else {
            throw .system(path: temporary, call: "unlink", errno: errno)
        }
        isPlaced = true
        try DurableFile.syncFolder(DurableFile.parent(of: path))
    }

    /// Makes the content durable and gives it its name, in place of what had it.
    public mutating func replace() throws(FileError) {
        try file.sync()
        try DurableFile.rename(temporary, over: path)
        isPlaced = true
        try DurableFile.syncFolder(DurableFile.parent(of: path))
    }
}

/// A plain file that grows by whole pieces and can be read again: a download that may stop at any point.
public struct GrowingFile: ~Copyable {
    private let file: OpenFile
    /// Its size in bytes.
    public private(set) var size: Int

    /// Opens or makes the file (mode 0600).
    public init(_ path: String) throws(FileError) {
        let file = try OpenFile(
            opening: path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_APPEND)
        size = try file.checkedSize(ownerOnly: true)
        self.file = file
    }

    /// Cuts the file to its first `count` bytes.
    public mutating func cut(to count: Int) throws(FileError) {
        try file.cut(to: count)
        size = count
    }

    /// Appends bytes.
    ///
    /// They outlive this process, but not for sure the machine's end: whoever reads the file has to know its content.
    public mutating func append(_ bytes: [UInt8]) throws(FileError) {
        try file.write(bytes[...])
        size += bytes.count
    }

    /// Reads up to `count` bytes from `offset` on; fewer only at the end of the file.
    public func read(_ count: Int, at offset: Int) throws(FileError) -> [UInt8] {
        try file.read(count, at: offset)
    }
}

/// A plain file that is read in pieces.
public struct ReadableFile: ~Copyable {
    private let file: OpenFile

    /// Opens the file; what is not a plain file is refused.
    public init(_ path: String) throws(FileError) {
        let file = try OpenFile(opening: path, O_RDONLY | O_CLOEXEC)
        _ = try file.checkedSize(ownerOnly: false)
        self.file = file
    }

    /// Reads up to `count` bytes from `offset` on; fewer only at the end of the file.
    public func read(_ count: Int, at offset: Int) throws(FileError) -> [UInt8] {
        try file.read(count, at: offset)
    }
}

/// One open descriptor, closed with its owner.
///
/// Not private: its owners are destroyed in other modules, where an optimised build needs its symbol.
struct OpenFile: ~Copyable {
    private let number: Int32
    private let path: String

    init(opening path: String, _ flags: Int32) throws(FileError) {
        let opened = unsafe open(path, flags, 0o600)
        guard opened >= 0 else {
            switch errno {
            case ENOENT: throw .missing(path: path)
            case EEXIST: throw .exists(path: path)
            case ELOOP, EISDIR, ENOTDIR: throw .notAFile(path: path)
            case let code: throw .system(path: path, call: "open", errno: code)
            }
        }
        number = opened
        self.path = path
    }

    /// A new file (mode 0600); a name that is taken is an error, and a folder that is missing is named.
    init(making path: String) throws(FileError) {
        do {
            try self.init(opening: path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW)
        } catch .missing {
            throw .missing(path: DurableFile.parent(of: path))
        }
    }

    deinit {
        _ = close(number)
    }

    func checkedSize(ownerOnly: Bool) throws(FileError) -> Int {
        var status = stat()
        guard unsafe fstat(number, &status) == 0 else { throw failure("fstat") }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .notAFile(path: path) }
        guard !ownerOnly || status.st_mode & 0o077 == 0 else { throw .openToOthers(path: path) }
        return Int(status.st_size)
    }

    func write(_ bytes: ArraySlice<UInt8>) throws(FileError) {
        var written = 0
        while written < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { block in
                unsafe Glibc.write(
                    number, block.baseAddress?.advanced(by: written), block.count - written)
            }
            if count < 0 {
                if errno == EINTR { continue }
                throw failure("write")
            }
            written += count
        }
    }

    func read(_ count: Int) throws(FileError) -> [UInt8] {
        unsafe try filled(count, "read") { block, room, _ in unsafe Glibc.read(number, block, room)
        }
    }

    func read(_ count: Int, at offset: Int) throws(FileError) -> [UInt8] {
        unsafe try filled(count, "pread") { block, room, done in
            unsafe pread(number, block, room, offset + done)
        }
    }

    /// Calls `read` until `count` bytes are there or the file ends.
    private func filled(
        _ count: Int, _ call: String,
        _ read: (UnsafeMutableRawPointer, Int, Int) -> Int
    ) throws(FileError) -> [UInt8] {
        var failed = false
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { block, filled in
            guard let start = UnsafeMutableRawPointer(block.baseAddress) else { return }
            while filled < count {
                let got = unsafe read(start + filled, count - filled, filled)
                if got < 0 && errno == EINTR { continue }
                if got < 0 { failed = true }
                if got <= 0 { return }
                filled += got
            }
        }
        if failed { throw failure(call) }
        return bytes
    }

    func cut(to count: Int) throws(FileError) {
        guard ftruncate(number, count) == 0 else { throw failure("ftruncate") }
        try sync()
    }

    func sync() throws(FileError) {
        guard fsync(number) == 0 else { throw failure("fsync") }
    }

    /// Makes everything durable that was written to the file system it is on.
    func syncFileSystem() throws(FileError) {
        guard cconfinement_syncfs(number) == 0 else { throw failure("syncfs") }
    }

    private func failure(_ call: String) -> FileError {
        .system(path: path, call: call, errno: errno)
    }
}
