import Envelope
import Notes
import Roster
import Testing

@Suite struct RosterLookupTests {
    private let gateway: Gateway
    private let roster: Roster

    init() throws {
        gateway = try Gateway()
        roster = try gateway.founded()
    }

    @Test func aStateWithoutADeskHasTheRegions() {
        #expect(roster.desk(for: "AR")?.office == "desk-ar")
        #expect(roster.desk(for: "UY")?.office == "desk-region")
        #expect(roster.desk(for: PublicRoster.region)?.office == "desk-region")
    }

    @Test func keysAreFoundByIDInBothParts() throws {
        for office in ["desk-ar", "desk-region", "unit-ar-1", "unit-ar-2"] {
            for key in roster.keys(of: office) {
                let found = try #require(roster.key(key.line.id))
                #expect(found.office.office == office)
                #expect(found.key == key)
            }
        }
        let unit = try #require(roster.keys(of: "unit-ar-1").first)
        #expect(roster.publicPart.key(unit.line.id) == nil)
        let stranger = try Gateway.line("unit-ar-1", "AR", .sealXWing)
        #expect(roster.key(stranger.id) == nil)
        #expect(roster.keys(of: "nobody").isEmpty)
    }

    @Test func membersAreFoundByTheirKeysName() throws {
        let name = "\(Gateway.origin)/unit-ar-1/operator-1"
        let (office, member) = try #require(roster.member(named: name))
        #expect(office.office == "unit-ar-1")
        #expect(office.kind == .unit)
        #expect(member.verifier.name == name)
        #expect(member.pins == [Gateway.pin(2), Gateway.pin(3)])
        #expect(roster.member(named: "\(Gateway.origin)/unit-ar-1/operator-2") == nil)
        #expect(roster.member(named: Gateway.origin) == nil)
    }

    @Test func competenceWidensFromPlaceToRegionAndFromOffenceToAll() throws {
        let two = try gateway.next(after: roster) { draft in
            try draft.setCompetence(
                territory: "AR", offence: "grooming", units: ["unit-ar-2"])
            try draft.setCompetence(territory: "AR-C", offence: "*", units: ["unit-ar-2"])
            try draft.setCompetence(
                territory: "region", offence: "trafficking", units: ["unit-ar-1", "unit-ar-2"])
        }
        func units(_ territory: String, _ offence: String) -> [String] {
            two.units(territory: territory, offence: offence).map(\.office)
        }
        #expect(units("AR", "grooming") == ["unit-ar-2", "unit-ar-1"])
        #expect(units("AR", "other") == ["unit-ar-1"])
        #expect(units("AR-C", "grooming") == ["unit-ar-2"])
        #expect(units("AR-B", "other") == ["unit-ar-1"])
        #expect(units("UY", "trafficking") == ["unit-ar-1", "unit-ar-2"])
        #expect(units("UY", "other").isEmpty)
    }

    @Test func aRotatedKeyIsAcceptedForItsTimeAndARevokedOneNotAtAll() throws {
        let old = try #require(roster.activeKeys(of: "desk-ar", use: .envelopeX25519).first)
        let new = try Gateway.line("desk-ar", "AR", .envelopeX25519)
        let two = try gateway.next(after: roster) {
            try $0.rotateKey(to: new, oldAcceptedUntil: Gateway.now + 10)
        }
        #expect(two.activeKeys(of: "desk-ar", use: .envelopeX25519) == [new])
        #expect(two.publicPart.desk(for: "AR")?.activeKey(.envelopeX25519)?.line == new)
        let rotated = try #require(two.key(old.id)?.key)
        #expect(rotated.isAccepted(at: Gateway.now + 9))
        #expect(!rotated.isAccepted(at: Gateway.now + 10))
        let three = try gateway.next(after: two) { try $0.revokeKey(old.id) }
        #expect(three.key(old.id)?.key.isAccepted(at: 0) == false)
    }
}

@Suite struct RosterTimelineTests {
    private let gateway: Gateway
    private let one: Roster

    init() throws {
        gateway = try Gateway()
        one = try gateway.founded()
    }

    @Test func aVersionCountsFromTheTickAfterItsEntry() throws {
        let two = try gateway.next(after: one) { _ in }
        var timeline = try RosterTimeline(founding: one, entered: 10)
        #expect(timeline.roster(judging: 10) == one)
        #expect(timeline.roster(judging: 0) == one)
        try timeline.append(two, entered: 12)
        #expect(timeline.newest == two)
        #expect(timeline.roster(judging: 12) == one)
        #expect(timeline.roster(judging: 13) == two)
        #expect(timeline.roster(judging: 1_000) == two)
        #expect(timeline.steps.map(\.effective) == [0, 13])
    }

