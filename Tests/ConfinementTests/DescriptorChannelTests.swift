import Glibc
import Testing

@testable import Confinement

@Suite struct DescriptorChannelTests {
    @Test func descriptorsArriveInOrderAndCloseOnExec() throws {
        let pair = try SocketPair()
        let one = try MemoryFile.containing(Array("one".utf8))
        let two = try MemoryFile.containing(Array("two".utf8))
        let near = DescriptorChannel(consume pair.near)
        let far = DescriptorChannel(consume pair.far)
        try near.send(kind: 1, descriptors: [])
        try near.send(kind: 2, descriptors: [one.number, two.number])
        try near.send(kind: 3, descriptors: [two.number])
        #expect(try far.receive() == DescriptorChannel.Message(kind: 1, descriptors: []))
        let both = try #require(try far.receive())
        #expect(both.kind == 2)
        #expect(both.descriptors.map { fcntl($0, F_GETFD) } == [FD_CLOEXEC, FD_CLOEXEC])
        #expect(try both.descriptors.map(text) == ["one", "two"])
        let last = try #require(try far.receive())
        #expect(try last.descriptors.map(text) == ["two"])
    }

    @Test func theEndOfThePeerIsNil() throws {
        let pair = try SocketPair()
        let far = DescriptorChannel(consume pair.far)
        close((consume pair.near).release())
        #expect(try far.receive() == nil)
        #expect(throws: ConfinementError.system(call: "sendmsg", code: EPIPE)) {
            try far.send(kind: 1, descriptors: [])
        }
    }

    @Test func moreThanTwoDescriptorsAreNotSent() throws {
        let pair = try SocketPair()
        let near = DescriptorChannel(consume pair.near)
        #expect(throws: ConfinementError.badMessage) {
            try near.send(kind: 1, descriptors: [0, 1, 2])
        }
    }

    @Test func moreThanTwoDescriptorsAreRefusedAndClosed() throws {
        let pair = try SocketPair()
        let far = DescriptorChannel(consume pair.far)
        let script = """
            import socket
            s = socket.socket(fileno=3)
            socket.send_fds(s, [b"p"], [0, 1, 2, 3])
            """
        let sender = try ChildProcess.spawn(
            executable: "/usr/bin/env", arguments: ["env", "python3", "-c", script],
            environment: ["PATH=/usr/local/bin:/usr/bin:/bin"],
            descriptors: [3: pair.near.number])
        #expect(try sender.wait() == .exit(code: 0))
        #expect(throws: ConfinementError.badMessage) { try far.receive() }
    }

    @Test func aPeerThatDoesNotReadIsAnErrorAndNoWait() throws {
        let pair = try SocketPair()
        let near = DescriptorChannel(consume pair.near)
        let far = consume pair.far
        var sent = 0
        var failure: ConfinementError?
        while failure == nil, sent < 1_000_000 {
            do throws(ConfinementError) {
                try near.send(kind: 1, descriptors: [])
                sent += 1
            } catch { failure = error }
        }
        #expect(failure == .system(call: "sendmsg", code: EAGAIN))
        #expect(far.number >= 0)
    }

    private func text(_ number: CInt) throws -> String {
        let file = Descriptor(owning: number)
        return String(decoding: try file.contents(bytesMax: 64, name: "given"), as: UTF8.self)
    }
}
