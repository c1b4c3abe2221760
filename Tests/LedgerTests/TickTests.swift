import Foundation
import Notes
import TestSupport
import Testing

@testable import Ledger

@Suite("Ticks, tree and proofs")
struct TickTests {
    private let fixture: LedgerFixture
    private let store: LedgerStore
    private let tick = LedgerFixture.tick

    init() throws {
        fixture = try LedgerFixture()
        store = try fixture.open()
    }

    private func take(_ count: Int, _ prefix: String, tick: UInt64) throws -> [Entry] {
        let items = (0..<count).map { Sample.tip("\(prefix)\($0)", rows: [[UInt8($0 & 255)]]) }
        return try store.appendGroup(items, tick: tick).compactMap(\.entry)
    }

    private func commitments(_ range: Range<UInt64>) throws -> [Hash256] {
        try range.flatMap { index in
            let bundle = try #require(try store.entryBundle(index: index))
            return try #require(Tiles.commitments(inBundle: bundle))
        }
    }

    private func address(_ level: Int, _ index: UInt64, _ width: Int) throws -> TileAddress {
        try #require(TileAddress(level: level, index: index, width: width))
    }

    @Test("a tick's length divides the time, and a day is counted in whole ticks")
    func arithmetic() throws {
        let ticks = try #require(Ticks(lengthSeconds: 3_600))
        #expect(ticks.tick(at: 3_599) == 0)
        #expect(ticks.tick(at: 3_600) == 1)
        #expect(ticks.start(of: 2) == 7_200 && ticks.end(of: 1) == 7_200)
        #expect(ticks.start(of: .max) == .max && ticks.end(of: .max) == .max)
        #expect(ticks.start(of: 1 << 53 - 1) == .max, "no clock reaches it")
        #expect(ticks.perDay == 24)
        #expect(Ticks(lengthSeconds: 7)?.perDay == 12_343)
        #expect(Ticks(lengthSeconds: 0) == nil)
        #expect(Ticks(lengthSeconds: 86_401) == nil)
    }

    @Test("covers fill every growth up to a multiple of 256, and never to nothing")
    func coverCounts() {
        let cases = [(0, 256), (1, 255), (255, 1), (256, 0), (257, 255), (512, 0), (600, 168)]
        for (waiting, covers) in cases {
            #expect(TickCommit.coverCount(for: waiting) == covers)
        }
    }

    @Test("each tick grows the tree by the same, whether something was appended or not")
    func growth() throws {
        #expect(try store.checkpoint() == nil)
        let first = try #require(try store.endTick(tick))
        #expect(first.size == 256)
        _ = try take(3, "a", tick: tick)
        let second = try #require(try store.endTick(tick + 1))
        #expect(second.size == 512)
        #expect(second.added == 256)
        #expect(try store.endTick(tick + 1) == nil)
        #expect(try store.endTick(tick) == nil)
        #expect(try store.checkpoint() == second.checkpoint)
        let tallies = try store.tallies()
        #expect(tallies[.tip] == 3)
        #expect(tallies[.cover] == 509)
        #expect(try store.verifyAll().faults == [])
    }

    @Test("what is promised for the present tick waits; counters do not move before it ends")
    func present() throws {
        let early = try take(2, "early", tick: tick)
        let late = try take(2, "late", tick: tick + 1)
        _ = try store.endTick(tick + 1)
        #expect(try early.allSatisfy { try store.proof(of: $0.commitment) != nil })
        #expect(try late.allSatisfy { try store.proof(of: $0.commitment) == nil })
        #expect(try store.tallies()[.tip] == 2)
        #expect(try store.verifyAll().pending == 2)
        _ = try store.endTick(tick + 2)
        #expect(try late.allSatisfy { try store.proof(of: $0.commitment) != nil })
    }

