import Envelope
import Ledger
import Roster
import Sodium
import Testing

@testable import Vault

/// Which successors the vault takes, beyond what every reader of rosters asks of them.
@Suite struct RosterBookTests {
    private let fixture: VaultFixture

    init() throws {
        fixture = try VaultFixture()
    }

    private func key() throws -> KeyLine {
        try #require(
            fixture.newest().activeKeys(of: "desk-ar", use: .envelopeX25519).first)
    }

    /// The next version without this line of desk-ar.
    private func without(_ line: KeyLine) throws -> RosterFiles {
        try fixture.next(rewrite: { text in
            text.replacing(#/\{"line":"([^"]*)","state":[^}]*\},/#) {
                $0.output.1 == line.line ? "" : $0.output.0
            }
        })
    }

    private func send(to line: KeyLine) throws {
        let row = [UInt8](repeating: 1, count: 100)
        let hash = Hash256(hashing: row)
        let tip = TipAppend(
            envelope: hash, deskKey: try #require(Hash256(line.id.bytes))
        ) { slot in
            try slot.write(row: row)
            return SealedTip(body: hash, commit: hash, commitS: hash, size: 100)
        }
        let outcomes = try fixture.core.ledger.appendGroup([.tip(tip)], tick: 0)
        #expect(outcomes.first?.entry != nil)
    }

    private static let leftOut = RosterOutcome.refused(
        RosterError.keyLeftOut(office: "desk-ar").description)

    @Test func aLineToWhichTipsMayStillComeIsNotLeftOut() async throws {
        let line = try key()
        #expect(await fixture.load(try without(line)) == Self.leftOut)
        let grace = try fixture.next {
            try $0.rotateKey(to: Self.another(line), oldAcceptedUntil: VaultFixture.now + 1)
        }
        #expect(await fixture.load(grace) == .taken)
        #expect(await fixture.load(try without(line)) == Self.leftOut)
    }

    /// A desk gets what came to the keys that its lines name.
    @Test func aLineToWhichTipsCameIsNotLeftOut() async throws {
        let line = try key()
        try send(to: line)
        let revoked = try fixture.next { try $0.revokeKey(line.id) }
        #expect(await fixture.load(revoked) == .taken)
        #expect(await fixture.load(try without(line)) == Self.leftOut)
        #expect(fixture.core.book.envelopeKeys(of: "desk-ar").contains(line.id))
    }

    @Test func aRevokedLineThatNothingCameToMayGo() async throws {
        let line = try key()
        let revoked = try fixture.next { try $0.revokeKey(line.id) }
        #expect(await fixture.load(revoked) == .taken)
        #expect(await fixture.load(try without(line)) == .taken)
        #expect(try fixture.newest().key(line.id) == nil)
    }

    private static func another(_ line: KeyLine) throws -> KeyLine {
        try KeyLine(
            origin: line.origin, office: line.office, state: line.state, use: line.use,
            publicKey: Randomness.bytes(line.use.publicKeyBytes))
    }

    /// A vault that cannot seal for a reason of its own must not have the sender give the tip up.
    @Test(
        arguments: [
            (EnvelopeError.unavailable, Refusal.busy), (.outOfOrder, .busy),
            (.malformedEnvelope, .malformed), (.unknownSuite(9), .malformed),
        ] as [(EnvelopeError, Refusal)])
    func whatKeepsATipFromBeingSealedIsToldForWhatItIs(
        error: EnvelopeError, expected: Refusal
    ) throws {
        let hash = Hash256(hashing: [1])
        let tip = TipAppend(envelope: hash, deskKey: hash) { _ in throw error }
        let outcome = try #require(
            try fixture.core.ledger.appendGroup([.tip(tip)], tick: 0).first)
        guard case .refused(let refusal) = outcome else { throw Surprise() }
        #expect(Refusal(refusal) == expected)
    }

    private struct Surprise: Error {}
}
