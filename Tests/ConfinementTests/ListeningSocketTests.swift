import Confinement
import Glibc
import Testing

@Suite struct ListeningSocketTests {
    @Test(arguments: ["127.0.0.1:8443", "0.0.0.0:1", "[::1]:65535", "[::]:0", "localhost:80"])
    func addressesAreRead(text: String) throws {
        #expect(try ListenAddress(text).isVersion6 == text.hasPrefix("["))
    }

    @Test(arguments: [
        "", ":", "8443", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1",
        "127.0.0.1:+1", "127.0.0.1:8443 ", "::1:8443", "[::1]", "[127.0.0.1]:1",
        "gateway.example:1",
        "127.1:80", "256.0.0.1:80", "[::1:80", "127.0.0.1:0x50",
    ])
    func whatIsNoAddressIsRefused(text: String) {
        #expect(throws: ConfinementError.badAddress(text)) { try ListenAddress(text) }
    }

    @Test func aSocketListensOnThePortThatTheKernelChose() throws {
        let socket = try ListeningSocket.open(ListenAddress("127.0.0.1:0"))
        let port = try #require(ListeningSocket.port(of: socket.number))
        #expect(port > 0)
        #expect(fcntl(socket.number, F_GETFD) == FD_CLOEXEC)
        #expect(throws: ConfinementError.self) {
            _ = try ListeningSocket.open(ListenAddress("127.0.0.1:\(port)"))
        }
    }

    @Test func aLeftOverSocketIsReplacedAndNothingElse() throws {
        var template = Array("/tmp/resguardo-XXXXXX".utf8CString)
        let made = unsafe mkdtemp(&template) != nil
        try #require(made)
        let folder = String(
            decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        let path = folder + "/onion.sock"
        defer {
            unsafe unlink(path)
            unsafe rmdir(folder)
        }
        _ = try ListeningSocket.open(path: path)
        let socket = try ListeningSocket.open(path: path)
        #expect(ListeningSocket.port(of: socket.number) == nil)
        var status = stat()
        #expect(unsafe stat(path, &status) == 0)
        #expect(status.st_mode & 0o777 == 0o660)
        unsafe unlink(path)
        close(unsafe open(path, O_CREAT | O_WRONLY, 0o600))
        #expect(throws: ConfinementError.unsuitableFile(path: path)) {
            _ = try ListeningSocket.open(path: path)
        }
        let long = "/tmp/" + String(repeating: "x", count: 120)
        #expect(throws: ConfinementError.system(call: "listening on \(long)", code: ENAMETOOLONG)) {
            _ = try ListeningSocket.open(path: long)
        }
    }

    @Test func socketsOfSystemdAreFoundByName() throws {
        let own = String(getpid())
        let found = try InheritedSockets(environment: [
            "LISTEN_PID": own, "LISTEN_FDS": "2", "LISTEN_FDNAMES": "staff:public",
        ])
        #expect(found.descriptors == ["staff": 3, "public": 4])
        #expect(try InheritedSockets(environment: [:]).descriptors.isEmpty)
        let foreign = ["LISTEN_PID": "1", "LISTEN_FDS": "1", "LISTEN_FDNAMES": "public"]
        #expect(try InheritedSockets(environment: foreign).descriptors.isEmpty)
    }

    @Test(arguments: [
        ("1", "unknown"), ("2", "public:public"), ("2", "public"), ("1", "public:staff"),
        ("", "public"), ("1", ""), ("-1", "public"),
    ])
    func wrongSocketsOfSystemdAreRefused(count: String, names: String) {
        #expect(throws: ConfinementError.self) {
            try InheritedSockets(environment: [
                "LISTEN_PID": String(getpid()), "LISTEN_FDS": count, "LISTEN_FDNAMES": names,
            ])
        }
    }
}
