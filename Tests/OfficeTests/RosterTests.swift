import Confinement
import Desk
import Envelope
import Foundation
import Notes
import Office
import Roster
import Sodium
import Synchronization
import Testing

@Suite struct CeremonyTests {
    private let world: World
    private let ceremony: Ceremony

    init() throws {
        world = try World()
        ceremony = Ceremony(folder: "\(world.folder)/roster", now: { World.start })
        try ceremony.found(
            origin: World.origin, authorities: world.authorities.map(\.verifier), threshold: 2,
            log: world.log.verifier, tickSeconds: 10, days: 80)
    }

    private func addDesk() throws {
        try ceremony.edit(days: 80) { (draft) throws(RosterEditError) in
            try draft.addDesk("desk-ar", state: "AR")
            for line in world.keys["desk-ar"]?.lines ?? [] { try draft.addKey(line) }
        }
    }

    @Test func twoOfThreeMakeItValid() throws {
        try addDesk()
        #expect(try ceremony.current() == nil)
        #expect(try ceremony.changes().contains { $0.contains("desk-ar") })
        #expect(try ceremony.sign(with: world.authorities[2]) == .waiting(found: 1, needed: 2))
        #expect(try ceremony.sign(with: world.authorities[2]) == .waiting(found: 1, needed: 2))
        #expect(throws: Complaint.self) { try ceremony.verify() }
        #expect(try ceremony.sign(with: world.authorities[0]) == .complete(version: 1))
        #expect(try ceremony.verify().version == 1)
        #expect(try ceremony.next() == nil)
    }

    @Test func aStrangerCannotSignAndForeignTrustDoesNotHold() throws {
        try addDesk()
        let stranger = try NoteSigner(
            name: "\(World.origin)/authority-4", seed: SecretBytes(random: 32))
        let problem = #expect(throws: Complaint.self) { try ceremony.sign(with: stranger) }
        #expect(problem?.exit == .refused)
        _ = try ceremony.sign(with: world.authorities[0])
        _ = try ceremony.sign(with: world.authorities[1])
        let trust = RosterTrust(
            origin: World.origin, authorities: [stranger.verifier], threshold: 1)
        #expect(throws: RosterError.strangers) { try ceremony.verify(trust: trust) }
    }

    @Test func anEditDropsTheSignaturesGivenToTheOldText() throws {
        try addDesk()
        _ = try ceremony.sign(with: world.authorities[0])
        try ceremony.edit(days: 80) { (draft) throws(RosterEditError) in
            try draft.addUnit("police-ar", state: "AR")
        }
        #expect(try ceremony.sign(with: world.authorities[1]) == .waiting(found: 1, needed: 2))
    }

    @Test func theNextVersionIsSignedUnderTheRuleBefore() throws {
        try addDesk()
        _ = try ceremony.sign(with: world.authorities[0])
        _ = try ceremony.sign(with: world.authorities[1])
        let newcomer = try NoteSigner(
            name: "\(World.origin)/authority-4", seed: SecretBytes(random: 32))
        try ceremony.edit(days: 80) { (draft) throws(RosterEditError) in
            draft.setAuthorities([newcomer.verifier], threshold: 1)
        }
        #expect(throws: Complaint.self) { try ceremony.sign(with: newcomer) }
        _ = try ceremony.sign(with: world.authorities[1])
        #expect(try ceremony.sign(with: world.authorities[2]) == .complete(version: 2))
        #expect(try ceremony.verify().version == 2)
        try ceremony.edit(days: 80) { (draft) throws(RosterEditError) in
            try draft.addUnit("police-ar", state: "AR")
        }
        #expect(throws: Complaint.self) { try ceremony.sign(with: world.authorities[1]) }
        #expect(try ceremony.sign(with: newcomer) == .complete(version: 3))
    }

