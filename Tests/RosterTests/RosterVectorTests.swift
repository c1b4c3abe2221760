import Envelope
import Foundation
import Notes
import Roster
import Testing

/// What the independent program made and refuses.
@Suite struct RosterVectorTests {
    private let all: RosterVectors

    init() throws {
        all = try RosterVectors.load()
    }

    /// The first `count` versions, one accepted after the other.
    private func accepted(_ count: Int) throws -> [Roster] {
        var rosters: [Roster] = []
        for version in all.chain.prefix(count) {
            let note = try RosterVerification.note(Array(version.note.utf8))
            let staff = Array(version.staff.utf8)
            rosters.append(
                try rosters.last.map {
                    try RosterVerification.successor(
                        note: note, staff: staff, of: $0, at: version.now)
                }
                    ?? RosterVerification.first(note: note, staff: staff, at: version.now))
        }
        return rosters
    }

    @Test func theChainIsAccepted() throws {
        let rosters = try accepted(all.chain.count)
        #expect(rosters.map(\.version) == [1, 2, 3])
        for (roster, vector) in zip(rosters, all.chain) {
            #expect(Data(roster.textHash) == vector.textSha256)
            #expect(roster.origin == all.origin)
            #expect(roster.staffPart.encoded == Array(vector.staff.utf8))
            let note = try Note(parsing: Array(vector.note.utf8))
            #expect(roster.publicPart.text == note.text)
            #expect(note.encoded == Array(vector.note.utf8))
        }
        // Version 2 revokes a member and replaces an authority.
        let revoked = rosters[1].staffPart.offices.flatMap(\.members).filter(\.isRevoked)
        #expect(revoked.count == 1)
        #expect(rosters[1].trust != rosters[0].trust)
    }

    @Test func keysHaveTheirStatesAtTheirTimes() throws {
        let newest = try #require(try accepted(all.chain.count).last)
        #expect(all.keyStates.count >= 4)
        for vector in all.keyStates {
            let id = try #require(KeyID(base64: vector.keyId))
            let key = newest.publicPart.key(id)?.key
            switch vector.expect {
            case "active":
                #expect(key?.state == .active)
                #expect(key?.isAccepted(at: vector.now) == true)
            case "accepted":
                #expect(key?.state != .active)
                #expect(key?.isAccepted(at: vector.now) == true)
            case "revoked": #expect(key?.isAccepted(at: vector.now) == false)
            case "unknown": #expect(key == nil)
            default: Issue.record("an expectation without a test: \(vector.expect)")
            }
        }
    }

    private func objection(_ vector: RosterVectors.Refused) throws -> RosterError? {
        let bytes = vector.patch.apply(to: all.chain[vector.base - 1].note)
        let staff =
            vector.staff.map { $0.apply(to: all.chain[$0.base - 1].staff) }
            ?? Array(all.chain[vector.base - 1].staff.utf8)
        let current = try accepted(vector.after).last
        do throws(RosterError) {
            let note = try RosterVerification.note(bytes)
            if let current {
                _ = try RosterVerification.successor(
                    note: note, staff: staff, of: current, at: vector.now)
            } else {
                _ = try RosterVerification.first(note: note, staff: staff, at: vector.now)
            }
            return nil
        } catch {
            return error
        }
    }

    /// Whether our objection is one of those that the other program's word stands for.
    private static func matches(_ error: RosterError, _ word: String) -> Bool {
        switch (word, error) {
        case ("threshold", .tooFewSignatures), ("threshold", .strangers),
            ("signature", .badSignature), ("origin", .malformed), ("origin", .wrongOrigin),
            ("version", .older), ("version", .wrongPredecessor), ("version", .leftOut),
            ("expired", .expired),
            ("expires", .expiresTooLate), ("previous", .wrongPredecessor),
            ("previous", .malformed), ("roster", .malformed), ("jcs", .malformed),
            ("note-lines", .malformed), ("staff-hash", .staffPartMismatch),
            ("staff", .malformed), ("log", .otherLog):
            true
        default: false
        }
    }

    @Test func refusedRostersAreRefusedForTheirReason() throws {
        #expect(all.refused.count >= 25)
        for vector in all.refused {
            guard let error = try objection(vector) else {
                Issue.record("\(vector.name) was accepted")
                continue
            }
            #expect(
                Self.matches(error, vector.expect), "\(vector.name): \(error), not \(vector.expect)"
            )
        }
    }
}
