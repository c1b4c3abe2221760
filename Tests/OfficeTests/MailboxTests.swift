import Confinement
import Desk
import Foundation
import Office
import Synchronization
import Testing
import Unit

/// Which opened tip has named which mailbox.
@Suite struct MailboxTests {
    private let scene: Scene

    init() async throws {
        scene = try await Scene()
    }

    private func index(_ home: Home) -> String { "\(home.path)/mailboxes.json" }

    private func remembered(_ home: Home) -> String {
        String(decoding: Scratch.bytes(index(home)) ?? [], as: UTF8.self)
    }

    /// So that the index can be neither read nor written.
    private func stand(inTheWayOf home: Home) throws {
        try FileManager.default.createDirectory(
            atPath: "\(index(home))/in the way", withIntermediateDirectories: true)
    }

    @Test func anIndexOfAFloodIsRead() async throws {
        let name = try await scene.tipName()
        let home = scene.desk.station.home
        let room = [UInt8](repeating: UInt8(ascii: " "), count: Home.fileBytesMax)
        Scratch.write(index(home), Array(#"{"names":{}}"#.utf8) + room)
        _ = try await scene.desk.open(name, into: scene.into)
        #expect(remembered(home).contains(name))
    }

    /// A folder that is there is not opened again: without a name for its mailbox, answers would never be checked.
    @Test func aDeskRemembersAMailboxBeforeTheFolderIsThere() async throws {
        let name = try await scene.tipName()
        let home = scene.desk.station.home
        try stand(inTheWayOf: home)
        await #expect(throws: FileError.self) { try await scene.desk.open(name, into: scene.into) }
        #expect(Scratch.names(scene.into).isEmpty)
        Scratch.remove(index(home))
        #expect(try await scene.desk.open(name, into: scene.into).tip != nil)
        #expect(remembered(home).contains(name))
    }

    @Test func aUnitRemembersAMailboxBeforeTheFolderIsThere() async throws {
        _ = try await scene.route()
        let home = scene.unit.station.home
        try stand(inTheWayOf: home)
        let first = try await scene.unit.pull(into: scene.into)
        #expect(first.refused.count == 1 && first.refused.first?.why is FileError)
        #expect(Scratch.names(scene.into).isEmpty)
        Scratch.remove(index(home))
        #expect(try await scene.unit.pull(into: scene.into).opened.count == 1)
        #expect(remembered(home).contains("desk-ar-000001"))
    }
}