    /// A draft changed by hand: no command changes the log's key, and nobody is shown or asked to sign such a version.
    @Test func aVersionWithAnotherLogIsNotSigned() throws {
        try addDesk()
        _ = try ceremony.sign(with: world.authorities[0])
        _ = try ceremony.sign(with: world.authorities[1])
        try ceremony.edit(days: 80) { (draft) throws(RosterEditError) in
            try draft.addUnit("police-ar", state: "AR")
        }
        let path = "\(world.folder)/roster/next.text"
        let text = String(decoding: try #require(Scratch.bytes(path)), as: UTF8.self)
        let other = try NoteSigner(name: World.origin, seed: SecretBytes(random: 32)).verifier
        Scratch.write(
            path, Array(text.replacing(world.log.verifier.vkey, with: other.vkey).utf8))
        #expect(throws: RosterError.otherLog) { try ceremony.sign(with: world.authorities[0]) }
        #expect(throws: RosterError.otherLog) { try ceremony.changes() }
        #expect(try ceremony.verify().version == 1)
    }

    @Test func aTornFolderIsNoRoster() throws {
        try addDesk()
        _ = try ceremony.sign(with: world.authorities[0])
        _ = try ceremony.sign(with: world.authorities[1])
        let path = "\(world.folder)/roster/roster.staff.json"
        var bytes = try #require(Scratch.bytes(path))
        bytes[bytes.count / 2] ^= 1
        Scratch.write(path, bytes)
        #expect(throws: RosterError.staffPartMismatch) { try ceremony.verify() }
    }
}

@Suite struct RosterTrustTests {
    /// A station of desk-ar whose gateway serves this roster, in a home that may have seen others.
    private func station(
        _ world: World, _ gateway: FakeGateway, _ roster: (note: [UInt8], staff: [UInt8]),
        home: Home
    ) async throws -> Station {
        try gateway.enter(roster)
        return try await world.station("desk-ar", gateway, home: home)
    }

    private func next(
        _ world: World, after roster: (note: [UInt8], staff: [UInt8])
    ) throws -> RosterDraft {
        let current = try Roster(note: Note(parsing: roster.note), staff: roster.staff)
        return RosterDraft(after: current, expires: World.start + 80 * 86_400)
    }

