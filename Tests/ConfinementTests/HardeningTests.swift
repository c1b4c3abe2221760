import Testing

@testable import Confinement

@Suite struct HardeningTests {
    @Test func aHardenedProcessLeavesNoCoreAndCannotBeRead() throws {
        let outcome = try Probe.run(["harden"])
        #expect(outcome.end == .exit(code: 0))
        #expect(outcome.value("core") == "0 0")
        #expect(outcome.value("NoNewPrivs") == "1")
        #expect(outcome.value("diesWithParent") == "true")
        // The kernel gives the files of a process that cannot be dumped to root, whoever runs it.
        #expect(outcome.value("environ owner") == "0")
    }

    @Test func memoryIsNotLockedBeyondAFiniteLimit() throws {
        let outcome = try Probe.run(["harden"], through: "ulimit -l 128")
        #expect(outcome.value("memory") == "limited(bytes: 131072)")
        #expect(outcome.value("VmLck") == "       0 kB")
        #expect(outcome.value("gaps") == "1")
    }

    /// Whether this machine lets the tests lift the limit of locked memory.
    private static var mayLiftTheLimit: Bool {
        let child = try? ChildProcess.spawn(
            executable: "/bin/sh", arguments: ["sh", "-c", "ulimit -l unlimited 2>/dev/null"],
            environment: [], descriptors: [:])
        return (try? child?.wait()) == .exit(code: 0)
    }

    @Test(.enabled(if: mayLiftTheLimit, "only CAP_SYS_RESOURCE may"))
    func memoryIsLockedWhollyWithoutALimit() throws {
        let outcome = try Probe.run(["harden"], through: "ulimit -l unlimited")
        #expect(outcome.value("memory") == "everything")
        #expect(outcome.value("VmLck") != "       0 kB")
        #expect(outcome.value("gaps") == "0")
    }

    @Test func reportNamesEachGap() {
        let bare = Confinement.Hardening(
            coreDumpsOff: false, notDumpable: false, noNewPrivileges: false,
            diesWithParent: false, memory: .limited(bytes: 65_536))
        #expect(bare.gaps.count == 4)
        let edge = Confinement.EdgeReport(
            network: .shared(code: 1), landlockABI: 0, seccomp: false)
        #expect(edge.gaps.count == 3)
        #expect(
            Confinement.EdgeReport(network: .own, landlockABI: 2, seccomp: true).gaps.count == 1)
        #expect(
            Confinement.EdgeReport(network: .own, landlockABI: 4, seccomp: true).gaps.isEmpty)
    }
}
