import Notes
import Roster
import Testing

@Suite struct RosterVerificationTests {
    private let gateway: Gateway

    init() throws {
        gateway = try Gateway()
    }

    @Test func aFoundingIsAcceptedUnderItsOwnRuleAndTheTrustedOne() throws {
        let (note, staff) = try gateway.signed(gateway.founding())
        let roster = try RosterVerification.first(note: note, staff: staff, at: Gateway.now)
        #expect(roster.version == 1)
        let again = try RosterVerification.trusted(
            note: note, staff: staff, trust: roster.trust, at: Gateway.now)
        #expect(again == roster)
        let alone: PublicRoster = try RosterVerification.trusted(
            note: note, trust: roster.trust, at: Gateway.now)
        #expect(alone == roster.publicPart)
        #expect(try PublicRoster(note: note) == roster.publicPart)
    }

    @Test func aFoundingByOthersThanTheTrustedIsRefused() throws {
        let impostor = try Gateway()
        let (note, staff) = try impostor.signed(impostor.founding())
        let trust = try gateway.founded().trust
        #expect(throws: RosterError.strangers) {
            _ = try RosterVerification.first(
                note: note, staff: staff, trust: trust, at: Gateway.now)
        }
        #expect(throws: RosterError.strangers) {
            _ = try RosterVerification.trusted(
                note: note, staff: staff, trust: trust, at: Gateway.now)
        }
    }

    @Test func unsignedIsSaidPlainly() throws {
        let (part, _) = try gateway.founding().finished()
        #expect(throws: RosterError.unsigned) { _ = try RosterVerification.note(part.text) }
        #expect(throws: RosterError.malformed("note")) {
            _ = try RosterVerification.note([1, 2, 3])
        }
    }

    @Test(arguments: [0, 1, 2])
    func oneOfTheTwoNeededIsTooFew(authority: Int) throws {
        let (note, staff) = try gateway.signed(
            gateway.founding(), by: [gateway.authorities[authority]])
        #expect(throws: RosterError.tooFewSignatures(found: 1, needed: 2)) {
            _ = try RosterVerification.first(note: note, staff: staff, at: Gateway.now)
        }
    }

    @Test func strangersOfTheSameNamesAreStrangers() throws {
        let current = try gateway.founded()
        let draft = RosterDraft(after: current, expires: Gateway.expires)
        let (note, staff) = try gateway.signed(draft, by: gateway.strangers)
        #expect(throws: RosterError.strangers) {
            _ = try RosterVerification.successor(
                note: note, staff: staff, of: current, at: Gateway.now)
        }
        let mixed = try gateway.signed(
            draft, by: [gateway.authorities[0], gateway.strangers[1]])
        #expect(throws: RosterError.tooFewSignatures(found: 1, needed: 2)) {
            _ = try RosterVerification.successor(
                note: mixed.note, staff: mixed.staff, of: current, at: Gateway.now)
        }
    }

    @Test func anOlderVersionAndTheSameAgainAreRefused() throws {
        let (first, staff) = try gateway.signed(gateway.founding())
        let one = try RosterVerification.first(note: first, staff: staff, at: Gateway.now)
        let two = try gateway.next(after: one) { _ in }
        #expect(throws: RosterError.older(version: 1, current: 2)) {
            _ = try RosterVerification.successor(
                note: first, staff: staff, of: two, at: Gateway.now)
        }
        #expect(throws: RosterError.older(version: 1, current: 2)) {
            _ = try RosterVerification.sameOrNext(
                note: first, staff: staff, after: two, at: Gateway.now)
        }
        #expect(throws: RosterError.older(version: 1, current: 1)) {
            _ = try RosterVerification.successor(
                note: first, staff: staff, of: one, at: Gateway.now)
        }
    }

    @Test func anotherPredecessorAndALeftOutVersionAreRefused() throws {
        let one = try gateway.founded()
        let sibling = try gateway.next(after: one) { try $0.addUnit("unit-br-1", state: "BR") }
        let two = try gateway.next(after: one) { _ in }
        let (note, staff) = try gateway.signed(
            RosterDraft(after: sibling, expires: Gateway.expires))
        #expect(throws: RosterError.wrongPredecessor) {
            _ = try RosterVerification.successor(
                note: note, staff: staff, of: two, at: Gateway.now)
        }
        #expect(throws: RosterError.leftOut(next: 2)) {
            _ = try RosterVerification.successor(
                note: note, staff: staff, of: one, at: Gateway.now)
        }
        #expect(throws: RosterError.wrongPredecessor) {
            _ = try RosterVerification.first(note: note, staff: staff, at: Gateway.now)
        }
        #expect(throws: RosterError.leftOut(next: 2)) {
            _ = try RosterVerification.sameOrNext(
                note: note, staff: staff, after: one, at: Gateway.now)
        }
        let next = try RosterVerification.sameOrNext(
            note: note, staff: staff, after: sibling, at: Gateway.now)
        #expect(next.version == 3)
    }

    /// A gateway has one key to promise with: under another one nobody would believe its promises.
    @Test func theLogsKeyIsTheSameInEveryVersion() throws {
        let one = try gateway.founded()
        let other = try Gateway().log.verifier
        let draft = try Gateway.rewritten(
            RosterDraft(after: one, expires: Gateway.expires), one.publicPart.log.vkey,
            as: other.vkey)
        let (note, staff) = try gateway.signed(draft)
        #expect(try PublicRoster(note: note).log == other)
        #expect(throws: RosterError.otherLog) {
            _ = try RosterVerification.successor(
                note: note, staff: staff, of: one, at: Gateway.now)
        }
        #expect(throws: RosterError.otherLog) {
            _ = try RosterVerification.later(
                note: note, than: one.publicPart, at: Gateway.now)
        }
    }

    @Test func lifeIsNinetyDaysAtMostAndEnds() throws {
        let (note, staff) = try gateway.signed(gateway.founding())
        let last = Gateway.expires - 1
        _ = try RosterVerification.first(note: note, staff: staff, at: last)
        #expect(throws: RosterError.expired) {
            _ = try RosterVerification.first(note: note, staff: staff, at: last + 1)
        }
        let earliest = Gateway.expires - RosterLimits.lifetimeSecondsMax
        _ = try RosterVerification.first(note: note, staff: staff, at: earliest)
        #expect(throws: RosterError.expiresTooLate) {
            _ = try RosterVerification.first(note: note, staff: staff, at: earliest - 1)
        }
        // Read again from one's own store, an expired roster is still the one that counts.
        let old = try RosterVerification.first(note: note, staff: staff, at: nil)
        #expect(old.isExpired(at: last + 1))
        #expect(!old.isExpired(at: last))
    }

    @Test func aStaffPartOfAnotherHashIsRefused() throws {
        let (note, _) = try gateway.signed(gateway.founding())
        let (_, other) = try Gateway().signed(Gateway().founding())
        #expect(throws: RosterError.staffPartMismatch) {
            _ = try RosterVerification.first(note: note, staff: other, at: Gateway.now)
        }
    }

    @Test func theRuleChangesUnderTheOldRuleOnly() throws {
        let one = try gateway.founded()
        let heirs = try (7...9).map { try Gateway.signer("\(Gateway.origin)/authority-\($0)") }
        var draft = RosterDraft(after: one, expires: Gateway.expires)
        draft.setAuthorities(heirs.map(\.verifier), threshold: 3)
        let usurped = try gateway.signed(draft, by: heirs)
        #expect(throws: RosterError.strangers) {
            _ = try RosterVerification.successor(
                note: usurped.note, staff: usurped.staff, of: one, at: Gateway.now)
        }
        let (note, staff) = try gateway.signed(draft)
        let two = try RosterVerification.successor(
            note: note, staff: staff, of: one, at: Gateway.now)
        let third = RosterDraft(after: two, expires: Gateway.expires)
        let stale = try gateway.signed(third)
        #expect(throws: RosterError.strangers) {
            _ = try RosterVerification.successor(
                note: stale.note, staff: stale.staff, of: two, at: Gateway.now)
        }
        let twoOfThree = try gateway.signed(third, by: Array(heirs.prefix(2)))
        #expect(throws: RosterError.tooFewSignatures(found: 2, needed: 3)) {
            _ = try RosterVerification.successor(
                note: twoOfThree.note, staff: twoOfThree.staff, of: two, at: Gateway.now)
        }
        let signed = try gateway.signed(third, by: heirs)
        let three = try RosterVerification.successor(
            note: signed.note, staff: signed.staff, of: two, at: Gateway.now)
        #expect(three.version == 3)
        // Whoever missed version 2 cannot believe version 3.
        #expect(throws: RosterError.leftOut(next: 2)) {
            _ = try RosterVerification.sameOrNext(
                note: signed.note, staff: signed.staff, after: one, at: Gateway.now)
        }
    }

    @Test func aRuleOfNobodyLetsNobodyIn() throws {
        let (note, staff) = try gateway.signed(gateway.founding())
        let origin = Gateway.origin
        let zero = RosterTrust(
            origin: origin, authorities: gateway.authorities.map(\.verifier), threshold: 0)
        #expect(throws: RosterError.tooFewSignatures(found: 2, needed: 1)) {
            _ = try RosterVerification.trusted(
                note: note, staff: staff, trust: zero, at: Gateway.now)
        }
        let elsewhere = RosterTrust(
            origin: "gateway.example/br", authorities: gateway.authorities.map(\.verifier),
            threshold: 2)
        #expect(throws: RosterError.wrongOrigin) {
            _ = try RosterVerification.trusted(
                note: note, staff: staff, trust: elsewhere, at: Gateway.now)
        }
    }
}
