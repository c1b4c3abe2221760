import Confinement
import Foundation
import Synchronization
import Testing

@testable import Desk
@testable import Office

/// A desk's list, page by page: whatever fails, what the home's state names is on the disk.
@Suite struct ListingTests {
    private let scene: Scene

    /// Five tips in pages of two.
    init() async throws {
        scene = try await Scene()
        for _ in 0..<4 { try scene.send([]) }
        scene.gateway.state.withLock { $0.pageMax = 2 }
    }

    private var home: Home { scene.desk.station.home }

    private func commitments() throws -> [[UInt8]] {
        try scene.gateway.state.withLock { $0.tips }.map { tip in
            try scene.desk.check(tip.offered).commitment
        }
    }

    /// What the state names, each of it there and whole.
    private func listed() throws -> [String] {
        let names = try scene.desk.all().map(\.name)
        #expect(try home.state().tips.values.flatMap(\.listed).count == names.count)
        return names
    }

    @Test func pagesFollowOneAnotherAndAreKept() async throws {
        let names = try commitments().map(EntryName.text)
        #expect(try await scene.desk.list().map(\.name) == names)
        #expect(try listed() == names)
        #expect(try await scene.desk.list().isEmpty)
        #expect(Scratch.names("\(home.path)/entries").count == 5)
    }

    /// It names every tip for good: 17 MB here, in few long names for the test's sake.
    @Test func theStateOfAFloodIsReadAgain() throws {
        var state = try home.state()
        for number in 1...17 {
            try state.tips["key", default: DeskNumbering()]
                .list(String(repeating: "\(number)", count: 1_000_000), name: "tips")
        }
        try home.store(state)
        #expect(try home.state() == state)
    }

    @Test func aFaultInAPageLeavesThePagesBeforeIt() async throws {
        let names = try commitments().map(EntryName.text)
        scene.gateway.state.withLock { state in
            state.tamper = { request, bytes in
                guard request.target == "/v1/tips?after=2" else { return bytes }
                let text = String(decoding: bytes, as: UTF8.self)
                return Array(text.replacing("\"cursor\":4", with: "\"cursor\":3").utf8)
            }
        }
        await #expect(throws: GatewayProblem.malformedAnswer(what: "cursors do not grow")) {
            try await scene.desk.list()
        }
        #expect(try listed() == Array(names[..<2]))
        #expect(Scratch.names("\(home.path)/entries").count == 2)
        scene.gateway.state.withLock { $0.tamper = nil }
        #expect(try await scene.desk.list().map(\.name) == Array(names[2...]))
        #expect(try listed() == names)
    }

    @Test func aPageThatCannotBeKeptIsNotNamed() async throws {
        let commitments = try commitments()
        let names = commitments.map(EntryName.text)
        let obstacle = "\(home.path)/entries/\(EntryName.file(commitments[3])).json"
        try FileManager.default.createDirectory(
            atPath: obstacle, withIntermediateDirectories: false)
        await #expect(throws: FileError.self) { try await scene.desk.list() }
        #expect(try listed() == Array(names[..<2]))
        #expect(!Scratch.names("\(home.path)/entries").contains { $0.hasSuffix(".new") })
        try FileManager.default.removeItem(atPath: obstacle)
        #expect(try await scene.desk.list().map(\.name) == Array(names[2...]))
        #expect(try listed() == names)
    }

    @Test func aTipTwiceInOnePageIsARepeatAndNothingOfThePageIsKept() async throws {
        scene.gateway.state.withLock { state in
            let first = state.tips[2]
            let again = OfferedTip(
                cursor: 4, key: first.offered.key, entry: first.offered.entry,
                chunks: first.offered.chunks, quarantine: 9)
            state.tips[3] = FakeGateway.StoredTip(
                office: first.office, offered: again, body: first.body)
        }
        await #expect(throws: SequenceProblem.self) { try await scene.desk.list() }
        #expect(try listed().count == 2)
        #expect(Scratch.names("\(home.path)/entries").count == 2)
    }
}
