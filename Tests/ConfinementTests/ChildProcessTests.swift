import Confinement
import Glibc
import Testing

@Suite struct ChildProcessTests {
    @Test func theChildHasTheGivenEnvironmentAndNoOther() throws {
        let outcome = try Probe.run(["describe"], environment: ["ONE=1", "TWO=two words"])
        let environment = outcome.lines.filter { $0.hasPrefix("environment ") }
        #expect(environment == ["environment ONE=1", "environment TWO=two words"])
    }

    @Test func theChildHasTheGivenDescriptorsAndNoOther() throws {
        // Inheritable on purpose, below and above the child's own.
        let strays = (0..<8).map { _ in dup(0) }
        let high = fcntl(0, F_DUPFD, 200)
        defer { for number in strays + [high] { close(number) } }
        let file = try MemoryFile.containing([1])
        let outcome = try Probe.run(["describe"], descriptors: [6: file.number])
        let numbers = outcome.lines.compactMap { line -> Int? in
            let words = line.split(separator: " ")
            return words.first == "descriptor" ? Int(words[1]) : nil
        }
        #expect(numbers == [0, 1, 2, 3, 6])
    }

    @Test func descriptorsThatTradePlacesKeepTheirFiles() throws {
        // Above 3, which is the probe's own, whatever other tests have open.
        let first = try MemoryFile.containing([1])
        let second = try MemoryFile.containing([2])
        let low = fcntl(first.number, F_DUPFD_CLOEXEC, 20)
        let high = fcntl(second.number, F_DUPFD_CLOEXEC, 20)
        defer {
            close(low)
            close(high)
        }
        let outcome = try Probe.run(["describe"], descriptors: [low: high, high: low])
        #expect(outcome.value("descriptor \(low)") == "\(inode(high))")
        #expect(outcome.value("descriptor \(high)") == "\(inode(low))")
    }

    @Test func signalsAreUnblockedAndAtTheirDefaults() throws {
        // This thread only: the child inherits its mask.
        var blocked = sigset_t()
        var before = sigset_t()
        unsafe sigemptyset(&blocked)
        unsafe sigaddset(&blocked, SIGTERM)
        unsafe pthread_sigmask(SIG_BLOCK, &blocked, &before)
        defer { unsafe pthread_sigmask(SIG_SETMASK, &before, nil) }
        let outcome = try Probe.run(["describe"])
        #expect(outcome.value("SigBlk") == "0000000000000000")
    }

    @Test func endsAreToldApart() throws {
        #expect(try shell("exit 65").wait() == .exit(code: 65))
        #expect(try shell("kill -9 $$").wait() == .signal(SIGKILL))
        let sleeper = try shell("exec sleep 600")
        sleeper.send(signal: SIGTERM)
        #expect(try sleeper.wait() == .signal(SIGTERM))
    }

    @Test func aProgramThatIsNotThereIsAnError() {
        #expect(throws: ConfinementError.system(call: "/nowhere", code: ENOENT)) {
            try ChildProcess.spawn(
                executable: "/nowhere", arguments: ["x"], environment: [], descriptors: [:])
        }
    }

    private func shell(_ script: String) throws -> ChildProcess {
        try ChildProcess.spawn(
            executable: "/bin/sh", arguments: ["sh", "-c", script], environment: ["PATH=/bin"],
            descriptors: [:])
    }

    private func inode(_ number: CInt) -> UInt {
        var status = stat()
        return unsafe fstat(number, &status) == 0 ? UInt(status.st_ino) : 0
    }
}
