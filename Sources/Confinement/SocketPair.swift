internal import Glibc

/// Two connected stream sockets without a name (AF_UNIX), close-on-exec.
@frozen
public struct SocketPair: ~Copyable {
    /// One end.
    public var near: Descriptor
    /// The other end.
    public var far: Descriptor

    /// A new pair.
    public init() throws(ConfinementError) {
        var numbers: [CInt] = [-1, -1]
        let type = CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue)
        guard unsafe socketpair(AF_UNIX, type, 0, &numbers) == 0 else {
            throw lastError("socketpair")
        }
        near = Descriptor(owning: numbers[0])
        far = Descriptor(owning: numbers[1])
    }
}
