import Envelope
import Ledger
import Notes
import Office
import Roster
import Sodium
import Synchronization
import Testing
import Unit

extension Scene {
    /// Puts the next version of the roster into the log, in the present tick.
    func changeRoster(_ edit: (inout RosterDraft) throws -> Void) throws {
        let served = try #require(gateway.state.withLock { $0.roster })
        let current = try Roster(
            note: Note(parsing: Array(served.note.utf8)), staff: Array(served.staff.utf8))
        var draft = RosterDraft(after: current, expires: gateway.now + 80 * 86_400)
        try edit(&draft)
        try gateway.enter(try world.sign(draft))
    }

    /// Delivers a report's statement once more, under another number and signature.
    func deliver(_ offered: OfferedReport, signedBy signer: NoteSigner, number: UInt64) throws {
        let old = try Note(parsing: Array(offered.note.utf8))
            .body(ReportNote.self, origin: World.origin)
        let new = ReportNote(
            origin: old.origin, tip: old.tip, number: number, commitR: old.commitR,
            triageHash: old.triageHash, recipients: old.recipients)
        try gateway.deliver(
            try signer.sign(new).encodedString, triage: offered.triage, new, to: "police-ar")
    }

    /// The unit as it sits down again in its home, and reads the roster anew.
    func returningUnit() async throws -> UnitWork {
        try await world.unit("police-ar", gateway, home: unit.station.home)
    }
}

/// A unit that was away while the roster changed: what counts is the tick of the roster's entry, not when the unit saw it.
@Suite struct RosterTickTests {
    private let scene: Scene
    private let offered: OfferedReport
    private let member: NoteSigner

    /// The unit knows version 1; report 1 is in its queue.
    init() async throws {
        scene = try await Scene()
        _ = try await scene.route()
        offered = try #require(scene.gateway.state.withLock { $0.reports.first }?.report)
        member = try scene.world.member("desk-ar").signer
    }

    private func newcomer(_ name: String = "operator-2") throws -> NoteSigner {
        try NoteSigner(
            name: "\(World.origin)/desk-ar/\(name)", seed: SecretBytes(random: 32))
    }

    private func add(_ newcomer: NoteSigner) throws {
        try scene.changeRoster {
            try $0.addMember("operator-2", of: "desk-ar", verifier: newcomer.verifier, pins: [])
        }
    }

    /// Pulls after some ticks more, and gives the numbers that were opened and the places that were called forged.
    private func pulled() async throws -> (opened: [UInt64], forged: Int) {
        try scene.gateway.tick()
        try scene.gateway.tick()
        // The first sees the roster, the second finds it in its home.
        _ = try await scene.returningUnit()
        let pull = try await scene.returningUnit().pull(into: scene.into)
        let forged = pull.refused.filter { $0.why as? CustodyProblem == .reportForged }
        #expect(forged.count == pull.refused.count)
        return (pull.opened.map(\.report.body.number), forged.count)
    }

    @Test func aMemberWhoWasAddedMeanwhileIsBelieved() async throws {
        let newcomer = try newcomer()
        try add(newcomer)
        try scene.gateway.tick()
        try scene.deliver(offered, signedBy: newcomer, number: 2)
        try scene.gateway.tick()
        try scene.deliver(offered, signedBy: member, number: 3)
        #expect(try await pulled() == ([1, 2, 3], 0))
    }

    @Test func aNewMemberCountsFromTheTickAfterTheRosters() async throws {
        let newcomer = try newcomer()
        try add(newcomer)
        try scene.deliver(offered, signedBy: newcomer, number: 2)
        #expect(try await pulled() == ([1], 1))
    }

    @Test func aMemberWhoWasRevokedMeanwhileIsNotBelievedSince() async throws {
        try scene.gateway.tick()
        try scene.changeRoster { try $0.revokeMember("operator-1", of: "desk-ar") }
        // Taken before the revocation, for all that the tick says: the vault refuses it after.
        try scene.deliver(offered, signedBy: member, number: 2)
        try scene.gateway.tick()
        try scene.deliver(offered, signedBy: member, number: 3)
        #expect(try await pulled() == ([1, 2], 1))
    }

    @Test func aMemberWhoseKeyWasReplacedMeanwhileIsBelievedByTheNewOneAlone() async throws {
        let replacement = try newcomer("operator-1")
        try scene.changeRoster {
            try $0.rotateMember(
                "operator-1", of: "desk-ar", verifier: replacement.verifier, pins: [])
        }
        try scene.gateway.tick()
        try scene.deliver(offered, signedBy: replacement, number: 2)
        try scene.deliver(offered, signedBy: member, number: 3)
        #expect(try await pulled() == ([1, 2], 1))
    }

    /// Versions 2 and 3 came and went while the unit was away.
    @Test func eachMissedVersionJudgesWhatWasSignedUnderIt() async throws {
        let newcomer = try newcomer()
        try add(newcomer)
        try scene.gateway.tick()
        try scene.deliver(offered, signedBy: newcomer, number: 2)
        try scene.changeRoster {
            try $0.revokeMember("operator-1", of: "desk-ar")
            try $0.revokeMember("operator-2", of: "desk-ar")
        }
        try scene.gateway.tick()
        try scene.deliver(offered, signedBy: newcomer, number: 3)
        try scene.changeRoster { _ in }
        try scene.gateway.tick()
        try scene.deliver(offered, signedBy: member, number: 3)
        #expect(try await pulled() == ([1, 2], 2))
    }

