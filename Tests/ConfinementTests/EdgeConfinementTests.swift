import CConfinement
import Glibc
import Testing

@testable import Confinement

@Suite struct EdgeConfinementTests {
    @Test func moreThanOneThreadIsRefused() throws {
        let outcome = try Probe.run(["twoThreads"])
        let expected = ConfinementError.moreThanOneThread(2)
        #expect(outcome.lines == ["\(expected)"])
    }

    @Test func confinementHoldsEverything() throws {
        let outcome = try Probe.run(["confine"])
        #expect(outcome.end == .exit(code: 0))
        #expect(outcome.value("seccomp") == "true")
        #expect(Int(outcome.value("abi") ?? "0") ?? 0 >= 1)
        #expect(["own", "ownThroughUserNamespace"].contains(outcome.value("network")))
    }

    @Test func confinementNeedsNoPrivileges() throws {
        let outcome = try Probe.run(["confineAsNobody"])
        #expect(outcome.end == .exit(code: 0))
        #expect(outcome.value("seccomp") == "true")
        #expect(outcome.value("network") == "ownThroughUserNamespace")
    }

    @Test func whatLibrariesTryIsAnsweredWithoutHarm() throws {
        let outcome = try Probe.run(["answers"])
        #expect(outcome.end == .exit(code: 0))
        #expect(
            outcome.lines == [
                "open \(EACCES)", "openForWriting \(EACCES)", "openProc \(EACCES)",
                "socket \(EACCES)", "socketUnix \(EACCES)", "stat \(EACCES)", "fstat 0",
                "readlink \(EACCES)", "access \(EACCES)", "setpriority 0", "setOwner \(EPERM)",
                "setLimit \(EPERM)", "getLimit 0", "peerName \(ENOTCONN)",
            ])
    }

    @Test(arguments: [
        "execve", "fork", "connect", "bind", "acceptWithAddress", "unlink", "mkdir",
        "mapExecutable", "makeExecutable", "signalParent", "setUser", "socketPair", "setHostname",
    ])
    func whatNoLibraryNeedsEndsTheProcess(attempt: String) throws {
        let outcome = try Probe.run(["do", attempt])
        #expect(outcome.lines == ["confined"])
        #expect(outcome.end == .signal(SIGSYS))
    }

    @Test func aConfinedProcessWorksOnWhatItIsGiven() throws {
        let pair = try SocketPair()
        let file = try MemoryFile.containing(Array("a file".utf8))
        let peer = pair.far.number
        let channel = DescriptorChannel(consume pair.near)
        try channel.send(kind: 7, descriptors: [file.number])
        let outcome = try Probe.run(["work"], descriptors: [4: peer])
        #expect(outcome.end == .exit(code: 0))
        #expect(
            outcome.lines == [
                "thread 0 0", "memory \(7 * (8 << 20))", "duplicate true", "flags 0",
                "received 7 a file",
            ])
    }

    @Test func whatIsMissingIsLetGoOnlyWhereItIsOptional() throws {
        let missing = ConfinementError.missing(mechanism: "Landlock", code: ENOSYS)
        let broken = ConfinementError.system(call: "capset", code: EPERM)
        func step(_ required: Bool, _ error: ConfinementError) throws(ConfinementError) -> Int {
            try Confinement.unlessOptional(required, 0) { () throws(ConfinementError) in
                throw error
            }
        }
        #expect(throws: missing) { try step(true, missing) }
        #expect(try step(false, missing) == 0)
        #expect(throws: broken) { try step(false, broken) }
        #expect(try Confinement.unlessOptional(true, 0) { 7 } == 7)
    }

    /// Landlock by itself, in a process that has no filter yet.
    @Test func landlockLeavesNoFileAndNoPort() async {
        await #expect(processExitsWith: .exitCode(0)) {
            guard let abi = try? Landlock.giveUpEverything() else { _exit(10) }
            guard unsafe open("/etc/hostname", O_RDONLY) == -1, errno == EACCES else { _exit(11) }
            guard unsafe open("/proc/self/status", O_RDONLY) == -1, errno == EACCES else {
                _exit(12)
            }
            guard abi >= 4 else { _exit(0) }
            guard (try? ListeningSocket.open(ListenAddress("127.0.0.1:0"))) == nil,
                errno == EACCES
            else { _exit(13) }
            _exit(0)
        }
    }

    @Test(arguments: [(1, 13), (2, 14), (3, 15), (4, 15), (5, 16), (6, 16), (7, 16)])
    func landlockHandlesWhatTheKernelKnows(abi: Int, fileBits: Int) {
        let rights = Landlock.handledRights(abi: abi)
        #expect(rights[0] == (1 << UInt64(fileBits)) - 1)
        #expect(rights.count == (abi >= 6 ? 3 : abi >= 4 ? 2 : 1))
    }

    /// The last answer is the default, and nothing before the table can let a foreign architecture
    /// through.
    @Test func whatIsNotListedEndsTheProcess() {
        let program = SyscallFilter.edge(process: 1).program()
        let kill: UInt32 = 0x8000_0000
        #expect(program.last?.k == kill)
        #expect(program.last?.code == 0x06)
        #expect(program[1].k == (isIntel ? 0xC000_003E : 0xC000_00B7))
        #expect(program[2].k == kill)
        #expect(program.count <= 4_096)
    }

    @Test func aConnectionIsAcceptedOnlyWithoutRoomForItsAddress() {
        let rule = SyscallFilter.edge(process: 1).rules.first { $0.call == Int(SYS_accept4) }
        #expect(rule?.condition == .isNull(argument: 1))
        #expect(rule?.otherwise == .kill)
    }

    @Test func noSystemCallIsListedTwice() {
        let calls = SyscallFilter.edge(process: 1).rules.map(\.call)
        #expect(Set(calls).count == calls.count)
    }

    private var isIntel: Bool {
        #if arch(x86_64)
        true
        #else
        false
        #endif
    }
}
