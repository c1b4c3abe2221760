import Foundation

/// Certificates minted by the `openssl` program, once for all tests.
struct TestPair: Sendable {
    let directory: URL
    let name: String

    var certificateFile: String { directory.appending(path: "\(name).crt").path }
    var keyFile: String { directory.appending(path: "\(name).key").path }
    var certificate: [UInt8] { bytes(certificateFile) }
    var key: [UInt8] { bytes(keyFile) }

    private func bytes(_ path: String) -> [UInt8] {
        FileManager.default.contents(atPath: path).map { [UInt8]($0) } ?? []
    }

    private static let directory = FileManager.default.temporaryDirectory
        .appending(path: "resguardo-tls-\(UUID().uuidString)")

    static let server = mint("server")
    static let nextServer = mint("next-server")
    static let client = mint("client")

    private static func mint(_ name: String) -> TestPair {
        try? FileManager.default.createDirectory(
            at: directory, withIntermediateDirectories: true)
        let pair = TestPair(directory: directory, name: name)
        let result = openssl(
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-days", "2", "-subj", "/CN=\(name).test", "-keyout", pair.keyFile, "-out",
            pair.certificateFile)
        precondition(result.status == 0, "openssl req: \(result.text)")
        return pair
    }
}

/// What a program left: its exit code, and what it wrote.
struct ProgramResult {
    let status: Int32
    let output: Data

    var text: String { String(decoding: output, as: UTF8.self) }
}

/// Runs the `openssl` program to its end; standard output and error come back together.
func openssl(_ arguments: String..., input: String = "") -> ProgramResult {
    runOpenSSL(arguments, input: input)
}

/// As `openssl`, with a list and a file in place of standard input.
func runOpenSSL(
    _ arguments: [String], input: String = "", inputFile: String? = nil
) -> ProgramResult {
    let file =
        inputFile
        ?? FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
    if inputFile == nil { try? Data(input.utf8).write(to: URL(filePath: file)) }
    defer { if inputFile == nil { try? FileManager.default.removeItem(atPath: file) } }
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/openssl")
    process.arguments = arguments
    process.standardInput = FileHandle(forReadingAtPath: file)
    let output = Pipe()
    process.standardOutput = output
    process.standardError = output
    do { try process.run() } catch {
        return ProgramResult(status: -1, output: Data("\(error)".utf8))
    }
    let pid = process.processIdentifier
    // A guard against a peer that hangs, not a way to wait. SIGKILL: children inherit a mask here.
    let guardian = DispatchWorkItem { kill(pid, SIGKILL) }
    DispatchQueue.global().asyncAfter(deadline: .now() + 60, execute: guardian)
    let bytes = (try? output.fileHandleForReading.readToEnd()) ?? Data()
    process.waitUntilExit()
    guardian.cancel()
    return ProgramResult(status: process.terminationStatus, output: bytes)
}
