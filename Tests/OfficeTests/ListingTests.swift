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
        try home.remove(CheckedTips.file)
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

    @Test func whatWasCheckedIsNotReadAgain() async throws {
        let fresh = try await scene.desk.list()
        let entries = "\(home.path)/entries"
        let aside = "\(home.path)/aside"
        try FileManager.default.moveItem(atPath: entries, toPath: aside)
        #expect(try scene.desk.all() == fresh)
        // What acts on a tip reads and checks it.
        #expect(throws: CustodyProblem.self) { try scene.desk.tip(named: fresh[0].name) }
        try home.replace(CheckedTips.file, Array("{".utf8))
        #expect(throws: CustodyProblem.self) { try scene.desk.all() }
        try FileManager.default.moveItem(atPath: aside, toPath: entries)
        #expect(try scene.desk.all() == fresh)
        try FileManager.default.removeItem(atPath: entries)
        #expect(try scene.desk.all() == fresh, "what was made again is kept")
    }

    @Test func onlyTheNewOnesAreReadAndEachShowsWhatBecameOfIt() async throws {
        scene.gateway.state.withLock { $0.quarantine = 3 }
        _ = try await scene.desk.list()
        let opened = try await scene.desk.open(try scene.desk.all()[0].name, into: scene.into)
        try scene.send([])
        #expect(try await scene.desk.list().map(\.quarantine) == [3])
        let lines = try scene.desk.all()
        #expect(lines.map(\.quarantine) == [nil, nil, nil, nil, nil, 3])
        #expect(lines[0].number == opened.number && lines[1].number == nil)
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
