import Crypto
import Foundation
import Sodium
import TestSupport
import Testing

@testable import Envelope

struct SealedBodyTests {
    struct File: Decodable {
        struct Accepted: Decodable {
            let envelope: String
            let s: Base64Bytes?
            let coins: Coins
            let commitS: Base64Bytes
            let deskSeq: UInt64
            let wrap: Base64Bytes
            let body: Base64Bytes?
            let bodyLength: Int
            let bodySha256: Base64Bytes
            let streamKey: Base64Bytes
            let rowSha256: [Base64Bytes]
        }
        struct Coins: Decodable {
            let s: Base64Bytes
            let streamHeader: Base64Bytes
        }
        struct Refused: Decodable {
            let name: String
            let base: String
            let edits: [Edit]
            let expect: String
            let key: String?
            let recordEdit: RecordEdit?
        }
        struct RecordEdit: Decodable {
            let commitS: Base64Bytes?
        }
        struct Wrap: Decodable {
            let name: String
            let commitS: Base64Bytes
            let wrap: Base64Bytes
        }
        let accepted: [Accepted]
        let refused: [Refused]
        let refusedWraps: [Wrap]
        let keys: [String: KeyVector]

        func office(_ name: String) throws -> OfficeSecretKeys {
            OfficeSecretKeys([
                try #require(keys["\(name)-seal-x25519"]).secretKey(),
                try #require(keys["\(name)-seal-xwing"]).secretKey(),
            ])
        }
    }

    /// Opens a whole body, split into rows as the store has them.
    static func open(
        _ body: [UInt8], commitment: [UInt8], keys: OfficeSecretKeys
    ) throws -> (envelope: [UInt8], sequence: UInt64?, summary: SealedBodySummary) {
        var reader = try SealedBodyReader(
            firstRow: Array(body.prefix(1_248)), commitment: commitment, keys: keys)
        return try read(body, &reader)
    }

    static func read(
        _ body: [UInt8], _ reader: inout SealedBodyReader
    ) throws -> (envelope: [UInt8], sequence: UInt64?, summary: SealedBodySummary) {
        var envelope: [UInt8] = []
        var rest = body.dropFirst(1_248)
        while !rest.isEmpty {
            envelope += try reader.open(Array(rest.prefix(65_553)))
            rest = rest.dropFirst(65_553)
        }
        let sequence = reader.deskSequence
        let summary = try reader.finish()
        return (envelope, sequence, summary)
    }

    @Test func vectorsOpen() throws {
        let file = try vectors("resguardo-sealed-body.json", as: File.self)
        let envelopes = try EnvelopeVectorTests().file
        let desk = try file.office("desk")
        #expect(file.accepted.count == 3)
        for vector in file.accepted {
            let wire = try EnvelopeVectorTests.wire(envelopes.base(vector.envelope))
            guard let body = vector.body?.bytes else { continue }
            #expect(body.count == vector.bodyLength)
            let opened = try SealedBodyTests.open(
                body, commitment: vector.commitS.bytes, keys: desk)
            #expect(opened.envelope == wire)
            #expect(opened.sequence == vector.deskSeq)
            #expect(opened.summary.bodySHA256 == vector.bodySha256.bytes)
            #expect(opened.summary.envelopeSHA256 == Array(SHA256.hash(data: wire)))
            #expect(opened.summary.envelopeBytes == wire.count)
            // As a unit does, with S alone.
            var unit = try SealedBodyReader(
                firstRow: Array(body.prefix(1_248)), commitment: vector.commitS.bytes,
                secret: SecretBytes(copying: vector.coins.s.bytes))
            let again = try SealedBodyTests.read(body, &unit)
            #expect(again.envelope == wire && again.sequence == nil)
        }
    }

