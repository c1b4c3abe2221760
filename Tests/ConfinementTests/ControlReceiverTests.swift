import Confinement
import Glibc
import Synchronization
import Testing

@Suite struct ControlReceiverTests {
    /// Collects events until the last one, closing what they carry.
    private final class Ear: Sendable {
        private let heard = Mutex<[String]>([])
        private let (stream, continuation) = AsyncStream<Void>.makeStream()

        func hear(_ event: ControlEvent) {
            heard.withLock { $0.append(Self.name(event)) }
            if event == .supervisorGone { continuation.finish() }
        }

        func everything() async -> [String] {
            for await _ in stream {}
            return heard.withLock { $0 }
        }

        private static func name(_ event: ControlEvent) -> String {
            switch event {
            case .newPublicPair(let number): "public \(contents(number))"
            case .newStaffPair(let number): "staff \(contents(number))"
            case .newVaultPair(let number): "vault \(contents(number))"
            case .newTLSFiles(let first, let second): "tls \(contents(first)) \(contents(second))"
            case .reloadRoster(let first, let second):
                "roster \(contents(first)) \(contents(second))"
            case .reloadPage(let number): "page \(contents(number))"
            case .rosterUnread: "no roster"
            case .pageUnread: "no page"
            case .tlsUnread: "no tls"
            case .tlsRead: "tls"
            case .supervisorGone: "gone"
            }
        }

        private static func contents(_ number: CInt) -> String {
            let bytes = try? Descriptor(owning: number).contents(bytesMax: 16, name: "given")
            return String(decoding: bytes ?? [], as: UTF8.self)
        }
    }

    @Test func everyEventArrivesWithItsDescriptors() async throws {
        let pair = try SocketPair()
        let one = try MemoryFile.containing(Array("1".utf8))
        let two = try MemoryFile.containing(Array("2".utf8))
        let ear = Ear()
        let channel = DescriptorChannel(consume pair.near)
        try ControlReceiver.start(descriptor: (consume pair.far).release()) { ear.hear($0) }
        try channel.send(.newPublicPair(one.number))
        try channel.send(.newStaffPair(two.number))
        try channel.send(.newVaultPair(one.number))
        try channel.send(.newTLSFiles(certificate: one.number, key: two.number))
        try channel.send(.reloadRoster(note: two.number, staff: one.number))
        try channel.send(.reloadPage(note: two.number))
        for event in [ControlEvent.rosterUnread, .pageUnread, .tlsUnread, .tlsRead] {
            try channel.send(event)
        }
        _ = consume channel
        #expect(
            await ear.everything() == [
                "public 1", "staff 2", "vault 1", "tls 1 2", "roster 2 1", "page 2",
                "no roster", "no page", "no tls", "tls", "gone",
            ])
    }

    @Test(arguments: [(UInt8(ascii: "?"), 1), (UInt8(ascii: "p"), 0), (UInt8(ascii: "t"), 1)])
    func whatBreaksTheRulesEndsTheTalk(kind: UInt8, count: Int) async throws {
        let pair = try SocketPair()
        let file = try MemoryFile.containing([1])
        let ear = Ear()
        let channel = DescriptorChannel(consume pair.near)
        try channel.send(kind: kind, descriptors: Array(repeating: file.number, count: count))
        try channel.send(.newVaultPair(file.number))
        try ControlReceiver.start(descriptor: (consume pair.far).release()) { ear.hear($0) }
        #expect(await ear.everything() == ["gone"])
    }
}
