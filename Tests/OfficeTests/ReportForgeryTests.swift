import Crypto
import Desk
import Envelope
import Foundation
import Ledger
import Notes
import Office
import Roster
import Sodium
import Synchronization
import Testing
import Unit

/// Reports that a unit must not believe, put into its queue by a gateway that helps the forger.
@Suite struct ReportForgeryTests {
    /// A scene with one honest report in the unit's queue, not yet pulled.
    private func scene() async throws -> (scene: Scene, offered: OfferedReport) {
        let scene = try await Scene()
        _ = try await scene.route()
        let offered = try #require(scene.gateway.state.withLock { $0.reports.first }?.report)
        return (scene, offered)
    }

    private func body(_ offered: OfferedReport) throws -> ReportNote {
        try Note(parsing: Array(offered.note.utf8)).body(ReportNote.self, origin: World.origin)
    }

    /// Delivers the same statement, signed by somebody else, as the only report.
    private func deliver(
        _ scene: Scene, _ offered: OfferedReport, signedBy signer: NoteSigner
    ) throws {
        scene.gateway.state.withLock { $0.reports = [] }
        try scene.deliver(offered, signedBy: signer, number: 1)
    }

    private func refusal(_ scene: Scene) async throws -> (any Explained)? {
        let pull = try await scene.unit.pull(into: scene.into)
        #expect(pull.opened.isEmpty && Scratch.names(scene.into).isEmpty)
        return pull.refused.first?.why
    }

    @Test func aStrangersSignatureIsRefused() async throws {
        let (scene, offered) = try await scene()
        let stranger = try NoteSigner(
            name: "\(World.origin)/desk-ar/operator-1", seed: SecretBytes(random: 32))
        try deliver(scene, offered, signedBy: stranger)
        #expect(try await refusal(scene) as? CustodyProblem == .reportForged)
    }

    @Test func aUnitsMemberCannotReport() async throws {
        let (scene, offered) = try await scene()
        try deliver(scene, offered, signedBy: try scene.world.member("police-br").signer)
        #expect(try await refusal(scene) as? CustodyProblem == .reportForged)
    }

    @Test func anAlteredNoteIsRefused() async throws {
        let (scene, offered) = try await scene()
        let altered = offered.note.replacing("\n1\n", with: "\n2\n")
        scene.gateway.state.withLock { $0.reports = [] }
        try scene.gateway.deliver(
            altered, triage: offered.triage, try body(offered), to: "police-ar")
        #expect(try await refusal(scene) as? CustodyProblem == .reportForged)
    }

    @Test func aRevokedMembersNewReportIsRefusedAndAnOldOneHolds() async throws {
        let (scene, offered) = try await scene()
        let member = try scene.world.member("desk-ar").signer
        try scene.changeRoster { try $0.revokeMember("operator-1", of: "desk-ar") }
        try scene.gateway.tick()
        try scene.deliver(offered, signedBy: member, number: 2)
        let pull = try await scene.returningUnit().pull(into: scene.into)
        #expect(pull.opened.map(\.report.name) == ["desk-ar-000001"])
        #expect(pull.refused.count == 1)
        #expect(pull.refused.first?.why as? CustodyProblem == .reportForged)
    }