    @Test func onlyTheAuthoritiesPinnedAtSetUpAreBelieved() async throws {
        let world = try World()
        let stranger = try World()
        let gateway = try FakeGateway(world)
        let home = try world.home("desk-ar")
        await #expect(throws: RosterError.tooFewSignatures(found: 1, needed: 2)) {
            try await station(
                world, gateway, try world.sign(world.draft(), signers: 1), home: home)
        }
        await #expect(throws: RosterError.strangers) {
            try await station(
                world, gateway, try stranger.sign(stranger.draft()), home: home)
        }
        let (body, staff) = try world.draft().finished()
        await #expect(throws: RosterError.unsigned) {
            try await station(world, gateway, (body.text, staff), home: home)
        }
        _ = try await station(world, gateway, try world.sign(world.draft()), home: home)
    }

    @Test func anOlderRosterAndAnotherHistoryAreRefused() async throws {
        let world = try World()
        let gateway = try FakeGateway(world)
        let home = try world.home("desk-ar")
        let first = try world.sign(world.draft())
        _ = try await station(world, gateway, first, home: home)
        let second = try world.sign(next(world, after: first))
        #expect(
            try await station(world, gateway, second, home: home).rosters.newest.version == 2)
        await #expect(throws: RosterError.older(version: 1, current: 2)) {
            try await station(world, gateway, first, home: home)
        }
        var other = try next(world, after: first)
        try other.revokeOffice("police-br")
        await #expect(throws: RosterError.older(version: 2, current: 2)) {
            try await station(world, gateway, try world.sign(other), home: home)
        }
    }

    /// What a home does not begin with it goes on with, since it names who is revoked; nothing is routed by it.
    @Test func anExpiredRosterIsNoBeginningAndStopsRouting() async throws {
        let world = try World()
        let gateway = try FakeGateway(world)
        let short = try world.sign(world.draft(expires: World.start + 1_000))
        let home = try world.home("desk-ar")
        _ = try await station(world, gateway, short, home: home)
        _ = try await Scene.send(world, gateway, "a tip")
        gateway.wait(2_000)
        let fresh = try world.home("fresh")
        await #expect(throws: RosterError.expired) {
            try await station(world, gateway, short, home: fresh)
        }
        let current = try Roster(note: Note(parsing: short.note), staff: short.staff)
        let later = try world.sign(RosterDraft(after: current, expires: World.start + 1_500))
        let taken = try await station(world, gateway, later, home: home)
        #expect(taken.rosters.newest.version == 2)
        await #expect(throws: RosterError.expired) {
            try await world.station("desk-ar", gateway, home: fresh)
        }
        let desk = try await world.desk("desk-ar", gateway, home: home)
        try gateway.tick()
        let name = try #require(try await desk.list().first?.name)
        let problem = await #expect(throws: RosterError.self) {
            try await desk.route(name, to: "police-ar", TriageChoice())
        }
        #expect(problem == .expired && problem?.exit == .refused)
    }

    /// A version that has time left has 90 days at most, in whichever home.
    @Test func aRosterWithALongLifeIsRefused() async throws {
        let world = try World()
        let gateway = try FakeGateway(world)
        let home = try world.home("desk-ar")
        let first = try world.sign(world.draft())
        _ = try await station(world, gateway, first, home: home)
        let current = try Roster(note: Note(parsing: first.note), staff: first.staff)
        let long = try world.sign(RosterDraft(after: current, expires: World.start + 91 * 86_400))
        await #expect(throws: RosterError.expiresTooLate) {
            try await station(world, gateway, long, home: home)
        }
        await #expect(throws: RosterError.expiresTooLate) {
            try await PublicTrust.roster(
                from: PublicClient(gateway), home: home, at: gateway.now)
        }
    }

    // MARK: Set-up

    /// A home that was set up with this roster.
    private func home(
        _ world: World, _ name: String, given roster: (note: [UInt8], staff: [UInt8])
    ) throws -> Home {
        let path = "\(world.folder)/\(name).note"
        Scratch.write(path, roster.note)
        let home = Home("\(world.folder)/\(name)")
        try home.found(
            HomeFounding.settings(
                note: path, gateway: "https://g", staff: "https://s", authorityFile: nil))
        return home
    }

    private func publicRoster(_ gateway: FakeGateway, _ home: Home) async throws -> PublicRoster {
        try await PublicTrust.roster(from: PublicClient(gateway), home: home, at: gateway.now)
    }

    @Test func aHomeBelievesNoOlderRosterThanItWasGiven() async throws {
        let world = try World()
        let gateway = try FakeGateway(world)
        let first = try world.sign(world.draft())
        let second = try world.sign(next(world, after: first))
        let third = try world.sign(next(world, after: second))
        let home = try home(world, "home", given: second)
        let refusal = CustodyProblem.rosterNotHandedOver(version: 1, handed: 2)
        await #expect(throws: refusal) { try await publicRoster(gateway, home) }
        await #expect(throws: refusal) { try await station(world, gateway, first, home: home) }
        #expect(Scratch.names("\(home.path)/rosters").isEmpty)
        try gateway.enter(second)
        #expect(try await station(world, gateway, third, home: home).rosters.newest.version == 3)
        #expect(try await publicRoster(gateway, home).version == 3)
    }

    @Test func aHomeBelievesNoOtherRosterThanItWasGiven() async throws {
        let world = try World()
        let gateway = try FakeGateway(world)
        let first = try world.sign(world.draft())
        let second = try world.sign(next(world, after: first))
        var draft = try next(world, after: first)
        try draft.revokeOffice("police-br")
        let refusal = CustodyProblem.rosterNotHandedOver(version: 2, handed: 2)
        let given = try world.sign(draft)
        let (one, two) = (
            try home(world, "one", given: given), try home(world, "two", given: given)
        )
        await #expect(throws: refusal) { try await station(world, gateway, second, home: one) }
        await #expect(throws: refusal) { try await publicRoster(gateway, one) }
        let third = try world.sign(next(world, after: second))
        await #expect(throws: refusal) { try await station(world, gateway, third, home: two) }
    }

    @Test func theWrongKindOfOfficeIsRefused() async throws {
        let world = try World()
        let gateway = try FakeGateway(world)
        await #expect(throws: Complaint(.refused, "police-ar is no desk of this roster.")) {
            try await world.desk("police-ar", gateway)
        }
    }

    @Test func settingUpPinsWhatTheNoteSaysAndCopiesSealedKeys() throws {
        let world = try World()
        let roster = try world.sign(world.draft())
        Scratch.write("\(world.folder)/roster.note", roster.note)
        let settings = try HomeFounding.settings(
            note: "\(world.folder)/roster.note", gateway: "https://g", staff: "https://s",
            authorityFile: nil)
        #expect(settings.authorities == world.authorities.map(\.verifier.vkey))
        #expect(settings.threshold == 2 && settings.origin == World.origin)
        let home = Home("\(world.folder)/home")
        let key = world.memberFile("desk-ar")
        try DurableFile.makeFolder(home.path)
        try home.replace("roster.note", roster.note)
        try HomeFounding.found(home, settings, member: key, offices: [key])
        #expect(try home.read("roster.note") == nil, "it was believed before anybody was pinned")
        #expect(Scratch.bytes("\(home.path)/member.key") == Scratch.bytes(key))
        #expect(throws: FileError.self) {
            try HomeFounding.found(home, settings, member: key, offices: [])
        }
    }
}
