import Envelope
import Notes
import Roster
import Testing

@Suite struct RosterDraftTests {
    private let gateway: Gateway
    private let one: Roster

    init() throws {
        gateway = try Gateway()
        one = try gateway.founded()
    }

    private func edit(_ edit: (inout RosterDraft) throws -> Void) throws {
        var draft = RosterDraft(after: one, expires: Gateway.expires)
        try edit(&draft)
        _ = try draft.finished()
    }

    @Test func editsOfWhatIsNotThereAreRefused() throws {
        #expect(throws: RosterEditError.unknownOffice("x")) {
            try edit { try $0.revokeOffice("x") }
        }
        #expect(throws: RosterEditError.unknownMember("x")) {
            try edit { try $0.revokeMember("x", of: "unit-ar-1") }
        }
        #expect(throws: RosterEditError.notAUnit("desk-ar")) {
            try edit { try $0.setCompetence(territory: "AR", offence: "*", units: ["desk-ar"]) }
        }
        let stranger = try Gateway.line("unit-ar-1", "AR", .sealXWing)
        #expect(throws: RosterEditError.unknownKey) { try edit { try $0.revokeKey(stranger.id) } }
    }

    @Test func namesAndKeysAreTakenOnce() throws {
        #expect(throws: RosterEditError.officeNameTaken("unit-ar-1")) {
            try edit { try $0.addUnit("unit-ar-1", state: "AR") }
        }
        #expect(throws: RosterEditError.officeNameTaken("Unit")) {
            try edit { try $0.addUnit("Unit", state: "AR") }
        }
        #expect(throws: RosterEditError.stateHasDesk("AR")) {
            try edit { try $0.addDesk("desk-ar-2", state: "AR") }
        }
        let member = try Gateway.member("operator-1", of: "unit-ar-1")
        #expect(throws: RosterEditError.memberNameTaken("operator-1")) {
            try edit {
                try $0.addMember("operator-1", of: "unit-ar-1", verifier: member, pins: [])
            }
        }
        let key = try #require(one.keys(of: "unit-ar-1").first).line
        #expect(throws: RosterEditError.keyNotForOffice) { try edit { try $0.addKey(key) } }
        let wrongState = try Gateway.line("unit-ar-1", "BR", .sealXWing)
        #expect(throws: RosterEditError.keyNotForOffice) { try edit { try $0.addKey(wrongState) } }
    }

    @Test func whatWouldBeRefusedIsNotFinished() throws {
        func refusal(_ body: (inout RosterDraft) throws -> Void) -> Bool {
            do {
                try edit(body)
                return false
            } catch RosterEditError.wouldBeRefused {
                return true
            } catch {
                return false
            }
        }
        let misnamed = try Gateway.member("operator-2", of: "unit-ar-2")
        let isMisnamedRefused = refusal {
            try $0.addMember("operator-2", of: "unit-ar-1", verifier: misnamed, pins: [])
        }
        #expect(isMisnamedRefused)
        let authorities = gateway.authorities.map(\.verifier)
        for threshold in [0, 4, -1] {
            #expect(refusal { $0.setAuthorities(authorities, threshold: threshold) })
        }
        #expect(refusal { $0.setAuthorities([authorities[0], authorities[0]], threshold: 1) })
        #expect(refusal { $0.setAuthorities([], threshold: 1) })
        let line = try Gateway.line("unit-ar-1", "AR", .sealXWing)
        let isEndlessRefused = refusal { try $0.rotateKey(to: line, oldAcceptedUntil: .max) }
        #expect(isEndlessRefused)
        let shortPin = try Gateway.member("operator-2", of: "unit-ar-1")
        let isShortPinRefused = refusal {
            try $0.addMember("operator-2", of: "unit-ar-1", verifier: shortPin, pins: [[1]])
        }
        #expect(isShortPinRefused)
        // The log's own key as a member's: a signature would say two things.
        let logKey = try NoteVerifier(
            name: "\(Gateway.origin)/unit-ar-1/operator-2", key: gateway.log.verifier.key)
        let isLogKeyRefused = refusal {
            try $0.addMember("operator-2", of: "unit-ar-1", verifier: logKey, pins: [])
        }
        #expect(isLogKeyRefused)
    }

    @Test func aRevokedOfficeKeepsNothing() throws {
        let two = try gateway.next(after: one) { try $0.revokeOffice("unit-ar-1") }
        let office = try #require(two.office("unit-ar-1"))
        #expect(office.keys.allSatisfy { $0.state == .revoked })
        #expect(office.members.allSatisfy { $0.isRevoked })
        #expect(two.units(territory: "AR", offence: "any").isEmpty)
        let desk = try gateway.next(after: two) { try $0.revokeOffice("desk-ar") }
        #expect(desk.keys(of: "desk-ar").allSatisfy { $0.state == .revoked })
        #expect(desk.publicPart.desk(for: "AR")?.activeKey(.envelopeXWing) == nil)
    }

    @Test func changesAreSaidInPlainWords() throws {
        let key = try #require(one.keys(of: "unit-ar-1").first).line
        let line = try Gateway.line("unit-ar-1", "AR", .sealXWing)
        let heir = try Gateway.signer("\(Gateway.origin)/authority-4").verifier
        let member = try Gateway.member("operator-2", of: "unit-ar-2")
        var draft = RosterDraft(after: one, expires: Gateway.expires + 86_400)
        draft.setAuthorities(gateway.authorities.prefix(2).map(\.verifier) + [heir], threshold: 3)
        try draft.rotateKey(to: line, oldAcceptedUntil: 1_800_000_000)
        try draft.revokeMember("operator-1", of: "unit-ar-1")
        try draft.addMember("operator-2", of: "unit-ar-2", verifier: member, pins: [Gateway.pin(5)])
        try draft.addUnit("unit-hotel", state: "region")
        try draft.setCompetence(territory: "AR", offence: "*", units: ["unit-ar-2"])
        #expect(
            try RosterChange.describe(from: one, to: draft.preview()) == [
                "REMOVES the authority \(gateway.authorities[2].verifier.vkey).",
                "ADDS the authority \(heir.vkey).",
                "CHANGES how many authorities must sign: from 2 to 3 of 3.",
                "Adds the unit unit-hotel of the whole region.",
                "the seal-xwing key \(Fingerprint.text(key.id.bytes)) of unit-ar-1 is now accepted until"
                    + " 2027-01-15 (UTC).",
                "Adds the seal-xwing key \(Fingerprint.text(line.id.bytes)) of unit-ar-1, active.",
                "Revokes the member operator-1 of unit-ar-1.",
                "Adds the member operator-2 of unit-ar-2 with the key \(member.vkey),"
                    + " \(Fingerprint.text(of: member.vkey)).",
                "Adds the certificate \(Fingerprint.text(Gateway.pin(5))) for the"
                    + " member operator-2 of unit-ar-2.",
                "Names unit-ar-2 for every offence in AR, instead of unit-ar-1.",
                "The end moves from 2027-02-06 (UTC) to 2027-02-07 (UTC).",
            ])
    }

    /// A revocation in a hurry is not held up, but whoever signs it has to know.
    @Test func whomNobodyReadsForIsSaidFirst() throws {
        var draft = RosterDraft(after: one, expires: Gateway.expires)
        let key = try #require(one.activeKeys(of: "desk-ar", use: .sealX25519).last)
        try draft.revokeKey(key.id)
        let sent = "SENDS the tips for AR to the region's desk"
        #expect(
            try #require(RosterChange.describe(from: one, to: draft.preview()).first)
                .hasPrefix(sent))
        try draft.revokeOffice("desk-region")
        let next = try draft.preview()
        #expect(!next.publicPart.servesEveryPlace)
        #expect(
            try #require(RosterChange.describe(from: one, to: next).first).hasPrefix(
                "LEAVES NOBODY TO READ for places without a desk of their own, AR: the region"))
        #expect(one.publicPart.servesEveryPlace)
    }

    /// Every office gets it in one piece.
    @Test func aRosterThatNobodyCouldBeHandedIsRefusedByName() throws {
        var draft = try gateway.founding()
        for unit in (1...16).map({ "unit-\($0)" }) {
            try draft.addUnit(unit, state: "AR")
            for name in (1...RosterLimits.membersPerOfficeMax).map({ "member-\($0)" }) {
                try draft.addMember(
                    name, of: unit, verifier: Gateway.member(name, of: unit),
                    pins: (1...8).map(Gateway.pin))
            }
        }
        #expect {
            _ = try draft.finished()
        } throws: { error in
            guard case .wouldBeRefused(let why)? = error as? RosterEditError else { return false }
            return why.description.hasPrefix("The roster is too large: ")
        }
    }

    @Test func aDraftPutAsideGoesOnWhereItWas() throws {
        var draft = RosterDraft(after: one, expires: Gateway.expires)
        try draft.addUnit("unit-br-1", state: "BR")
        let (part, staff) = try draft.finished()
        var resumed = try RosterDraft(resuming: part.text, staff: staff)
        #expect(try resumed.preview() == draft.preview())
        try resumed.addUnit("unit-br-2", state: "BR")
        #expect(try resumed.preview().office("unit-br-2") != nil)
        #expect(throws: RosterError.self) {
            _ = try RosterDraft(resuming: staff, staff: staff)
        }
    }

    @Test func aNewCertificateTakesTheOldOnesPlaceAndNeedsTheSameSigningKey() throws {
        let post = try #require(one.member(named: "\(Gateway.origin)/desk-ar/operator-1")?.member)
        var draft = RosterDraft(after: one, expires: Gateway.expires)
        try draft.renewCertificate(
            "operator-1", of: "desk-ar", verifier: post.verifier, pin: Gateway.pin(9))
        let old = post.pins.map {
            "Withdraws the certificate \(Fingerprint.text($0)) of the member operator-1 of desk-ar."
        }
        #expect(
            try RosterChange.describe(from: one, to: draft.preview()) == old + [
                "Adds the certificate \(Fingerprint.text(Gateway.pin(9))) for the"
                    + " member operator-1 of desk-ar."
            ])
        let stranger = try Gateway.member("operator-1", of: "desk-ar")
        #expect(throws: RosterEditError.otherSigningKey("operator-1")) {
            try draft.renewCertificate(
                "operator-1", of: "desk-ar", verifier: stranger, pin: Gateway.pin(8))
        }
        #expect(throws: RosterEditError.unknownMember("operator-9")) {
            try draft.renewCertificate(
                "operator-9", of: "desk-ar", verifier: post.verifier, pin: Gateway.pin(8))
        }
    }

    @Test func aNameThatWouldBeReadAsAnOptionIsNotGiven() throws {
        var draft = RosterDraft(after: one, expires: Gateway.expires)
        #expect(throws: RosterEditError.officeNameTaken("-x")) {
            try draft.addUnit("-x", state: "AR")
        }
        #expect(throws: RosterEditError.memberNameTaken("-x")) {
            try draft.addMember(
                "-x", of: "desk-ar", verifier: Gateway.member("-x", of: "desk-ar"), pins: [])
        }
    }

    @Test func nothingChangedIsNothingSaid() throws {
        let draft = RosterDraft(after: one, expires: Gateway.expires)
        #expect(try RosterChange.describe(from: one, to: draft.preview()).isEmpty)
    }

    @Test func aFoundingNamesAllItHas() throws {
        let lines = RosterChange.describe(from: nil, to: one)
        let text = lines.joined(separator: "\n")
        #expect(lines.first?.contains(Gateway.origin) == true)
        for authority in gateway.authorities { #expect(text.contains(authority.verifier.vkey)) }
        #expect(text.contains(gateway.log.verifier.vkey))
        for office in one.staffPart.offices {
            #expect(text.contains(office.office))
            for key in one.keys(of: office.office) {
                #expect(text.contains(Fingerprint.text(key.line.id.bytes)))
            }
            for member in office.members { #expect(text.contains(member.verifier.vkey)) }
        }
    }
}
