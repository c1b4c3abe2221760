import Confinement
import Desk
import Envelope
import Foundation
import Notes
import Office
import Roster
import Synchronization
import Testing

/// Commands that are killed at each name they give and take: the same command again finishes the work.
@Suite("Commands that are killed", .enabled(if: Traced.canRun), .serialized)
struct CrashTests {
    private let folder = Scratch.make()
    private var roster: String { "\(folder)/roster" }
    private var home: String { "\(folder)/home" }

    private static func ceremony(_ folder: String) -> Ceremony {
        Ceremony(folder: "\(folder)/roster", now: { World.start })
    }

    private static func authority(_ number: Int, _ folder: String) throws -> NoteSigner {
        try KeyRing.authority(
            path: "\(folder)/authority-\(number).key", passphrase: World.passphrase())
    }

    private static func makeAuthority(_ number: Int, _ folder: String) throws -> KeyDescription {
        try KeyMaking.authority(
            origin: World.origin, name: "authority-\(number)",
            at: KeyPlace(
                path: "\(folder)/authority-\(number).key", passphrase: World.passphrase(),
                cost: .cheap))
    }

    /// Kills the child at every call of this kind but those of the first `skipped`, each time in a fresh copy of what
    /// lies in the folder, and looks at what is left.
    private func atEach(
        _ call: String, _ child: String, _ check: (_ copy: String) throws -> Void
    ) throws {
        for number in 1...40 {
            let copy = Scratch.make()
            defer {
                Scratch.remove(copy)
                Scratch.remove(Traced.trace(of: copy))
            }
            for name in Scratch.names(folder) {
                try FileManager.default.copyItem(
                    atPath: "\(folder)/\(name)", toPath: "\(copy)/\(name)")
            }
            let status = try Traced.run(
                "CrashTests/\(child)",
                ["-e", "inject=/^\(call):signal=KILL:when=\(number)"], copy)
            try check(copy)
            guard status == SIGKILL else {
                #expect(status == 0 && number > 1, "\(call) \(number)")
                return
            }
        }
        Issue.record("\(child) does not end")
    }

    // MARK: Rosters

    @Test(.enabled(if: Traced.folder != nil))
    func signingChild() throws {
        let folder = try #require(Traced.folder)
        _ = try Self.ceremony(folder).sign(with: Self.authority(2, folder))
    }

