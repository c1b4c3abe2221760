import Foundation
import Sodium
import TestSupport
import Testing

@testable import Envelope

/// A key line with its seed.
struct KeyVector: Decodable {
    let line: String
    let seed: Base64Bytes

    func secretKey() throws -> SecretKey {
        try SecretKey(line: KeyLine(parsing: line), seed: SecretBytes(copying: seed.bytes))
    }
}

/// A step that alters the bytes of a good vector, as the files' `about` says.
struct Edit: Decodable {
    var ranges: [[Int]]?
    var xor: [Int]?
    var append: Base64Bytes?
    var replace: Replacement?

    struct Replacement: Decodable {
        let offset: Int
        let bytes: Base64Bytes

        init(from decoder: any Decoder) throws {
            var container = try decoder.unkeyedContainer()
            offset = try container.decode(Int.self)
            bytes = try container.decode(Base64Bytes.self)
        }
    }
}

extension [Edit] {
    func applied(to base: [UInt8]) -> [UInt8] {
        reduce(base) { bytes, edit in
            var bytes = bytes
            if let ranges = edit.ranges { bytes = ranges.flatMap { bytes[$0[0]..<$0[1]] } }
            if let xor = edit.xor { bytes[xor[0]] ^= UInt8(xor[1]) }
            if let append = edit.append { bytes += append.bytes }
            if let replace = edit.replace {
                let end = replace.offset + replace.bytes.bytes.count
                bytes.replaceSubrange(replace.offset..<end, with: replace.bytes.bytes)
            }
            return bytes
        }
    }
}

/// What a reader found in an envelope.
struct Opened {
    var json: [UInt8] = []
    var document: TipDocument?
    var attachments: [[UInt8]] = []
    var ended = 0

    mutating func take(_ events: [TipEvent]) {
        for event in events {
            switch event {
            case .document(let document, let json):
                self.document = document
                self.json = json
            case .attachmentPiece(let index, let bytes):
                if index == attachments.count { attachments.append([]) }
                attachments[index] += bytes
            case .attachmentEnd(let index, _):
                if index == attachments.count { attachments.append([]) }
                ended += 1
            }
        }
    }
}

/// Opens a whole envelope, fed in pieces of `step` bytes.
func openTip(
    _ wire: [UInt8], keys: OfficeSecretKeys, step: Int = 100_000
) throws(EnvelopeError) -> Opened {
    let header = try EnvelopeHeader(wire[...])
    let key = try keys.openEnvelope(header)
    return try openTip(wire, header: header, key: key, step: step)
}

func openTip(
    _ wire: [UInt8], header: EnvelopeHeader, key: borrowing SecretBytes, step: Int = 100_000
) throws(EnvelopeError) -> Opened {
    var reader = try TipReader(header: header, key: key)
    var opened = Opened()
    var rest = wire[header.byteCount...]
    while !rest.isEmpty {
        opened.take(try reader.read(rest.prefix(step)))
        rest = rest.dropFirst(step)
    }
    opened.take(try reader.finish())
    return opened
}

/// Seals and opens without an envelope's head, to test frames by themselves.
func readFrames(_ plaintext: [UInt8], step: Int) throws(EnvelopeError) -> Opened {
    var parser = FrameParser()
    var opened = Opened()
    var rest = plaintext[...]
    while !rest.isEmpty {
        var events: [TipEvent] = []
        try parser.read(Array(rest.prefix(step)), into: &events)
        opened.take(events)
        rest = rest.dropFirst(step)
    }
    _ = try parser.finish()
    return opened
}

/// The error that `body` throws, or nil.
func envelopeError(_ body: () throws -> Void) -> EnvelopeError? {
    do {
        try body()
        return nil
    } catch {
        return error as? EnvelopeError
    }
}

/// A desk's keys, made for one test.
func makeDesk(
    origin: String = "gateway.example/ar", office: String = "desk-ar"
) throws -> OfficeSecretKeys {
    try OfficeSecretKeys.generate(origin: origin, office: office, state: "AR")
}

extension OfficeSecretKeys {
    func line(_ use: KeyUse) throws -> KeyLine {
        try #require(keys(for: use).first).line
    }

    func sealKeys() throws -> SealKeys {
        try SealKeys(x25519: line(.sealX25519), xwing: line(.sealXWing))
    }
}

/// A tip with a short text.
func sampleDocument(_ text: String = "Un hombre les saca fotos. ¿Qué hago?") -> TipDocument {
    var document = TipDocument()
    document.dangerNow = .unsure
    document.whatHappened = text
    document.channel = .web
    document.language = "es"
    return document
}

/// An envelope of a document and attachments, whose names and hashes it fills in.
func makeEnvelope(
    _ document: TipDocument, attachments: [[UInt8]] = [], to line: KeyLine,
    documentFirst: Bool = true, piece: Int = 50_000
) throws -> (wire: [UInt8], summary: EnvelopeSummary) {
    var document = document
    for (index, bytes) in attachments.enumerated() {
        document.attachments.append(
            TipDocument.Attachment(
                name: "photo-\(index).jpg", type: "image/jpeg", size: bytes.count,
                sha256: SmallHash.sha256(bytes)))
    }
    let json = try document.encoded()
    var wire: [UInt8] = []
    var writer = try TipWriter(to: line, appendingTo: &wire)
    if documentFirst { try writer.writeDocument(json[...], appendingTo: &wire) }
    for bytes in attachments {
        try writer.beginAttachment()
        var rest = bytes[...]
        while !rest.isEmpty {
            try writer.writePiece(rest.prefix(piece), appendingTo: &wire)
            rest = rest.dropFirst(piece)
        }
        let digest = try writer.endAttachment(appendingTo: &wire)
        #expect(digest.sha256 == SmallHash.sha256(bytes))
    }
    if !documentFirst { try writer.writeDocument(json[...], appendingTo: &wire) }
    let summary = try writer.finish(appendingTo: &wire)
    return (wire, summary)
}