    @Test func aMissedVersionThatIsNotServedOrNotTheNextIsRefused() async throws {
        try scene.changeRoster { _ in }
        let second = try #require(scene.gateway.state.withLock { $0.roster })
        try scene.changeRoster { _ in }
        let third = try #require(scene.gateway.state.withLock { $0.roster })
        for lie in [nil, third] {
            scene.gateway.state.withLock { $0.rosters[2] = lie }
            await #expect(throws: (any Error).self) { try await scene.returningUnit() }
        }
        scene.gateway.state.withLock { $0.rosters[2] = second }
        #expect(try await scene.returningUnit().station.rosters.newest.version == 3)
        // It is in the home now.
        scene.gateway.state.withLock { $0.rosters = [:] }
        #expect(try await scene.returningUnit().station.rosters.newest.version == 3)
    }

    @Test func aRosterWhoseEntryIsNotItsOwnIsRefused() async throws {
        try scene.changeRoster { _ in }
        let honest = try #require(scene.gateway.state.withLock { $0.roster })
        let note = Hash256(hashing: Array(honest.note.utf8))
        let stranger = try NoteSigner(name: World.origin, seed: SecretBytes(random: 32))
        let differs = CustodyProblem.recordDiffers(what: "roster 2")
        for (entry, problem) in [
            (try scene.gateway.entry(.roster(note: Hash256(hashing: [1]), version: 2)), differs),
            (try scene.gateway.entry(.roster(note: note, version: 1)), differs),
            (try scene.gateway.entry(.page(note: note)), differs),
            (
                try scene.gateway.entry(.roster(note: note, version: 2), by: stranger),
                .promiseForged(what: "roster 2")
            ),
        ] {
            scene.gateway.state.withLock {
                $0.roster = OfferedRoster(entry: entry, about: honest.about)
            }
            await #expect(throws: problem) { try await scene.returningUnit() }
        }
        scene.gateway.state.withLock { $0.roster = honest }
        #expect(try await scene.returningUnit().station.rosters.newest.version == 2)
    }

    @Test func aRosterThatIsSaidToBeOlderThanTheOneBeforeIsRefused() async throws {
        scene.gateway.state.withLock { $0.now -= 10 * World.tickSeconds }
        try scene.changeRoster { _ in }
        await #expect(throws: RosterError.wrongPredecessor) {
            try await scene.returningUnit()
        }
    }

    // MARK: Homes that begin later

    /// What a second workstation of the unit opens and calls forged, in a home of its own.
    private func pulledAnew(
        _ home: String = "second"
    ) async throws -> (opened: [UInt64], forged: Int) {
        let unit = try await scene.world.unit(
            "police-ar", scene.gateway, home: try scene.world.home(home))
        let pull = try await unit.pull(into: "\(scene.world.folder)/\(home)")
        let forged = pull.refused.filter { $0.why as? CustodyProblem == .reportForged }
        #expect(forged.count == pull.refused.count)
        return (pull.opened.map(\.report.body.number), forged.count)
    }

    @Test func aNewHomeBelievesWhoWasInForceThen() async throws {
        let replacement = try newcomer("operator-1")
        try scene.gateway.tick()
        try scene.changeRoster {
            try $0.rotateMember(
                "operator-1", of: "desk-ar", verifier: replacement.verifier, pins: [])
        }
        try scene.gateway.tick()
        try scene.deliver(offered, signedBy: replacement, number: 2)
        try scene.changeRoster { try $0.revokeMember("operator-1", of: "desk-ar") }
        try scene.gateway.tick()
        try scene.deliver(offered, signedBy: replacement, number: 3)
        #expect(try await pulledAnew() == ([1, 2], 1))
    }

    @Test func aNewHomeDoesNotBelieveWhoCameLater() async throws {
        let newcomer = try newcomer()
        try scene.deliver(offered, signedBy: newcomer, number: 2)
        try scene.gateway.tick()
        try add(newcomer)
        try scene.gateway.tick()
        try scene.deliver(offered, signedBy: newcomer, number: 2)
        #expect(try await pulledAnew() == ([1, 2], 1))
    }

    /// Versions 1 to 3, of which the gateway withholds one at first, or gives another for it.
    @Test func aNewHomeThatIsNotGivenAVersionNamesItAndGoesOnLater() async throws {
        let newcomer = try newcomer()
        try add(newcomer)
        try scene.gateway.tick()
        try scene.changeRoster { try $0.revokeMember("operator-1", of: "desk-ar") }
        try scene.gateway.tick()
        let honest = scene.gateway.state.withLock { $0.rosters }
        let home = try scene.world.home("second")
        func sitDown() async throws -> Station {
            try await scene.world.station("police-ar", scene.gateway, home: home)
        }
        for (version, lie) in [(2, nil), (2, honest[1]), (1, nil), (1, honest[2])]
            as [(UInt64, OfferedRoster?)]
        {
            scene.gateway.state.withLock { $0.rosters[version] = lie }
            let problem = CustodyProblem.rosterMissing(version: version)
            await #expect(throws: problem) { try await sitDown() }
            #expect(problem.sentence.contains("version \(version) "))
            scene.gateway.state.withLock { $0.rosters = honest }
        }
        let all = try await sitDown().rosters
        scene.gateway.state.withLock { $0.rosters = [:] }
        for rosters in [all, try await sitDown().rosters] {
            #expect(rosters.newest.version == 3)
            let member = "\(World.origin)/desk-ar/operator-2"
            #expect(rosters.roster(judging: 0).member(named: member) == nil)
            #expect(rosters.roster(judging: 0).version == 1)
        }
    }
}
