internal import Glibc

/// Sockets that wait for connections, close-on-exec.
public enum ListeningSocket {
    /// How many connections wait while an edge is busy or being started again; the kernel caps it
    /// at `somaxconn`.
    public static let backlogConnections: CInt = 4_096

    /// Opens a TCP socket and listens.
    public static func open(_ address: ListenAddress) throws(ConfinementError) -> Descriptor {
        let socket = try newSocket(address.isVersion6 ? AF_INET6 : AF_INET)
        var one: CInt = 1
        let size = socklen_t(MemoryLayout<CInt>.size)
        _ = unsafe setsockopt(socket.number, SOL_SOCKET, SO_REUSEADDR, &one, size)
        if address.isVersion6 {
            _ = unsafe setsockopt(socket.number, CInt(IPPROTO_IPV6), IPV6_V6ONLY, &one, size)
        }
        let number = socket.number
        let bound = try unsafe address.withSocketAddress { unsafe bind(number, $0, $1) }
        guard bound == 0 else { throw lastError("listening on \(address.text)") }
        guard listen(number, backlogConnections) == 0 else { throw lastError("listen") }
        return socket
    }

    /// Opens a socket in the file system, for tor, and listens; a socket left there by a former run
    /// is replaced.
    ///
    /// Its mode is 0660: whoever may write to it may connect (unix(7)), and tor shares the daemon's
    /// group.
    ///
    /// - Throws: `unsuitableFile` if something that is no socket has the path.
    public static func open(path: String) throws(ConfinementError) -> Descriptor {
        var status = stat()
        if unsafe lstat(path, &status) == 0 {
            guard status.st_mode & S_IFMT == S_IFSOCK else { throw .unsuitableFile(path: path) }
            guard unsafe unlink(path) == 0 else { throw lastError(path) }
        }
        let socket = try newSocket(AF_UNIX)
        let before = umask(0o117)
        let bound = bindUnix(socket.number, path)
        let error = lastError("listening on \(path)")
        umask(before)
        guard bound == 0 else { throw error }
        guard listen(socket.number, backlogConnections) == 0 else { throw lastError("listen") }
        return socket
    }

    /// The port that a TCP socket listens on, for one opened with port 0; nil for other sockets.
    public static func port(of number: CInt) -> UInt16? {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return unsafe withUnsafeMutablePointer(to: &storage) { pointer in
            let raw = UnsafeMutableRawPointer(pointer)
            let name = unsafe raw.assumingMemoryBound(to: sockaddr.self)
            guard unsafe getsockname(number, name, &length) == 0 else { return nil }
            // Family, then port, in network order, in both versions' structures.
            let family = unsafe CInt(name.pointee.sa_family)
            guard family == AF_INET || family == AF_INET6 else { return nil }
            return unsafe UInt16(bigEndian: raw.load(fromByteOffset: 2, as: UInt16.self))
        }
    }

    private static func newSocket(_ family: CInt) throws(ConfinementError) -> Descriptor {
        let type = CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue)
        let number = socket(family, type, 0)
        guard number >= 0 else { throw lastError("socket") }
        return Descriptor(owning: number)
    }

    private static func bindUnix(_ number: CInt, _ path: String) -> CInt {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else {
            errno = ENAMETOOLONG
            return -1
        }
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: bytes) }
        let size = socklen_t(MemoryLayout<sockaddr_un>.size)
        return unsafe withUnsafePointer(to: &address) { pointer in
            let raw = unsafe UnsafeRawPointer(pointer)
            return unsafe bind(number, raw.assumingMemoryBound(to: sockaddr.self), size)
        }
    }
}

/// A numeric address and port to listen on: `127.0.0.1:8443`, `[::1]:8443`, or `localhost:8443`.
///
/// Names are not looked up, `localhost` apart: a daemon must not wait for the network to start.
public struct ListenAddress: Sendable, Equatable {
    /// The address as it was written.
    public let text: String
    /// Whether it is of IP version 6.
    public let isVersion6: Bool
    private let host: String
    private let port: UInt16

