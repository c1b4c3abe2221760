internal import Glibc

/// What a call of this module can fail with.
public enum ConfinementError: Error, Equatable, Sendable, CustomStringConvertible {
    /// A system call failed: its name and `errno`.
    case system(call: String, code: CInt)
    /// The process has this many threads; what the kernel takes from one thread it would leave to
    /// the others.
    case moreThanOneThread(Int)
    /// A kernel mechanism that the settings require is missing: its name and `errno`.
    case missing(mechanism: String, code: CInt)
    /// An address of a listener that cannot be read.
    case badAddress(String)
    /// A name in `LISTEN_FDNAMES`, or their number, that no listener answers to.
    case badInheritedSocket(String)
    /// A file that holds a secret and that others than its owner may open.
    case openPermissions(path: String)
    /// A file that is larger than the reader's limit in bytes, or not a regular file.
    case unsuitableFile(path: String)
    /// A folder that another daemon has for itself.
    case inUse(path: String)
    /// A message on a descriptor channel that breaks its rules.
    case badMessage

    /// The error in one plain sentence, without a full stop.
    public var description: String {
        switch self {
        case .system(let call, let code): "\(call): \(SystemError.words(code))"
        case .moreThanOneThread(let count):
            "\(count) threads are running where confinement needs exactly one"
        case .missing(let mechanism, let code):
            "\(mechanism) is not available here: \(SystemError.words(code))"
        case .badAddress(let text): "\"\(text)\" is not an address with a port"
        case .badInheritedSocket(let text): "a socket was passed that nothing here uses: \(text)"
        case .openPermissions(let path):
            "\(path) may be opened by others than its owner; set its mode to 0600"
        case .unsuitableFile(let path): "\(path) is too large or not a regular file"
        case .inUse(let path): "\(path) is in use by another daemon that runs"
        case .badMessage: "a message between two roles broke its rules"
        }
    }

    /// Whether somebody else listens on the address that was asked for.
    public var isAddressInUse: Bool {
        if case .system(_, EADDRINUSE) = self { true } else { false }
    }

    /// Whether a message was not taken because its receiver has gone.
    public var isPeerGone: Bool {
        switch self {
        case .system(_, EPIPE), .system(_, ECONNRESET): true
        default: false
        }
    }
}

/// What the system says of its error numbers.
public enum SystemError {
    /// An `errno` in the words of the C library.
    public static func words(_ code: CInt) -> String {
        guard let text = unsafe strerror(code) else { return "error \(code)" }
        return unsafe String(cString: text)
    }
}

/// The calling thread's `errno` as an error of the call named.
func lastError(_ call: String) -> ConfinementError { .system(call: call, code: errno) }
