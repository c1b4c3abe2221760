import Confinement
import Glibc
import Testing

@Suite struct DescriptorTests {
    @Test(arguments: [mode_t(0o600), 0o400])
    func aPrivateFileIsOpened(mode: mode_t) throws {
        try withFile("secret", mode: mode) { path in
            let file = try PrivateFile.open(path)
            #expect(try file.contents(bytesMax: 6, name: path) == Array("secret".utf8))
        }
    }

    @Test(arguments: [mode_t(0o640), 0o604, 0o620, 0o601, 0o666])
    func aSecretThatOthersMayOpenIsRefused(mode: mode_t) throws {
        try withFile("secret", mode: mode) { path in
            #expect(throws: ConfinementError.openPermissions(path: path)) {
                _ = try PrivateFile.open(path)
            }
        }
    }

    @Test func whatIsTooLargeOrNoFileIsRefused() throws {
        try withFile("secret", mode: 0o600) { path in
            let file = try Descriptor.opening(path)
            #expect(throws: ConfinementError.unsuitableFile(path: "it")) {
                _ = try file.contents(bytesMax: 5, name: "it")
            }
        }
        #expect(throws: ConfinementError.unsuitableFile(path: "/tmp")) {
            _ = try PrivateFile.open("/tmp")
        }
        #expect(throws: ConfinementError.system(call: "/nowhere", code: ENOENT)) {
            _ = try PrivateFile.open("/nowhere")
        }
        #expect(PrivateFile.isFolder("/tmp"))
        #expect(!PrivateFile.isFolder("/etc/passwd"))
    }

    @Test func aMemoryFileIsReadFromItsStartHoweverOften() throws {
        let bytes = (0..<200_000).map { UInt8(truncatingIfNeeded: $0) }
        let file = try MemoryFile.containing(bytes)
        #expect(try file.contents(bytesMax: 200_000, name: "it") == bytes)
        #expect(try file.contents(bytesMax: 200_000, name: "it") == bytes)
        #expect(fcntl(file.number, F_GETFD) == FD_CLOEXEC)
    }

    @Test func blockedSignalsWaitUntilAskedFor() {
        var signals = SignalQueue(blocking: [SIGUSR1, SIGUSR2])
        #expect(signals.next(timeout: .zero) == nil)
        pthread_kill(pthread_self(), SIGUSR2)
        #expect(signals.next(timeout: .seconds(60)) == SIGUSR2)
        pthread_kill(pthread_self(), SIGUSR1)
        #expect(signals.next(timeout: nil) == SIGUSR1)
        #expect(signals.next(timeout: .milliseconds(1)) == nil)
    }

    private func withFile(
        _ text: String, mode: mode_t, _ body: (String) throws -> Void
    ) throws {
        var template = Array("/tmp/resguardo-XXXXXX".utf8CString)
        let number = unsafe mkstemp(&template)
        let path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        defer {
            close(number)
            unsafe unlink(path)
        }
        #expect(unsafe write(number, text, text.utf8.count) == text.utf8.count)
        #expect(fchmod(number, mode) == 0)
        try body(path)
    }
}
