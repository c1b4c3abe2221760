import Confinement
import Glibc

/// What the probe can be asked to do.
enum Scenario {
    static func harden() {
        let report = Confinement.hardenProcess(child: true)
        var core = rlimit()
        _ = unsafe getrlimit(CInt(4), &core)
        say("core \(core.rlim_cur) \(core.rlim_max)")
        say("memory \(report.memory)")
        say("gaps \(report.gaps.count)")
        say("diesWithParent \(report.diesWithParent)")
        for name in ["NoNewPrivs", "VmLck"] { say(statusLine(name)) }
        say("environ owner \(ownerOfEnvironment())")
    }

    /// The environment, the open descriptors and the mask of blocked signals that the process began
    /// with.
    static func describe() {
        var entry = unsafe environ
        while let text = unsafe entry.pointee {
            say("environment \(unsafe String(cString: text))")
            unsafe entry += 1
        }
        for number in CInt(0)..<256 {
            var status = stat()
            if unsafe fstat(number, &status) == 0 { say("descriptor \(number) \(status.st_ino)") }
        }
        say(statusLine("SigBlk"))
        say(statusLine("SigIgn"))
    }

    static func twoThreads() {
        var thread = pthread_t()
        _ = unsafe pthread_create(
            &thread, nil,
            { _ in
                pause()
                return nil
            }, nil)
        do throws(ConfinementError) {
            _ = try Confinement.confineEdge(required: true)
            say("confined")
        } catch { say("\(error)") }
    }

    static func confine() {
        guard let report = confined() else { return }
        say("network \(report.network)")
        say("abi \(report.landlockABI)")
        say("seccomp \(report.seccomp)")
    }

    static func confineAsNobody() {
        _ = setgid(65_534)
        _ = setuid(65_534)
        confine()
    }

    /// Calls that a confined process survives, each with the error it gets.
    static func answers() {
        guard confined() != nil else { return }
        tell("open") { unsafe open("/etc/hostname", O_RDONLY) }
        tell("openForWriting") { unsafe open("/tmp/resguardo-probe", O_WRONLY | O_CREAT, 0o600) }
        tell("openProc") { unsafe open("/proc/self/maps", O_RDONLY) }
        tell("socket") { socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0) }
        tell("socketUnix") { socket(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0) }
        var status = stat()
        tell("stat") { unsafe stat("/etc/hostname", &status) }
        tell("fstat") { unsafe fstat(3, &status) }
        var name = [CChar](repeating: 0, count: 64)
        tell("readlink") { unsafe CInt(readlink("/proc/self/exe", &name, 64)) }
        tell("access") { unsafe access("/etc/hostname", R_OK) }
        tell("setpriority") { setpriority(CInt(0), 0, 5) }
        tell("setOwner") { fcntl(3, F_SETOWN, getpid()) }
        var limit = rlimit(rlim_cur: 16, rlim_max: 16)
        tell("setLimit") { unsafe setrlimit(CInt(7), &limit) }
        tell("getLimit") { unsafe getrlimit(CInt(7), &limit) }
        var address = sockaddr()
        var length = socklen_t(MemoryLayout<sockaddr>.size)
        tell("peerName") { unsafe getpeername(3, &address, &length) }
    }

    /// What an edge has to do all day: threads, memory, clocks, and descriptors that it is given.
    static func work() {
        guard confined() != nil else { return }
        var thread = pthread_t()
        let made = unsafe pthread_create(&thread, nil, { _ in nil }, nil)
        say("thread \(made) \(pthread_join(thread, nil))")
        let block = [UInt8](repeating: 7, count: 8 << 20)
        say("memory \(block.reduce(0) { $0 + Int($1) })")
        say("duplicate \(fcntl(3, F_DUPFD_CLOEXEC, 100) >= 100)")
        say("flags \(fcntl(3, F_SETFL, fcntl(3, F_GETFL) | O_NONBLOCK))")
        let channel = DescriptorChannel(Descriptor(owning: 4))
        guard let message = try? channel.receive(), let number = message.descriptors.first,
            let text = try? Descriptor(owning: number).contents(bytesMax: 64, name: "given")
        else { return say("nothing received") }
        say("received \(message.kind) \(String(decoding: text, as: UTF8.self))")
    }

    static func confined() -> Confinement.EdgeReport? {
        do throws(ConfinementError) {
            return try Confinement.confineEdge(required: true)
        } catch {
            say("\(error)")
            return nil
        }
    }

    private static func tell(_ name: String, _ call: () -> CInt) {
        errno = 0
        let result = call()
        say("\(name) \(result < 0 ? errno : 0)")
    }

    private static func statusLine(_ name: String) -> String {
        let file = try? Descriptor.opening("/proc/self/status")
        var bytes = [UInt8](repeating: 0, count: 8_192)
        guard let file else { return "\(name) unreadable" }
        let count = unsafe read(file.number, &bytes, bytes.count)
        let lines = String(decoding: bytes[..<max(count, 0)], as: UTF8.self).split(separator: "\n")
        let line = lines.first { $0.hasPrefix(name + ":") } ?? "\(name): absent"
        return line.filter { $0 != "\t" }
    }

    private static func ownerOfEnvironment() -> UInt32 {
        var status = stat()
        _ = unsafe stat("/proc/self/environ", &status)
        return status.st_uid
    }
}
