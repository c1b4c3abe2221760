import Desk
import Foundation
import Ledger
import Notes
import Roster
import Synchronization
import Testing

@testable import Office

/// What whoever serves a checkpoint adds to it stays with them.
@Suite struct CheckpointMemoryTests {
    /// A checkpoint with 60 KB of lines of keys that nobody knows, one of the log's own name among them.
    private func padded(_ note: [UInt8]) throws -> [UInt8] {
        let parts = String(decoding: note, as: UTF8.self).split(separator: "\n\n")
        let signature = Base64.encode([UInt8](repeating: 7, count: 15_000))
        let before = "— \(World.origin) \(signature)\n"
        let after = "— x \(signature)\n— y \(signature)\n"
        let bytes = Array("\(parts[0])\n\n\(before)\(parts[1])\(after)".utf8)
        #expect(try Note(parsing: bytes).signatures.count == 4 && bytes.count > 60_000)
        return bytes
    }

    @Test func foreignLinesOfAProofAreNotKept() async throws {
        let scene = try await Scene()
        let name = try await scene.tipName()
        try scene.gateway.tick()
        let honest = scene.gateway.state.withLock { $0.checkpoint }
        let served = try padded(honest)
        scene.gateway.state.withLock { $0.checkpoint = served }
        _ = try await scene.desk.open(name, into: scene.into)
        let home = scene.desk.station.home
        let kept = try #require(try home.read(CheckpointMemory.file))
        #expect(kept.count < 2_048)
        #expect(try CheckpointMemory(home).all().last.map { Array($0.note) } == honest)
        let audit = LogAudit(PublicClient(scene.gateway), log: scene.world.log.verifier)
        let log = try await audit.read()
        #expect(log.checkpoint == honest)
        #expect(try CheckpointMemory(home).keep(audited: log) == nil)
    }

    /// As an earlier program has let it grow: 220 trees, 17 MB.
    @Test(arguments: [true, false])
    func aFileOfForeignLinesIsReadAndTrimmed(isFounded: Bool) throws {
        let world = try World()
        let home = isFounded ? try world.home("desk-ar") : Home("\(world.folder)/auditor")
        if !isFounded {
            try FileManager.default.createDirectory(
                atPath: home.path, withIntermediateDirectories: false)
            try home.replace("roster.note", world.sign(world.draft()).note)
        }
        func seen(_ size: UInt64) throws -> SeenCheckpoint {
            let tree = Checkpoint(
                origin: World.origin, size: size, root: Hash256(hashing: [UInt8(size / 256 % 251)]))
            let note = try world.log.sign(tree).encoded
            return SeenCheckpoint(tree, note: size > 56_320 ? note : try padded(note))
        }
        let sizes = (1...221).map { UInt64($0) * 256 }
        try home.save(CheckpointMemory.file, sizes.dropLast().map(seen))
        #expect(
            try home.read(CheckpointMemory.file, limit: Home.stateBytesMax)?.count ?? 0
                > Home.fileBytesMax)
        let memory = CheckpointMemory(home)
        try memory.keep(try seen(sizes[220]))
        #expect(try home.read(CheckpointMemory.file)?.count ?? 0 < 221 * 2_048)
        let all = try memory.all()
        #expect(all.map(\.size) == sizes)
        for one in all {
            let note = try Note(parsing: Array(one.note))
            try note.verifySole(by: world.log.verifier)
        }
    }
}