    @Test("several missed ticks become one, under the same code as any other")
    func missed() throws {
        var promised: [Entry] = []
        for offset in UInt64(0)..<5 { promised += try take(60, "\(offset)/", tick: tick + offset) }
        let outcome = try #require(try store.endTick(tick + 100))
        #expect(outcome.size == 512)
        for entry in promised { #expect(try store.proof(of: entry.commitment) != nil) }
        #expect(try store.verifyAll().checkpoints == 1)
        #expect(try store.verifyAll().faults == [])
    }

    @Test(
        "a tick holds exactly its entries and covers, in an order that is not the order of arrival")
    func order() throws {
        let entries = try take(200, "a", tick: tick)
        _ = try store.endTick(tick + 1)
        let placed = try commitments(0..<1)
        #expect(Set(placed).count == 256)
        #expect(Set(placed).isSuperset(of: entries.map(\.commitment)))
        let arrival = entries.map(\.commitment)
        let inTree = placed.filter { Set(arrival).contains($0) }
        #expect(inTree != arrival)
        // Covers have no side of their own: both halves hold entries.
        #expect(placed[..<128].contains { arrival.contains($0) })
        #expect(placed[128...].contains { arrival.contains($0) })
    }

    @Test("the shuffle's generator is used whole: all bits of its numbers vary")
    func generator() {
        var generator = SodiumGenerator()
        var ones: UInt64 = 0
        var zeros: UInt64 = 0
        for _ in 0..<1_000 {
            let number = generator.next()
            ones |= number
            zeros |= ~number
        }
        #expect(ones == .max)
        #expect(zeros == .max)
    }

    @Test("every entry and every cover is proved against the checkpoint that anyone can fetch")
    func proofs() throws {
        _ = try take(300, "a", tick: tick)
        _ = try store.endTick(tick + 1)
        _ = try take(10, "b", tick: tick + 1)
        _ = try store.endTick(tick + 2)
        let all = try commitments(0..<3)
        #expect(all.count == 768)
        for (index, commitment) in all.enumerated() {
            let proof = try #require(try store.proof(of: commitment))
            #expect(proof.index == UInt64(index))
            let parsed = try TlogProof(parsing: proof.encoded)
            let checkpoint = try parsed.verify(
                commitment: commitment, by: fixture.signer.verifier)
            #expect(checkpoint.size == 768)
        }
        #expect(try store.proof(of: Hash256(hashing: [])) == nil)
    }

    @Test("any two signed trees are consistent, and the proof is checked against their roots")
    func consistency() throws {
        var checkpoints: [Checkpoint] = []
        for offset in UInt64(1)...6 {
            _ = try take(Int(offset) * 50, "\(offset)/", tick: tick + offset)
            let note = try #require(try store.endTick(tick + offset + 1)).checkpoint
            checkpoints.append(try Checkpoint(verifying: note, by: fixture.signer.verifier))
        }
        for old in checkpoints {
            for new in checkpoints where new.size >= old.size {
                let proof = try #require(try store.consistencyProof(from: old.size, to: new.size))
                #expect(
                    MerkleTree.verifyConsistency(
                        from: old.size, oldRoot: old.rootHash, to: new.size, root: new.rootHash,
                        proof: proof))
            }
        }
        #expect(try store.consistencyProof(from: 0, to: 256) == nil)
        #expect(try store.consistencyProof(from: 256, to: 100_000) == nil)
        #expect(try store.consistencyProof(from: 512, to: 256) == nil)
    }

