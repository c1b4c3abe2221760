import Desk
import Envelope
import Office
import Testing
import Unit

/// A photo's copy without place and device data, beside its original.
@Suite struct OriginalsTests {
    static let files = [
        Scene.Sent(bytes: [1, 1, 1], name: "a.jpg"),
        Scene.Sent(bytes: [2, 2], name: "b.pdf"),
        Scene.Sent(bytes: [3], name: "a.jpg", copyOf: 0),
    ]

    @Test(arguments: [true, false])
    func theDeskIsShownTheCopyAndOpensTheOriginalOnPurpose(documentFirst: Bool) async throws {
        let scene = try await Scene()
        try scene.send(Self.files, documentFirst: documentFirst)
        let tip = try await scene.tipName(1)
        let opening = try await scene.desk.open(tip, into: scene.into)
        #expect(
            Scratch.names(opening.folder) == [
                "attachment-2.pdf", "attachment-3.jpg", "custody.json", "text.txt", "tip.json",
            ])
        #expect(scene.file(opening.folder, "attachment-3.jpg") == [3])
        let files = try #require(opening.tip?.files)
        #expect(files.map(\.isClosed) == [true, false, false])
        #expect(files.map(\.copyOf) == [nil, nil, "attachment-1.jpg"])
        let journal = OriginalsJournal(scene.desk.station.home)
        #expect(try journal.acts().isEmpty)

        let originals = try await scene.desk.openOriginals(tip, into: scene.into)
        #expect(Scratch.names(originals.folder) == ["act.json", "attachment-1.jpg"])
        #expect(scene.file(originals.folder, "attachment-1.jpg") == [1, 1, 1])
        let act = try #require(originals.act)
        #expect(act.number == 1 && act.tip == tip && act.member.hasSuffix("desk-ar/operator-1"))
        #expect(act.files.map(\.file) == ["attachment-1.jpg"])
        #expect(try journal.acts() == [act])
        // What is open already is not opened again, and not counted again.
        #expect(try await scene.desk.openOriginals(tip, into: scene.into).act == nil)
        let elsewhere = try await scene.desk.openOriginals(tip, into: "\(scene.into)/again")
        #expect(elsewhere.act?.number == 2)
        #expect(try journal.acts().map(\.number) == [1, 2])
    }

    @Test func theUnitIsShownTheCopyToo() async throws {
        let scene = try await Scene()
        try scene.send(Self.files)
        _ = try await scene.route(1)
        let pull = try await scene.unit.pull(into: scene.into)
        let folder = try #require(pull.opened.first?.folder)
        #expect(scene.file(folder, "attachment-1.jpg") == nil)
        #expect(scene.file(folder, "attachment-3.jpg") == [3])
        let originals = try await scene.unit.openOriginals(folder, into: scene.into)
        #expect(originals.folder == "\(folder)-originals" && originals.act?.number == 1)
        #expect(Scratch.names(originals.folder) == ["act.json", "attachment-1.jpg"])
        #expect(scene.file(originals.folder, "attachment-1.jpg") == [1, 1, 1])
    }

    @Test func whatHasNoCopyIsNoActAndIsNotCounted() async throws {
        let scene = try await Scene()
        let tip = try await scene.tipName()
        await #expect(throws: Complaint.self) {
            try await scene.desk.openOriginals(tip, into: scene.into)
        }
        #expect(try OriginalsJournal(scene.desk.station.home).acts().isEmpty)
        #expect(Scratch.names(scene.into).isEmpty)
    }
}