    @Test(.enabled(if: Traced.folder != nil))
    func editingChild() throws {
        try Self.addUnit("police-ar", try #require(Traced.folder))
    }

    private static func addUnit(_ name: String, _ folder: String) throws {
        try ceremony(folder).edit(days: 80) { (draft) throws(RosterEditError) in
            try draft.addUnit(name, state: "AR")
        }
    }

    /// Version 1 is in force, and version 2 lacks one signature.
    private func prepare() throws {
        let lines = try (1...2).map { try Self.makeAuthority($0, folder).lines[0] }
        let world = try World()
        let ceremony = Self.ceremony(folder)
        try ceremony.found(
            origin: World.origin, authorities: lines.map { try NoteVerifier(vkey: $0) },
            threshold: 2, log: world.log.verifier, tickSeconds: 10, days: 80)
        try ceremony.edit(days: 80) { (draft) throws(RosterEditError) in
            try draft.addDesk("desk-ar", state: "AR")
            for line in world.keys["desk-ar"]?.lines ?? [] { try draft.addKey(line) }
        }
        for number in 1...2 { _ = try ceremony.sign(with: Self.authority(number, folder)) }
        try Self.addUnit("police-br", folder)
        _ = try ceremony.sign(with: Self.authority(1, folder))
    }

    /// Both authorities sign what is being written, and the folder holds.
    private func finish(_ folder: String, version: UInt64) throws {
        let ceremony = Self.ceremony(folder)
        _ = try ceremony.sign(with: Self.authority(1, folder))
        let end = try ceremony.sign(with: Self.authority(2, folder))
        #expect(end == .complete(version: version))
        #expect(try ceremony.verify().version == version)
        #expect(try ceremony.next() == nil)
    }

    @Test(arguments: ["rename", "unlink"])
    func aPublicationIsMadeUpFor(call: String) throws {
        defer { Scratch.remove(folder) }
        try prepare()
        try atEach(call, "signingChild") { copy in
            let ceremony = Self.ceremony(copy)
            if try ceremony.current()?.version == 1 {
                #expect(try ceremony.next()?.version == 2)
                let end = try ceremony.sign(with: Self.authority(2, copy))
                #expect(end == .complete(version: 2))
            }
            #expect(try ceremony.verify().version == 2)
            #expect(try ceremony.next() == nil)
            try Self.addUnit("police-ar", copy)
            try finish(copy, version: 3)
        }
    }

    @Test(arguments: ["rename", "unlink"])
    func anEditIsThereOrNot(call: String) throws {
        defer { Scratch.remove(folder) }
        try prepare()
        try atEach(call, "editingChild") { copy in
            let next = try #require(try Self.ceremony(copy).next())
            #expect(next.office("police-br") != nil)
            if next.office("police-ar") == nil { try Self.addUnit("police-ar", copy) }
            #expect(try Self.ceremony(copy).next()?.office("police-ar") != nil)
            try finish(copy, version: 2)
        }
    }

    // MARK: Homes and keys

    private static let settings = HomeSettings(
        origin: World.origin, gateway: "https://g", staff: "https://s", authorityFile: nil,
        authorities: [], threshold: 1, log: "")

    private static func found(_ folder: String) throws {
        try HomeFounding.found(
            Home("\(folder)/home"), settings, member: "\(folder)/authority-1.key",
            offices: ["\(folder)/authority-2.key"])
    }

    @Test(.enabled(if: Traced.folder != nil))
    func foundingChild() throws {
        try Self.found(try #require(Traced.folder))
    }

    @Test func aHomeIsWholeOrNotSetUp() throws {
        defer { Scratch.remove(folder) }
        for number in 1...2 { _ = try Self.makeAuthority(number, folder) }
        try atEach("link", "foundingChild") { copy in
            let home = Home("\(copy)/home")
            if (try? home.settings()) == nil { try Self.found(copy) }
            #expect(try home.settings() == Self.settings)
            for (name, key) in [("member.key", 1), ("office-1.key", 2)] {
                #expect(
                    Scratch.bytes("\(copy)/home/\(name)")
                        == Scratch.bytes("\(copy)/authority-\(key).key"))
            }
        }
    }

    /// What a stopped set-up left is not another command's to overwrite.
    @Test func anotherKeyInAHomeIsLeftAlone() throws {
        defer { Scratch.remove(folder) }
        for number in 1...2 { _ = try Self.makeAuthority(number, folder) }
        try DurableFile.makeFolder(home)
        Scratch.write("\(home)/member.key", [1])
        #expect(throws: FileError.exists(path: "\(home)/member.key")) {
            try Self.found(folder)
        }
        #expect(Scratch.bytes("\(home)/member.key") == [1])
    }

    @Test(.enabled(if: Traced.folder != nil))
    func keyMakingChild() throws {
        _ = try Self.makeAuthority(1, try #require(Traced.folder))
    }

    @Test func aKeyWithoutItsPublicDescriptionGetsOne() throws {
        defer { Scratch.remove(folder) }
        try atEach("link", "keyMakingChild") { copy in
            let path = "\(copy)/authority-1.key"
            guard DurableFile.exists(path) else { return }
            let signer = try Self.authority(1, copy)
            if !DurableFile.exists("\(copy)/authority-1.pub.json") {
                #expect(throws: KeyFileProblem.unfinished(path: path)) {
                    try Self.makeAuthority(1, copy)
                }
                #expect(try KeyFile.completePublic(path) == "\(copy)/authority-1.pub.json")
            }
            #expect(try KeyFile.completePublic(path) == nil)
            let description = try KeyFile.readDescription("\(copy)/authority-1.pub.json")
            #expect(description.lines == [signer.verifier.vkey])
        }
    }

    // MARK: Reports

    @Test(.enabled(if: Traced.folder != nil))
    func routingChild() async throws {
        let folder = try #require(Traced.folder)
        let scene = try await Scene()
        let home = Home("\(folder)/home")
        try home.found(try scene.desk.station.home.settings())
        let desk = try await scene.world.desk("desk-ar", scene.gateway, home: home)
        let name = try #require(try await desk.list().first?.name)
        _ = try await desk.route(name, to: "police-ar", TriageChoice())
    }

    /// Killed where it would forget the report: its promise is awaited.
    @Test func aReportIsAwaitedBeforeItIsForgotten() throws {
        defer { Scratch.remove(folder) }
        let pending = "\(home)/pending/1.json"
        let status = try Traced.run(
            "CrashTests/routingChild", ["-P", pending, "-e", "inject=unlink:signal=KILL"], folder)
        defer { Scratch.remove(Traced.trace(of: folder)) }
        #expect(status == SIGKILL && DurableFile.exists(pending))
        let state = try Home(home).state()
        #expect(state.awaited.values.map(\.what) == ["report 1 to police-ar"])
        #expect(state.sent["police-ar"]?.highest == 1)
    }
}
