import Crypto
import Foundation
import Sodium
import TestSupport
import Testing

@testable import Envelope

/// Envelopes made by the second program, and its faulty ones.
struct EnvelopeVectorTests {
    struct File: Decodable {
        struct Accepted: Decodable {
            let name: String
            let key: String
            let suite: UInt8
            let k: Base64Bytes
            let commit: Base64Bytes
            let h0: Base64Bytes
            let enc: Base64Bytes
            let ct: Base64Bytes
            let json: String?
            let jsonSha256: Base64Bytes
            let attachmentSizes: [Int]
            let payloadKey: Base64Bytes
            let plaintextLength: Int
            let plaintextSha256: Base64Bytes
            let wire: Base64Bytes?
            let wireLength: Int
            let wireSha256: Base64Bytes
            let answer: Answer?
        }
        struct Answer: Decodable {
            let answerKey: Base64Bytes
            let tag: Base64Bytes
        }
        struct Attachment: Decodable {
            let copyOf: Int?
            let size: Int
            let sha256: Base64Bytes
        }
        struct Plaintext: Decodable {
            let name: String
            let attachments: [Attachment]?
            let prefix: Base64Bytes
            let length: Int
            let edits: [Edit]?
            let expect: String?
        }
        struct Wire: Decodable {
            let name: String
            let base: String
            let edits: [Edit]
            let expect: String
            let key: String?
        }
        struct Header: Decodable {
            let name: String
            let base: String
            let expect: String
            let header: Base64Bytes
        }
        struct Payload: Decodable {
            let base: String
            let k: Base64Bytes
        }
        struct Padded: Decodable {
            let suite: UInt8
            let length: Int
            let padded: Int
        }
        let accepted: [Accepted]
        let acceptedPlaintexts: [Plaintext]
        let refusedPlaintexts: [Plaintext]
        let refusedWires: [Wire]
        let refusedHeaders: [Header]
        let refusedPayloads: [Payload]
        let padding: [Padded]
        let keys: [String: KeyVector]

        func base(_ name: String) throws -> Accepted {
            try #require(accepted.first { $0.name == name })
        }

        func keys(named name: String) throws -> OfficeSecretKeys {
            OfficeSecretKeys([try #require(keys[name]).secretKey()])
        }
    }

    let file: File

    init() throws {
        file = try vectors("resguardo-envelope.json", as: File.self)
    }

    static func attachment(_ size: Int) -> [UInt8] {
        (0..<size).map { UInt8(truncatingIfNeeded: 31 * $0 + $0 / 256) }
    }

    static func json(_ vector: File.Accepted) throws -> [UInt8] {
        if let json = vector.json { return Array(json.utf8) }
        // The one vector whose JSON is given by a rule.
        var document = TipDocument()
        document.whatHappened = String(repeating: "\u{1F6A8}", count: 4_000)
        document.whereText = String(repeating: "x", count: 1_000)
        return try document.encoded()
    }

    /// The envelope of a vector: given, or its head before the chunks that this module seals.
    ///
    /// `wireSha256` is the second program's, so that a fault in the chunks cannot hide.
    static func wire(_ vector: File.Accepted) throws -> [UInt8] {
        var wire = vector.h0.bytes + vector.enc.bytes + vector.ct.bytes
        var sealer = ChunkSealer(key: SymmetricKey(data: vector.payloadKey.bytes))
        let json = try json(vector)
        try sealer.write(FrameKind.document.head(UInt32(json.count))[...], appendingTo: &wire)
        try sealer.write(json[...], appendingTo: &wire)
        for size in vector.attachmentSizes {
            var rest = attachment(size)[...]
            while !rest.isEmpty {
                let piece = rest.prefix(50_000)
                try sealer.write(
                    FrameKind.attachmentPiece.head(UInt32(piece.count))[...], appendingTo: &wire)
                try sealer.write(piece, appendingTo: &wire)
                rest = rest.dropFirst(piece.count)
            }
            try sealer.write(FrameKind.attachmentEnd.head(0)[...], appendingTo: &wire)
        }
        let missing = vector.plaintextLength - sealer.plaintextBytes
        try sealer.write([UInt8](repeating: 0, count: missing)[...], appendingTo: &wire)
        try sealer.finish(appendingTo: &wire)
        return wire
    }

    @Test func acceptedEnvelopesOpen() throws {
        #expect(file.accepted.count == 8)
        for vector in file.accepted {
            let wire = try EnvelopeVectorTests.wire(vector)
            #expect(Array(SHA256.hash(data: wire)) == vector.wireSha256.bytes, "\(vector.name)")
            #expect(vector.wire.map(\.bytes) ?? wire == wire)
            #expect(wire.count == vector.wireLength)
            let outline = try EnvelopeOutline.inspect(wire.prefix(72), totalBytes: wire.count)
            #expect(outline.bytes == vector.h0.bytes)
            #expect(outline.suite.rawValue == vector.suite)
            let keys = try file.keys(named: vector.key)
            let key = try keys.openEnvelope(EnvelopeHeader(wire[...]))
            #expect(key.withWorkingCopy { $0 } == vector.k.bytes)
            for step in [1_009, 65_552, 1_000_000] {
                let opened = try openTip(wire, keys: keys, step: step)
                #expect(opened.json == (try EnvelopeVectorTests.json(vector)))
                #expect(Array(SHA256.hash(data: opened.json)) == vector.jsonSha256.bytes)
                #expect(
                    opened.attachments
                        == vector.attachmentSizes.map(EnvelopeVectorTests.attachment))
                #expect(opened.ended == vector.attachmentSizes.count)
            }
        }
    }