    /// Reads an address.
    public init(_ text: String) throws(ConfinementError) {
        guard let colon = text.lastIndex(of: ":"),
            let port = Self.port(text[text.index(after: colon)...])
        else { throw .badAddress(text) }
        var host = text[..<colon]
        isVersion6 = host.hasPrefix("[") && host.hasSuffix("]")
        if isVersion6 { host = host.dropFirst().dropLast() }
        self.host = host == "localhost" ? "127.0.0.1" : String(host)
        self.port = port
        self.text = text
        guard try unsafe withSocketAddress({ _, _ in 0 }) == 0 else { throw .badAddress(text) }
    }

    /// Whether only this machine can reach it: 127.0.0.0/8 or ::1.
    public var isLoopback: Bool { isVersion6 ? host == "::1" : host.hasPrefix("127.") }

    /// Decimal digits only: `UInt16.init` would take a sign.
    private static func port(_ text: Substring) -> UInt16? {
        text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            ? UInt16(text) : nil
    }

    func withSocketAddress(
        _ body: (UnsafePointer<sockaddr>, socklen_t) -> CInt
    ) throws(ConfinementError) -> CInt {
        var version4 = sockaddr_in()
        var version6 = sockaddr_in6()
        version4.sin_family = sa_family_t(AF_INET)
        version6.sin6_family = sa_family_t(AF_INET6)
        version4.sin_port = port.bigEndian
        version6.sin6_port = port.bigEndian
        let read =
            unsafe isVersion6
            ? inet_pton(AF_INET6, host, &version6.sin6_addr)
            : inet_pton(AF_INET, host, &version4.sin_addr)
        guard read == 1 else { throw .badAddress(text) }
        return unsafe isVersion6
            ? Self.pass(&version6, body) : Self.pass(&version4, body)
    }

    private static func pass<Address>(
        _ address: inout Address, _ body: (UnsafePointer<sockaddr>, socklen_t) -> CInt
    ) -> CInt {
        unsafe withUnsafePointer(to: &address) { pointer in
            let raw = unsafe UnsafeRawPointer(pointer)
            let size = socklen_t(MemoryLayout<Address>.size)
            return unsafe body(raw.assumingMemoryBound(to: sockaddr.self), size)
        }
    }
}

/// Sockets that systemd opened and passed (sd_listen_fds(3)), by the names of their socket units.
public struct InheritedSockets: Sendable, Equatable {
    /// The names a socket unit may give with `FileDescriptorName=`.
    public static let names: Set<String> = ["public", "staff", "loopback", "onion"]

    /// Each descriptor, by name.
    public let descriptors: [String: CInt]

    /// Reads `LISTEN_PID`, `LISTEN_FDS` and `LISTEN_FDNAMES`; empty when they are absent or meant
    /// for another process.
    ///
    /// - Throws: `badInheritedSocket` for a name that is unknown or comes twice, or when names and
    ///   number differ.
    public init(environment: [String: String]) throws(ConfinementError) {
        var found: [String: CInt] = [:]
        if environment["LISTEN_PID"] == String(getpid()) {
            let names = (environment["LISTEN_FDNAMES"] ?? "").split(
                separator: ":", omittingEmptySubsequences: false)
            let count = environment["LISTEN_FDS"] ?? ""
            guard Int(count) == names.count else {
                throw .badInheritedSocket("LISTEN_FDS=\(count) and \(names.count) names")
            }
            for (index, name) in names.enumerated() {
                let number = 3 + CInt(index)
                guard Self.names.contains(String(name)),
                    found.updateValue(number, forKey: String(name)) == nil
                else { throw .badInheritedSocket(String(name)) }
                _ = fcntl(number, F_SETFD, FD_CLOEXEC)
            }
        }
        descriptors = found
    }
}