    @Test func gapAndRepeatInTheNumbersAreNamed() async throws {
        let (scene, offered) = try await scene()
        let member = try scene.world.member("desk-ar").signer
        try scene.deliver(offered, signedBy: member, number: 3)
        let pull = try await scene.unit.pull(into: scene.into)
        #expect(pull.opened.count == 1)
        #expect(
            pull.refused.first?.why as? SequenceProblem
                == .gap(name: "the reports from desk-ar", expected: 2, actual: 3))
        scene.gateway.state.withLock { _ = $0.reports.removeLast() }
        let again = try body(offered)
        let repeated = ReportNote(
            origin: again.origin, tip: again.tip, number: 1, commitR: again.commitR,
            triageHash: again.triageHash, recipients: again.recipients + again.recipients)
        try scene.gateway.deliver(
            try member.sign(repeated).encodedString, triage: offered.triage, repeated,
            to: "police-ar")
        let second = try await scene.unit.pull(into: scene.into)
        guard
            case .repeated("the reports from desk-ar", 1, _)? =
                second.refused.first?.why as? SequenceProblem
        else {
            Issue.record("the repeat was not named: \(second.refused)")
            return
        }
        #expect(try await scene.unit.pull(into: scene.into).refused.isEmpty, "it was named once")
    }

    @Test func aReplayedReportChangesNothing() async throws {
        let (scene, offered) = try await scene()
        #expect(try await scene.unit.pull(into: scene.into).opened.count == 1)
        try scene.gateway.deliver(
            offered.note, triage: offered.triage, try body(offered), to: "police-ar")
        let pull = try await scene.unit.pull(into: scene.into)
        #expect(pull.opened.isEmpty && pull.known == 1 && pull.refused.isEmpty)
    }

    @Test func aReportAboutAnotherTipOrNoneIsRefused() async throws {
        let (scene, offered) = try await scene()
        let other = try await Scene.send(scene.world, scene.gateway, "another tip")
        let otherTip = try Base64.decodeURL(other.name)
        let old = try body(offered)
        let member = try scene.world.member("desk-ar").signer
        for (index, tip) in [otherTip, [UInt8](repeating: 7, count: 32)].enumerated() {
            let moved = ReportNote(
                origin: old.origin, tip: tip, number: UInt64(index + 1), commitR: old.commitR,
                triageHash: old.triageHash, recipients: old.recipients)
            scene.gateway.state.withLock { $0.reports = [] }
            try scene.gateway.deliver(
                try member.sign(moved).encodedString, triage: offered.triage, moved,
                to: "police-ar")
            // The wrap binds the tip's commitment, so the keys of another tip do not open.
            let why = try await refusal(scene)
            if index == 0 {
                #expect(why as? EnvelopeError == .cannotOpen)
            } else {
                #expect(why as? CustodyProblem == .tipAbsent)
            }
        }
    }

    @Test func anotherTriageOrAnotherUnitsReportIsRefused() async throws {
        let (scene, offered) = try await scene()
        let old = try body(offered)
        let triage = Base64.encode([UInt8](repeating: 1, count: 4_112))
        scene.gateway.state.withLock {
            $0.reports[0].report = OfferedReport(
                cursor: offered.cursor, note: offered.note, entry: offered.entry, triage: triage,
                tip: offered.tip, acknowledged: false)
        }
        #expect(
            try await refusal(scene) as? CustodyProblem == .reportDiffers(what: "triage"))
        let other = try await scene.world.unit("police-br", scene.gateway)
        scene.gateway.state.withLock { $0.reports = [] }
        try scene.gateway.deliver(offered.note, triage: offered.triage, old, to: "police-br")
        let pull = try await other.pull(into: scene.into)
        #expect(pull.refused.first?.why as? CustodyProblem == .notForUs)
    }

    @Test func aDeskWhoseHomeIsNewFindsTheNextNumber() async throws {
        let (scene, _) = try await scene()
        let home = try scene.world.home("second-workstation")
        let desk = try await scene.world.desk("desk-ar", scene.gateway, home: home)
        let name = try #require(try await desk.list().first?.name)
        let routing = try await desk.route(name, to: "police-ar", TriageChoice())
        #expect(routing.number == 2)
        let pull = try await scene.unit.pull(into: scene.into)
        #expect(pull.opened.map(\.report.body.number) == [1, 2])
    }

    /// As a desk's new workstation meets it, whose colleagues have sent thousands.
    @Test func theNumberThatTheGatewayNamesIsTakenAtOnce() async throws {
        let (scene, _) = try await scene()
        scene.gateway.state.withLock {
            $0.numbers["desk-ar to police-ar"] = 9_000
            $0.reportsAsked = 0
        }
        let name = try await scene.tipName()
        let routing = try await scene.desk.route(name, to: "police-ar", TriageChoice())
        #expect(routing.number == 9_001)
        #expect(scene.gateway.state.withLock { $0.reportsAsked } == 2)
    }

    @Test(arguments: [0, 20_000] as [UInt64])
    func aGatewayThatHasLostReportsOrInventsSomeIsNamed(last: UInt64) async throws {
        let (scene, _) = try await scene()
        scene.gateway.state.withLock { $0.numbers["desk-ar to police-ar"] = last }
        let name = try await scene.tipName()
        let error = await #expect(throws: SequenceProblem.self) {
            try await scene.desk.route(name, to: "police-ar", TriageChoice())
        }
        switch error {
        case .repeated(_, let number, _): #expect(last == 0 && number == 1)
        case .gap(_, let expected, let actual):
            #expect(last == 20_000 && expected == 2 && actual == 20_001)
        case nil: break
        }
    }

    @Test func anOfferOfWrongWordsIsRefusedBeforeAnythingIsSent() async throws {
        let scene = try await Scene()
        let name = try await scene.tipName()
        for (unit, choice) in [
            ("nobody", TriageChoice()), ("desk-br", TriageChoice()),
            ("police-ar", TriageChoice(priority: "urgent")),
            ("police-ar", TriageChoice(offence: "nothing")),
        ] {
            let problem = await #expect(throws: Complaint.self) {
                try await scene.desk.route(name, to: unit, choice)
            }
            #expect(problem?.exit == .usage)
        }
        #expect(scene.gateway.state.withLock { $0.reports.isEmpty })
    }
}