    @Test func answersTagIsTheSecondProgramsToo() throws {
        let vector = try #require(file.accepted.first { $0.answer != nil })
        let answer = try #require(vector.answer)
        let wire = try EnvelopeVectorTests.wire(vector)
        let header = try EnvelopeHeader(wire[...])
        let other = [UInt8](repeating: 9, count: 32)
        let mailbox = try Mailbox(
            id: other, replyKey: other, psk: other, answer: answer.answerKey.bytes)
        #expect(Answer.isValid(tag: answer.tag.bytes, header: header, mailbox: mailbox))
        var wrong = answer.tag.bytes
        wrong[31] ^= 1
        #expect(!Answer.isValid(tag: wrong, header: header, mailbox: mailbox))
        let document = try TipDocument(json: EnvelopeVectorTests.json(vector))
        #expect(document.answerTag == answer.tag.bytes)
    }

    @Test func paddedLengths() {
        #expect(file.padding.count == 24)
        for vector in file.padding {
            let suite = EnvelopeSuite(rawValue: vector.suite)
            #expect(
                suite.map { Padding.paddedBytes(vector.length, suite: $0) } == vector.padded)
        }
    }

    @Test func unusualPlaintextsAreRead() throws {
        #expect(file.acceptedPlaintexts.count >= 9)
        for vector in file.acceptedPlaintexts {
            let zeros = [UInt8](repeating: 0, count: vector.length - vector.prefix.bytes.count)
            for step in [1, 7, 65_536] {
                let opened = try readFrames(vector.prefix.bytes + zeros, step: step)
                let document = try #require(opened.document, "\(vector.name)")
                #expect(document.attachments.map(\.copyOf) == vector.attachments?.map(\.copyOf))
                #expect(
                    document.attachments.map(\.sha256)
                        == vector.attachments?.map(\.sha256.bytes))
                #expect(try TipDocument(json: document.encoded()) == document)
            }
        }
    }

    @Test func refusedPlaintexts() throws {
        #expect(file.refusedPlaintexts.count >= 53)
        for vector in file.refusedPlaintexts {
            let zeros = [UInt8](repeating: 0, count: vector.length - vector.prefix.bytes.count)
            let plaintext = (vector.edits ?? []).applied(to: vector.prefix.bytes + zeros)
            for step in [1, 65_536] {
                let error = envelopeError { _ = try readFrames(plaintext, step: step) }
                #expect(
                    try #require(error, "\(vector.name)").isFault(vector.expect ?? ""),
                    "\(vector.name): \(String(describing: error))")
            }
        }
    }

    @Test func refusedEnvelopes() throws {
        #expect(file.refusedWires.count >= 63)
        for vector in file.refusedWires {
            let base = try file.base(vector.base)
            let wire = vector.edits.applied(to: try EnvelopeVectorTests.wire(base))
            let keys = try file.keys(named: vector.key ?? base.key)
            let error = envelopeError { _ = try openTip(wire, keys: keys) }
            #expect(
                try #require(error, "\(vector.name)").isFault(vector.expect),
                "\(vector.name): \(String(describing: error))")
        }
    }

    @Test func refusedHeaders() throws {
        #expect(file.refusedHeaders.count == 4)
        for vector in file.refusedHeaders {
            let base = try file.base(vector.base)
            let keys = try file.keys(named: base.key)
            let error = envelopeError {
                _ = try keys.openEnvelope(EnvelopeHeader(vector.header.bytes[...]))
            }
            #expect(try #require(error).isFault(vector.expect), "\(vector.name)")
        }
    }

    @Test func anotherKeyThanTheCommittedOneIsRefused() throws {
        let vector = try #require(file.refusedPayloads.first)
        let wire = try EnvelopeVectorTests.wire(file.base(vector.base))
        let key = try SecretBytes(copying: vector.k.bytes)
        let header = try EnvelopeHeader(wire[...])
        #expect(throws: EnvelopeError.commitmentMismatch) {
            _ = try TipReader(header: header, key: key)
        }
    }
}

extension EnvelopeError {
    /// Whether this error is the second program's word for the fault.
    func isFault(_ word: String) -> Bool {
        switch word {
        case "truncated": [.malformedEnvelope, .endsEarly, .cannotOpen].contains(self) || isLimit
        case "magic", "version", "reserved": self == .malformedEnvelope
        case "suite": if case .unknownSuite = self { true } else { false }
        case "wrong-key": self == .notForTheseKeys
        case "hpke", "chunk", "stream", "seal-inner":
            self == .cannotOpen || self == .endsEarly || isLimit
        case "commitment", "commitment-s", "commitment-r": self == .commitmentMismatch
        case "padding": self == .badFrames(.paddingNotZero) || self == .malformedDocument
        case "frame-kind": self == .badFrames(.unknownKind)
        case "json-twice": self == .badFrames(.documentRepeated)
        case "json-missing": self == .badFrames(.documentMissing)
        case "json-inside": self == .badFrames(.documentInsideAttachment)
        case "frame-length":
            [
                .badFrames(.cutShort), .badFrames(.endWithLength), .badFrames(.documentMissing),
                // A piece is measured against what the JSON names before it is read.
                .badFrames(.attachmentDiffers),
            ]
            .contains(self) || isLimit
        case "attachment-unnamed": self == .badFrames(.attachmentNotNamed)
        case "attachment-missing": self == .badFrames(.attachmentMissing)
        case "attachment-size", "attachment-hash": self == .badFrames(.attachmentDiffers)
        case "json", "text": self == .malformedDocument || isLimit
        case "size": isLimit
        default: false
        }
    }

    private var isLimit: Bool { if case .outsideLimit = self { true } else { false } }
}