    @Test(
        "tiles lead to the signed root, and partial ones are served as narrow as asked"
    )
    func tiles() throws {
        for offset in UInt64(0)..<4 {
            _ = try take(3, "\(offset)/", tick: tick + offset)
            _ = try store.endTick(tick + offset + 1)
        }
        let leaves = try commitments(0..<4).map { MerkleTree.leafHash($0.bytes) }
        let checkpoint = try Checkpoint(
            verifying: try #require(try store.checkpoint()), by: fixture.signer.verifier)
        #expect(MerkleTree.root(of: leaves) == checkpoint.rootHash)
        for index in UInt64(0)..<4 {
            let tile = try #require(
                try store.tile(address(0, index, 256)))
            let start = Int(index) * 256
            #expect(Tiles.hashes(inTile: tile) == Array(leaves[start..<start + 256]))
        }
        let upper = try #require(try store.tile(address(1, 0, 4)))
        #expect(Tiles.hashes(inTile: upper)?.count == 4)
        let narrow = try store.tile(address(1, 0, 2))
        #expect(narrow == Array(upper.prefix(64)))
        for (level, index, width) in [(1, 0, 5), (1, 0, 256), (0, 4, 256), (2, 0, 1), (63, 0, 1)] {
            #expect(try store.tile(address(level, UInt64(index), width)) == nil)
        }
        #expect(TileAddress(level: 64, index: 0) == nil)
        #expect(TileAddress(level: 0, index: 0, width: 257) == nil)
        #expect(TileAddress(level: 0, index: 0, width: 0) == nil)
        #expect(try store.entryBundle(index: 4) == nil)
        #expect(try store.entryBundle(index: .max) == nil)
        #expect(try store.entryBundle(index: 3, width: 7)?.count == 7 * 34)
        #expect(Tiles.width(level: 1, index: 0, size: 1_024) == 4)
        #expect(Tiles.width(level: 0, index: 3, size: 1_024) == 256)
        #expect(Tiles.width(level: 0, index: 4, size: 1_024) == nil)
        #expect(Tiles.width(level: 9, index: 0, size: 1_024) == nil)
    }

    @Test(
        "upper tiles grow past their width: 66,048 leaves fill a tile of level 1"
    )
    func threeLevels() throws {
        let leaves = (0..<66_048).map {
            MerkleTree.leafHash([UInt8($0 & 255), UInt8($0 >> 8 & 255), UInt8($0 >> 16)])
        }
        let held = HeldTiles()
        var size: UInt64 = 0
        var root = MerkleTree.emptyRoot
        for step in [256, 512, 65_024, 256] {
            let part = Array(leaves[Int(size)..<Int(size) + step])
            let growth = try TileGrowth(of: size, appending: part, onto: held)
            for change in growth.changes {
                held.tiles[change.level, default: [:]][change.index] = change.hashes
            }
            size = growth.size
            root = growth.root
        }
        #expect(size == 66_048)
        #expect(root == MerkleTree.root(of: leaves))
        #expect(held.tiles[1]?[0]?.count == 256)
        #expect(held.tiles[1]?[1]?.count == 2)
        #expect(held.tiles[2]?[0]?.count == 1)
        var fromTiles = TileNodes(held)
        for index in [UInt64(0), 255, 256, 65_535, 65_536, 66_047] {
            let proof = try MerkleTree.inclusionProof(of: index, size: size, from: &fromTiles)
            #expect(
                MerkleTree.verifyInclusion(
                    leafHash: leaves[Int(index)], index: index, size: size, proof: proof, root: root
                ))
        }
    }

    @Test("ending a tick while others append loses nothing and promises no closed tick")
    func concurrentTick() throws {
        let store = store
        let tick = tick
        let done = DispatchGroup()
        done.enter()
        let appender = Thread {
            for index in 0..<200 {
                _ = try? store.appendGroup([Sample.tip("\(index)", rows: [[1]])], tick: tick)
            }
            done.leave()
        }
        appender.start()
        for offset in UInt64(1)...5 { _ = try store.endTick(tick + offset) }
        done.wait()
        let check = try store.verifyAll()
        #expect(check.faults == [])
        #expect(check.entries >= 200)
        _ = try store.endTick(tick + 6)
        #expect(try store.verifyAll().pending == 0)
        #expect(try store.tallies()[.tip] == 200)
    }
}

/// Tiles in memory.
final class HeldTiles: TileSource {
    var tiles: [Int: [UInt64: [Hash256]]] = [:]
    func tile(level: Int, index: UInt64) throws(LedgerError) -> [Hash256]? { tiles[level]?[index] }
}
