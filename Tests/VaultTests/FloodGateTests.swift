import Envelope
import Ledger
import Notes
import Synchronization
import Testing

@testable import Vault

/// What counts as work, and when it is looked at.
@Suite struct FloodGateTests {
    private static let roots = [Hash256(hashing: [1]), Hash256(hashing: [2])]
    private static let envelope = Hash256(hashing: [3])
    private static let limits = FloodLimits(tipsPerMinute: 1, formsPerMinute: 1)

    private let gate = FloodGate(limits, roots: roots, clock: VaultClock { 1_000 })

    private func proof(
        on root: Hash256, for envelope: Hash256 = envelope, bits: Int = 4
    ) throws -> EffortProof {
        try EffortProof.work(
            bits: bits, root: root.bytes, envelope: envelope.bytes, attemptsMax: .max)
    }

    /// Ten tokens: five of them without work, the other five with.
    private func exhaust() throws {
        for number in UInt8(0)..<20 {
            let envelope = Hash256(hashing: [9, number])
            let proof = try number < 5 ? nil : proof(on: Self.roots[0], for: envelope)
            _ = gate.lane(of: envelope, from: .sender(proof))
        }
    }

    @Test func workOnEitherRootCountsForItsEnvelopeAlone() throws {
        try exhaust()
        for root in Self.roots {
            let proof = try proof(on: root)
            let bits = try proof.bits(for: Self.envelope.bytes)
            #expect(
                gate.lane(of: Self.envelope, from: .sender(proof)) == .quarantine(effort: bits))
            let other = Hash256(hashing: [4])
            let less = try proof.bits(for: other.bytes)
            #expect(gate.lane(of: other, from: .sender(proof)) == .quarantine(effort: less))
        }
    }

    @Test func workOnAnotherRootProvesNothing() throws {
        try exhaust()
        let strange = try proof(on: Hash256(hashing: [5]))
        #expect(gate.lane(of: Self.envelope, from: .sender(strange)) == .quarantine(effort: 0))
        let old = try proof(on: Self.roots[1])
        gate.follow([Hash256(hashing: [6]), Self.roots[0]])
        #expect(gate.lane(of: Self.envelope, from: .sender(old)) == .quarantine(effort: 0))
        #expect(gate.lane(of: Self.envelope, from: .sender(nil)) == .quarantine(effort: 0))
    }

    @Test func whoWorkedHasTheHalfThatIsLeft() throws {
        for number in UInt8(0)..<50 {
            _ = gate.lane(of: Hash256(hashing: [9, number]), from: .sender(nil))
        }
        #expect(gate.lane(of: Self.envelope, from: .sender(nil)) == .quarantine(effort: 0))
        let proof = try proof(on: Self.roots[0], bits: gate.bitsAsked)
        #expect(gate.lane(of: Self.envelope, from: .sender(proof)) == .ordinary)
    }

    @Test func formsAreCountedByThemselves() throws {
        let lanes = (0..<11).map { gate.lane(of: Hash256(hashing: [$0]), from: .form) }
        #expect(lanes == Array(repeating: .ordinary, count: 10) + [.quarantine(effort: 0)])
        #expect(gate.bitsAsked == 0)
        #expect(gate.lane(of: Self.envelope, from: .sender(nil)) == .ordinary)
    }

    /// As often as somebody likes, and so for nobody else's account.
    @Test(arguments: [TipSource.form, .sender(nil)])
    func whatIsRefusedUsesUpNothing(_ source: TipSource) throws {
        for number in UInt8(0)..<50 {
            let lane = gate.lane(of: Hash256(hashing: [9, number]), from: source)
            #expect(lane == .ordinary)
            gate.giveBack(lane, from: source)
        }
        #expect(gate.bitsAsked == 0)
        try exhaust()
        let late = gate.lane(of: Self.envelope, from: .sender(nil))
        #expect(late == .quarantine(effort: 0))
        gate.giveBack(late, from: .sender(nil))
        #expect(gate.lane(of: Self.envelope, from: .sender(nil)) == late, "it had taken nothing")
    }

    @Test func whatIsAskedNamesTheNewestRoot() throws {
        let root = Base64.encode(Self.roots[0].bytes)
        #expect(gate.asked() == Array(#"{"bits":0,"root":"\#(root)"}"#.utf8))
        _ = gate.lane(of: Self.envelope, from: .sender(nil))
        _ = gate.lane(of: Hash256(hashing: [7]), from: .sender(nil))
        #expect(gate.asked() == Array(#"{"bits":4,"root":"\#(root)"}"#.utf8))
    }
}
