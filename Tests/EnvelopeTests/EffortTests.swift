import TestSupport
import Testing

@testable import Envelope

struct EffortTests {
    struct File: Decodable {
        struct Accepted: Decodable {
            let name: String
            let bits: Int
            let envelope: Base64Bytes
            let proof: Base64Bytes
        }
        struct Refused: Decodable {
            let name: String
            let proof: Base64Bytes
        }
        let accepted: [Accepted]
        let refused: [Refused]
    }

    @Test func vectorsProveWhatTheySay() throws {
        let file = try vectors("resguardo-effort.json", as: File.self)
        #expect(file.accepted.count == 8)
        for vector in file.accepted {
            let proof = try #require(EffortProof(vector.proof.bytes))
            #expect(try proof.bits(for: vector.envelope.bytes) == vector.bits, "\(vector.name)")
            #expect(proof.bytes == vector.proof.bytes)
        }
        #expect(file.refused.count == 3)
        for vector in file.refused {
            #expect(EffortProof(vector.proof.bytes) == nil, "\(vector.name)")
        }
    }

    @Test func workProvesWhatWasAskedForThatEnvelopeAlone() throws {
        let root = [UInt8](repeating: 1, count: 32)
        let envelope = [UInt8](repeating: 2, count: 32)
        let proof = try EffortProof.work(
            bits: 5, root: root, envelope: envelope, attemptsMax: .max)
        #expect(proof.root == root)
        #expect(try proof.bits(for: envelope) >= 5)
        let others = try (3..<35).map { try proof.bits(for: [UInt8](repeating: $0, count: 32)) }
        // 32 envelopes for which all of it held would be a chance of 2^-160.
        #expect(others.contains { $0 < 5 })
    }

    @Test func whatCannotBeReachedIsBounded() throws {
        let root = [UInt8](repeating: 1, count: 32)
        let proof = try EffortProof.work(
            bits: EffortProof.bitsMax + 1, root: root, envelope: root, attemptsMax: 3)
        #expect(try proof.bits(for: root) >= 0)
        #expect(throws: EnvelopeError.self) {
            try EffortProof.work(bits: 1, root: [], envelope: root, attemptsMax: 1)
        }
        #expect(throws: EnvelopeError.self) {
            try EffortProof.work(bits: 1, root: root, envelope: [1], attemptsMax: 1)
        }
    }
}