    @Test func whoMayNotSignAnyMoreMayNotAtOnceAndWhoMaySignWaits() throws {
        let post = try #require(one.member(named: "\(Gateway.origin)/desk-ar/operator-1")?.member)
        let two = try gateway.next(after: one) { draft in
            try draft.revokeMember("operator-1", of: "unit-ar-1")
            try draft.rotateMember(
                "operator-1", of: "unit-ar-2",
                verifier: Gateway.member("operator-1", of: "unit-ar-2"), pins: [])
            try draft.renewCertificate(
                "operator-1", of: "desk-ar", verifier: post.verifier, pin: Gateway.pin(9))
            try draft.addMember(
                "operator-2", of: "desk-ar",
                verifier: Gateway.member("operator-2", of: "desk-ar"), pins: [])
        }
        var timeline = try RosterTimeline(founding: one, entered: 0)
        try timeline.append(two, entered: 5)

        let live = timeline.live(at: 5)
        for unit in ["unit-ar-1", "unit-ar-2"] {
            let member = live.member(named: "\(Gateway.origin)/\(unit)/operator-1")?.member
            #expect(member?.isRevoked == true, "\(unit)")
        }
        let desk = live.member(named: "\(Gateway.origin)/desk-ar/operator-1")?.member
        #expect(desk?.isRevoked == false)
        #expect(desk?.pins == [])
        #expect(live.member(named: "\(Gateway.origin)/desk-ar/operator-2") == nil)
        // The view is still the old note's, and what is judged later by its tick is judged without hindsight.
        #expect(live.textHash == one.textHash)
        #expect(timeline.roster(judging: 5) == one)
        #expect(timeline.live(at: 6) == two)
    }

    /// Pages and offices use the newest roster as soon as they see it, and must not be refused for it.
    @Test func keysAreAddressesAtOnce() throws {
        let old = try #require(one.activeKeys(of: "desk-ar", use: .envelopeXWing).first)
        let dropped = try #require(one.activeKeys(of: "desk-ar", use: .envelopeX25519).first)
        let gone = try #require(one.activeKeys(of: "unit-ar-1", use: .sealXWing).first)
        let added = try Gateway.line("desk-ar", "AR", .envelopeXWing)
        let unitKey = try Gateway.line("unit-br-1", "BR", .sealXWing)
        let two = try gateway.next(after: one) { draft in
            try draft.addKey(added)
            try draft.revokeKey(old.id)
            draft = try Gateway.rewritten(
                draft, #"{"line":"\#(dropped.line)","state":"active"},"#, as: "")
            try draft.revokeOffice("unit-ar-1")
            try draft.addUnit("unit-br-1", state: "BR")
            try draft.addKey(unitKey)
            try draft.addMember(
                "operator-1", of: "unit-br-1",
                verifier: Gateway.member("operator-1", of: "unit-br-1"), pins: [])
        }
        var timeline = try RosterTimeline(founding: one, entered: 0)
        try timeline.append(two, entered: 5)
        let live = timeline.live(at: 5)

        #expect(live.key(added.id)?.key.state == .active)
        #expect(live.activeKeys(of: "desk-ar", use: .envelopeXWing) == [added])
        for id in [old.id, dropped.id, gone.id] {
            #expect(live.key(id)?.key.state == .revoked)
        }
        #expect(live.key(unitKey.id)?.office.office == "unit-br-1")
        #expect(live.office("unit-br-1")?.members == [])
        let region = try #require(one.keys(of: "desk-region").first)
        #expect(live.key(region.line.id)?.key.state == .active)
        #expect(live.desk(for: "AR")?.office == "desk-ar")
        // Competence is what somebody may do: it waits.
        #expect(live.units(territory: "AR", offence: "any").map(\.office) == ["unit-ar-1"])
    }

    @Test func theChainHasNoGapsAndNoWayBack() throws {
        let two = try gateway.next(after: one) { _ in }
        let three = try gateway.next(after: two) { _ in }
        var timeline = try RosterTimeline(founding: one, entered: 5)
        #expect(throws: RosterError.wrongPredecessor) { try timeline.append(three, entered: 6) }
        #expect(throws: RosterError.wrongPredecessor) { try timeline.append(two, entered: 4) }
        try timeline.append(two, entered: 5)
        #expect(throws: RosterError.wrongPredecessor) { try timeline.append(two, entered: 6) }
        #expect(throws: RosterError.wrongPredecessor) {
            _ = try RosterTimeline(founding: two, entered: 0)
        }
    }
}
