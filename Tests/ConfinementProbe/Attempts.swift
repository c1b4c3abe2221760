import Confinement
import Glibc

extension Scenario {
    /// Confines, then does one thing that must end the process.
    static func attempt(_ name: String) {
        guard let act = attempts[name] else { return say("no such attempt") }
        guard confined() != nil else { return }
        say("confined")
        act()
        say("survived")
    }

    private static let attempts: [String: @Sendable () -> Void] = [
        "execve": { _ = unsafe execve("/bin/true", [nil], [nil]) },
        "fork": { _ = spawnByPosix() },
        "connect": {
            var address = sockaddr()
            _ = unsafe connect(3, &address, socklen_t(MemoryLayout<sockaddr>.size))
        },
        "bind": {
            var address = sockaddr()
            _ = unsafe bind(3, &address, socklen_t(MemoryLayout<sockaddr>.size))
        },
        "acceptWithAddress": {
            var address = sockaddr()
            var length = socklen_t(MemoryLayout<sockaddr>.size)
            _ = unsafe accept(3, &address, &length)
        },
        "unlink": { _ = unsafe unlink("/tmp/resguardo-probe") },
        "mkdir": { _ = unsafe mkdir("/tmp/resguardo-probe", 0o700) },
        "mapExecutable": {
            let flags = CInt(MAP_PRIVATE) | CInt(MAP_ANONYMOUS)
            _ = unsafe mmap(nil, 4_096, PROT_READ | PROT_EXEC, flags, -1, 0)
        },
        "makeExecutable": {
            let flags = CInt(MAP_PRIVATE) | CInt(MAP_ANONYMOUS)
            let page = unsafe mmap(nil, 4_096, PROT_READ | PROT_WRITE, flags, -1, 0)
            _ = unsafe mprotect(page, 4_096, PROT_READ | PROT_EXEC)
        },
        "signalParent": { _ = kill(getppid(), 0) },
        "setUser": { _ = setuid(getuid()) },
        "socketPair": { _ = try? SocketPair() },
        "setHostname": {
            var name = [CChar](repeating: 0, count: 64)
            _ = unsafe sethostname(&name, 1)
        },
    ]

    private static func spawnByPosix() -> CInt {
        var child: pid_t = 0
        return unsafe posix_spawn(&child, "/bin/true", nil, nil, [nil], [nil])
    }
}