    /// The wraps of all vectors open, also of those whose body is given by hashes only.
    @Test func wrapsOfTheVectorsOpen() throws {
        let file = try vectors("resguardo-sealed-body.json", as: File.self)
        let desk = try file.office("desk")
        for vector in file.accepted {
            let row = vector.wrap.bytes + vector.coins.streamHeader.bytes
            #expect(SmallHash.sha256(row) == vector.rowSha256.first?.bytes)
            let reader = try SealedBodyReader(
                firstRow: row, commitment: vector.commitS.bytes, keys: desk)
            #expect(reader.deskSequence == vector.deskSeq)
            #expect(try reader.copySecret().withWorkingCopy { $0 } == vector.coins.s.bytes)
        }
        for vector in file.refusedWraps {
            let row = vector.wrap.bytes + [UInt8](repeating: 0, count: 24)
            let error = envelopeError {
                _ = try SealedBodyReader(
                    firstRow: row, commitment: vector.commitS.bytes, keys: desk)
            }
            #expect(
                error == (vector.name == "another-s" ? .commitmentMismatch : .cannotOpen),
                "\(vector.name)")
        }
    }

    /// The second program's faults, replayed on a body of the same length made here.
    @Test func refusedBodies() throws {
        let file = try vectors("resguardo-sealed-body.json", as: File.self)
        let envelopes = try EnvelopeVectorTests().file
        let desk = try file.office("desk")
        for vector in file.refused {
            // What only the record tells is the record's reader's to refuse.
            let words = ["body-hash", "envelope-hash", "size", "wrong-key", "record", "commitment"]
            if words.contains(vector.expect) { continue }
            let wire = try EnvelopeVectorTests.wire(envelopes.base(vector.base))
            let (body, commitment, _) = try SealedBodyTests.seal(wire, 7, to: desk.sealKeys())
            let edited = vector.edits.applied(to: body)
            let keys = try file.office(vector.key ?? "desk")
            let error = envelopeError {
                _ = try SealedBodyTests.open(
                    edited, commitment: vector.recordEdit?.commitS?.bytes ?? commitment,
                    keys: keys)
            }
            #expect(
                try #require(error, "\(vector.name)").isFault(vector.expect)
                    || error == .dataAfterLast, "\(vector.name): \(String(describing: error))")
        }
    }

    static func seal(
        _ wire: [UInt8], _ sequence: UInt64, to keys: SealKeys
    ) throws -> (body: [UInt8], commitment: [UInt8], summary: SealedBodySummary) {
        let writer = try SealedBodyWriter(deskSequence: sequence, to: keys)
        let row = writer.firstRow
        let commitment = writer.commitment
        let (messages, summary) = try writer.sealAll(wire)
        return (row + messages.flatMap { $0 }, commitment, summary)
    }

    @Test(arguments: [1, 17_640, 65_536, 65_537, 131_072, 300_001])
    func roundTrip(_ size: Int) throws {
        let desk = try makeDesk()
        let wire = Randomness.bytes(size)
        let (body, commitment, summary) = try SealedBodyTests.seal(
            wire, .max - 1, to: desk.sealKeys())
        #expect(body.count == 1_248 + size + 17 * ((size + 65_535) / 65_536))
        #expect(summary.bodySHA256 == Array(SHA256.hash(data: body)))
        #expect(summary.bodyBytes == body.count)
        let opened = try SealedBodyTests.open(body, commitment: commitment, keys: desk)
        #expect(opened.envelope == wire)
        #expect(opened.sequence == UInt64.max - 1)
        #expect(opened.summary == summary)
    }

    @Test func keysThatRotatedOutStillOpen() throws {
        let old = try makeDesk()
        let new = try makeDesk()
        let (body, commitment, _) = try SealedBodyTests.seal([1, 2, 3], 1, to: old.sealKeys())
        let ring = OfficeSecretKeys(new.keys + old.keys)
        #expect(
            try SealedBodyTests.open(body, commitment: commitment, keys: ring).envelope
                == [1, 2, 3])
        #expect(throws: EnvelopeError.cannotOpen) {
            try SealedBodyTests.open(body, commitment: commitment, keys: new)
        }
    }

    @Test func everyBitOfTheFirstRowCounts() throws {
        let desk = try makeDesk()
        let (body, commitment, _) = try SealedBodyTests.seal([1, 2, 3], 1, to: desk.sealKeys())
        for place in body.indices {
            var wrong = body
            wrong[place] ^= 1 << (place % 8)
            #expect(throws: EnvelopeError.cannotOpen, "byte \(place)") {
                try SealedBodyTests.open(wrong, commitment: commitment, keys: desk)
            }
        }
    }

    @Test func disorderIsRefused() throws {
        let desk = try makeDesk()
        #expect(throws: EnvelopeError.wrongKeyUse(needed: .sealXWing, actual: .envelopeXWing)) {
            try SealKeys(x25519: desk.line(.sealX25519), xwing: desk.line(.envelopeXWing))
        }
        #expect(throws: EnvelopeError.wrongKeyUse(needed: .sealX25519, actual: .sealXWing)) {
            try SealKeys(x25519: desk.line(.sealXWing), xwing: desk.line(.sealXWing))
        }
        var writer = try SealedBodyWriter(deskSequence: 1, to: desk.sealKeys())
        #expect(throws: EnvelopeError.self) { _ = try writer.seal([1, 2], isLast: false) }
        #expect(throws: EnvelopeError.self) { _ = try writer.seal([], isLast: true) }
        _ = try writer.seal([1, 2], isLast: true)
        #expect(throws: EnvelopeError.outOfOrder) { _ = try writer.seal([3], isLast: true) }
        #expect(throws: EnvelopeError.outOfOrder) {
            let early = try SealedBodyWriter(deskSequence: 1, to: desk.sealKeys())
            _ = try early.finish()
        }
    }
}
