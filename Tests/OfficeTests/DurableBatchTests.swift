import Confinement
import Foundation
import Testing

/// Many files with one wait for the disk, watched and disturbed by strace.
@Suite("Files that become durable together", .enabled(if: Traced.canRun), .serialized)
struct DurableBatchTests {
    private let folder = Scratch.make()
    private static let count = 40
    private static let child = "DurableBatchTests/child"

    /// What the traced program does: it replaces one file and makes the others.
    @Test(.enabled(if: Traced.folder != nil))
    func child() throws {
        let folder = try #require(Traced.folder)
        try DurableFile.replaceAll(
            (0..<Self.count).map { ("\(folder)/\($0)", Array("new \($0)".utf8)) })
    }

    private func prepare() { Scratch.write("\(folder)/7", Array("old".utf8)) }

    @Test func everyContentIsDurableBeforeAnyNameAndTheNamesAreBeforeItReturns() throws {
        defer { remove() }
        prepare()
        #expect(
            try Traced.run(Self.child, ["-y", "-e", "trace=write,syncfs,/^rename,fsync"], folder)
                == 0)
        #expect(
            try Traced.calls(in: folder)
                == Array(repeating: "write", count: Self.count) + ["syncfs"]
                + Array(repeating: "rename", count: Self.count) + ["fsync"])
        for name in 0..<Self.count {
            #expect(Scratch.bytes("\(folder)/\(name)") == Array("new \(name)".utf8))
        }
        #expect(Scratch.names(folder).count == Self.count)
    }

    @Test(arguments: ["syncfs:error=EIO", "write:error=ENOSPC:when=20+"])
    func whatDidNotReachTheDiskHasNoName(fault: String) throws {
        defer { remove() }
        prepare()
        #expect(try Traced.run(Self.child, ["-e", "inject=\(fault)"], folder) != 0)
        #expect(Scratch.bytes("\(folder)/7") == Array("old".utf8))
        #expect(Scratch.names(folder) == ["7"])
    }

    /// Power that goes: every file is the old or the new one, and what else lies there has no name that is read.
    @Test(arguments: ["syncfs", "/^rename", "fsync"])
    func whereverItEndsEachFileIsWhole(call: String) throws {
        defer { remove() }
        prepare()
        let nth = call == "/^rename" ? ":when=20" : ""
        #expect(
            try Traced.run(Self.child, ["-e", "inject=\(call):signal=KILL\(nth)"], folder)
                == SIGKILL)
        for name in Scratch.names(folder) where !name.hasSuffix(".new") {
            let bytes = Scratch.bytes("\(folder)/\(name)")
            let isOld = name == "7" && bytes == Array("old".utf8)
            #expect(isOld || bytes == Array("new \(name)".utf8), "\(name)")
        }
    }

    private func remove() {
        Scratch.remove(folder)
        Scratch.remove(Traced.trace(of: folder))
    }
}
