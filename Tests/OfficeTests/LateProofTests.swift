import Desk
import Foundation
import Ledger
import Notes
import Roster
import Synchronization
import Testing
import Unit

@testable import Office

/// Proofs that come after the folder of what they are about: the next command puts them there.
@Suite struct LateProofTests {
    private let scene: Scene

    init() async throws {
        scene = try await Scene()
    }

    private func sheet(_ folder: String) throws -> CustodySheet {
        try JSONDecoder().decode(
            CustodySheet.self, from: Data(try #require(scene.file(folder, CustodySheet.file))))
    }

    private func expectHolds(_ proof: String?, _ entry: CheckedEntry) throws {
        let parsed = try TlogProof(parsing: Array(try #require(proof).utf8))
        _ = try parsed.verify(
            commitment: #require(Hash256(entry.commitment)), by: scene.world.log.verifier)
    }

    private var unproven: [String: [String]] {
        get throws { try scene.unit.station.home.state().unproven }
    }

    /// A report that was pulled before its tick was over.
    private func pulled() async throws -> (folder: String, report: CheckedReport) {
        _ = try await scene.route()
        let opened = try await scene.unit.pull(into: scene.into).opened[0]
        let early = try sheet(opened.folder)
        #expect(early.proof == nil && early.reportProof == nil)
        return (opened.folder, opened.report)
    }

    @Test func theNextPullPutsThemIntoTheFolder() async throws {
        let (folder, report) = try await pulled()
        let names = Scratch.names(folder)
        try scene.gateway.tick()
        #expect(try await scene.unit.pull(into: scene.into).broken.isEmpty)
        let late = try sheet(folder)
        try expectHolds(late.proof, report.tip)
        try expectHolds(late.reportProof, report.entry)
        var early = late
        early.proof = nil
        early.reportProof = nil
        #expect(early.tip == report.tip.offered && early.files.count == 1)
        #expect(Scratch.names(folder) == names && Scratch.names(scene.into).count == 1)
        #expect(try unproven.isEmpty)
    }

    /// A folder that lies elsewhere is waited for.
    @Test func aFolderIsFoundWhereItLies() async throws {
        let (folder, report) = try await pulled()
        let elsewhere = "\(scene.world.folder)/elsewhere"
        try FileManager.default.createDirectory(
            atPath: elsewhere, withIntermediateDirectories: false)
        let moved = "\(elsewhere)/\(report.name)"
        try FileManager.default.moveItem(atPath: folder, toPath: moved)
        try scene.gateway.tick()
        #expect(try await scene.unit.pull(into: scene.into).broken.isEmpty)
        #expect(try sheet(moved).proof == nil && unproven.count == 2)
        _ = try await scene.unit.pull(into: elsewhere)
        try expectHolds(try sheet(moved).proof, report.tip)
    }

    /// Kept before its folder had it, and altered since; a sheet that is no sheet; one of another report.
    @Test(arguments: ["proof", "sheet", "other"])
    func whatDoesNotFitIsNamedOnceAndChangesNothing(what: String) async throws {
        let (folder, report) = try await pulled()
        try scene.gateway.tick()
        #expect(try await scene.unit.station.settleAwaited().isEmpty)
        let home = scene.unit.station.home
        let path = "\(folder)/\(CustodySheet.file)"
        switch what {
        case "proof":
            for entry in [report.tip, report.entry] {
                var proof = try #require(try home.proof(of: entry.commitment))
                proof[proof.count / 2] ^= 1
                try home.keep(proof: proof, of: entry)
            }
        case "sheet": Scratch.write(path, Array("{".utf8))
        default:
            var other = try sheet(folder)
            other.tip = try scene.gateway.entry(.status(note: Hash256(hashing: [1])))
            other.report = nil
            Scratch.write(path, try CustodyFolder.encode(other))
        }
        let before = Scratch.bytes(path)
        let broken = try await scene.unit.pull(into: scene.into).broken
        #expect(broken.count == 2 && broken.allSatisfy { $0.exit == .badInput })
        #expect(Scratch.bytes(path) == before)
        #expect(try await scene.unit.pull(into: scene.into).broken.isEmpty)
    }

    @Test func openingATipAgainPutsItsProofThere() async throws {
        let name = try await scene.tipName()
        let folder = try await scene.desk.open(name, into: scene.into).folder
        #expect(try sheet(folder).proof == nil)
        try scene.gateway.tick()
        let again = try await scene.desk.open(name, into: scene.into)
        #expect(again.tip == nil && again.broken.isEmpty)
        try expectHolds(
            try sheet(folder).proof, try scene.desk.tip(named: name).entry)
        #expect(try scene.desk.station.home.state().unproven.isEmpty)
    }
}
