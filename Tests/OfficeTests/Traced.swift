import Foundation

/// This test program once more, under strace, running one test only.
enum Traced {
    private static let program = "/usr/bin/strace"
    private static let variable = "OFFICE_TRACED"

    /// Where the child works; nil in the program that is not traced.
    static var folder: String? { ProcessInfo.processInfo.environment[variable] }

    static var canRun: Bool {
        if folder != nil { return true }
        guard FileManager.default.isExecutableFile(atPath: program) else { return false }
        return (try? strace(["-o", "/dev/null", "/bin/true"], in: nil)) == 0
    }

    static func trace(of folder: String) -> String { "\(folder).trace" }

    /// Runs the child to its end, and returns its status.
    static func run(_ child: String, _ options: [String], _ folder: String) throws -> Int32 {
        let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        return try strace(
            ["-f", "-qq", "-o", trace(of: folder)] + options + [
                own, "--testing-library", "swift-testing", "--filter", child,
            ], in: folder)
    }

    /// The names of the traced calls that have to do with the folder.
    static func calls(in folder: String) throws -> [String] {
        try String(contentsOfFile: trace(of: folder), encoding: .utf8)
            .split(separator: "\n").filter { $0.contains(folder) }
            .compactMap { line in
                line.firstMatch(of: /^\d+ +([a-z]+?)(?:at2?)?\(/).map { String($0.output.1) }
            }
    }

    private static func strace(_ arguments: [String], in folder: String?) throws -> Int32 {
        let process = Process()
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        var environment = ProcessInfo.processInfo.environment
        environment[variable] = folder
        process.environment = environment
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        return process.terminationStatus
    }
}
