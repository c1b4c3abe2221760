import Crypto
import Sodium
import Testing

@testable import Envelope

struct EnvelopeTests {
    @Test(arguments: EnvelopeSuite.allCases)
    func aTextTipHasTheFixedSize(_ suite: EnvelopeSuite) throws {
        let desk = try makeDesk()
        for text in ["x", String(repeating: "ñ", count: 4_000)] {
            let (wire, summary) = try makeEnvelope(
                sampleDocument(text), to: desk.line(suite.keyUse))
            #expect(wire.count == 17_640)
            #expect(summary.byteCount == wire.count)
            #expect(summary.sha256 == Array(SHA256.hash(data: wire)))
            #expect(summary.commitment == Array(wire[40..<72]))
            let opened = try openTip(wire, keys: desk)
            #expect(opened.document == sampleDocument(text))
        }
    }

    @Test(arguments: EnvelopeSuite.allCases, [true, false])
    func attachmentsComeThrough(_ suite: EnvelopeSuite, _ documentFirst: Bool) throws {
        let desk = try makeDesk()
        for sizes in [[0], [1], [300_000, 0, 65_536], [65_000], [49_149, 5]] {
            let attachments = sizes.map(EnvelopeVectorTests.attachment)
            let (wire, summary) = try makeEnvelope(
                sampleDocument(), attachments: attachments, to: desk.line(suite.keyUse),
                documentFirst: documentFirst)
            #expect(summary.sha256 == Array(SHA256.hash(data: wire)))
            for step in [997, 1 << 20] {
                let opened = try openTip(wire, keys: desk, step: step)
                #expect(opened.attachments == attachments)
                #expect(opened.ended == sizes.count)
            }
        }
    }

    @Test func paddingHidesLengths() throws {
        let desk = try makeDesk()
        let line = try desk.line(.envelopeXWing)
        let sizes = try [100_500, 101_000, 101_500].map { size in
            try makeEnvelope(
                sampleDocument(), attachments: [EnvelopeVectorTests.attachment(size)], to: line
            ).wire.count
        }
        #expect(Set(sizes).count == 1)
        // Worst cases of Padmé: one more than a power of two.
        for length in stride(from: 20_000, to: 1 << 27, by: 999_983) {
            let padded = Padding.padme(length)
            #expect(padded >= length && (padded - length) * 100 < 12 * length)
            #expect(Padding.padme(padded) == padded)
        }
    }

    @Test func everyAlteredByteIsRefused() throws {
        let desk = try makeDesk()
        let (wire, _) = try makeEnvelope(sampleDocument(), to: desk.line(.envelopeX25519))
        let header = try EnvelopeHeader(wire[...])
        let key = try desk.openEnvelope(header)
        for place in wire.indices {
            // All bits of the head, one of each byte behind it, the eight of them in turn.
            for bit in place < header.byteCount ? Array(0..<8) : [place % 8] {
                var wrong = wire
                wrong[place] ^= 1 << bit
                let error = envelopeError {
                    if place < header.byteCount {
                        _ = try openTip(wrong, keys: desk)
                    } else {
                        _ = try openTip(wrong, header: header, key: key)
                    }
                }
                #expect(error != nil, "byte \(place), bit \(bit)")
            }
        }
    }

    @Test func everyBitOfAShortStreamCounts() throws {
        let key = SymmetricKey(size: .bits256)
        var sealed: [UInt8] = []
        var sealer = ChunkSealer(key: key)
        try sealer.write(Array("hola, ¿hay alguien?".utf8)[...], appendingTo: &sealed)
        try sealer.finish(appendingTo: &sealed)
        for place in sealed.indices {
            for bit in 0..<8 {
                var wrong = sealed
                wrong[place] ^= 1 << bit
                #expect(envelopeError { _ = try open(wrong[...], key) } == .cannotOpen)
            }
        }
        for count in 0..<sealed.count {
            let expected: EnvelopeError = count <= 16 ? .endsEarly : .cannotOpen
            #expect(envelopeError { _ = try open(sealed.prefix(count), key) } == expected)
        }
        #expect(try open(sealed[...], key) == Array("hola, ¿hay alguien?".utf8))
    }

    /// Opens a stream of one chunk.
    private func open(_ sealed: ArraySlice<UInt8>, _ key: ChunkKey) throws -> [UInt8] {
        var opener = ChunkOpener(key: key)
        try opener.read(sealed) { _ in Issue.record("a chunk before the last") }
        return try opener.finish()
    }

    @Test func chunksKeepTheirPlaces() throws {
        let desk = try makeDesk()
        let (wire, _) = try makeEnvelope(
            sampleDocument(), attachments: [EnvelopeVectorTests.attachment(300_000)],
            to: desk.line(.envelopeXWing))
        let head = Array(wire[..<1_240])
        let full = 65_552
        let chunks = stride(from: 1_240, to: wire.count, by: full).map { start in
            Array(wire[start..<min(start + full, wire.count)])
        }
        #expect(chunks.count == 5)
        for first in chunks.indices {
            for second in chunks.indices where second != first {
                var swapped = chunks
                swapped.swapAt(first, second)
                #expect(throws: EnvelopeError.self) {
                    _ = try openTip(head + swapped.flatMap { $0 }, keys: desk)
                }
                var repeated = chunks
                repeated.insert(chunks[first], at: second)
                #expect(throws: EnvelopeError.self) {
                    _ = try openTip(head + repeated.flatMap { $0 }, keys: desk)
                }
            }
            var dropped = chunks
            dropped.remove(at: first)
            #expect(throws: EnvelopeError.self) {
                _ = try openTip(head + dropped.flatMap { $0 }, keys: desk)
            }
        }
        #expect(throws: EnvelopeError.cannotOpen) { _ = try openTip(wire + [0], keys: desk) }
    }

    /// K1 and K2 both open the same chunks under HPKE, but only one of them is committed to.
    @Test func anEnvelopeThatOpensWithTwoKeysOpensWithOne() throws {
        let desk = try makeDesk()
        let line = try desk.line(.envelopeXWing)
        let first = try SecretBytes(random: 32)
        let second = try SecretBytes(random: 32)
        var wire: [UInt8] = []
        var writer = try TipWriter(
            to: line, key: second, commitment: KeySchedule.commitment(to: first),
            appendingTo: &wire)
        try writer.writeDocument(sampleDocument().encoded()[...], appendingTo: &wire)
        _ = try writer.finish(appendingTo: &wire)
        let header = try EnvelopeHeader(wire[...])
        #expect(throws: EnvelopeError.commitmentMismatch) { _ = try desk.openEnvelope(header) }
        #expect(throws: EnvelopeError.commitmentMismatch) {
            _ = try TipReader(header: header, key: second)
        }
        // The committed key passes the check, and then opens nothing.
        #expect(throws: EnvelopeError.cannotOpen) {
            _ = try openTip(wire, header: header, key: first)
        }
    }

    @Test func anEnvelopeCopiedToAnotherDeskOrOriginIsRefused() throws {
        let desk = try makeDesk()
        let (wire, _) = try makeEnvelope(sampleDocument(), to: desk.line(.envelopeXWing))
        let other = try makeDesk(office: "desk-br")
        #expect(throws: EnvelopeError.notForTheseKeys) { _ = try openTip(wire, keys: other) }
        // The keyId rewritten to the other desk's: HPKE's info no longer fits.
        var renamed = wire
        renamed.replaceSubrange(8..<40, with: try other.line(.envelopeXWing).id.bytes)
        #expect(throws: EnvelopeError.cannotOpen) { _ = try openTip(renamed, keys: other) }
        // The same seed under another origin's line is another key.
        let key = try #require(desk.keys(for: .envelopeXWing).first)
        let line = try KeyLine(
            origin: "gateway.example/br", office: "desk-ar", state: "AR", use: .envelopeXWing,
            publicKey: key.line.publicKey)
        let moved = OfficeSecretKeys([
            try key.withSeed { try SecretKey(line: line, seed: $0.copy()) }
        ])
        #expect(throws: EnvelopeError.notForTheseKeys) { _ = try openTip(wire, keys: moved) }
        renamed.replaceSubrange(8..<40, with: line.id.bytes)
        #expect(throws: EnvelopeError.cannotOpen) { _ = try openTip(renamed, keys: moved) }
    }

    @Test func theVaultsLookRefusesWhatHasNotTheShape() throws {
        let desk = try makeDesk()
        let (wire, summary) = try makeEnvelope(sampleDocument(), to: desk.line(.envelopeXWing))
        let outline = try EnvelopeOutline.inspect(wire[...], totalBytes: wire.count)
        #expect(outline.commitment == summary.commitment)
        let inspect = { (bytes: [UInt8], total: Int) in
            _ = try EnvelopeOutline.inspect(bytes[...], totalBytes: total, totalBytesMax: 1 << 20)
        }
        let full = 65_552
        for total in [0, 71, 1_240, 1_256, 1_240 + full, 1_240 + full + 16] {
            let isWhole = total == 1_240 + full
            #expect(
                envelopeError { try inspect(wire, total) }
                    == (isWhole ? nil : .malformedEnvelope), "\(total)")
        }
        #expect(
            envelopeError { try inspect(wire, (1 << 20) + 1) }
                == .outsideLimit(
                    what: "envelope, bytes", allowed: 0...(1 << 20), actual: (1 << 20) + 1))
        #expect(envelopeError { try inspect(Array(wire[..<71]), 17_640) } == .malformedEnvelope)
        for (place, value, error) in [
            (0, UInt8(0), EnvelopeError.malformedEnvelope), (4, 2, .malformedEnvelope),
            (5, 3, .unknownSuite(3)), (6, 1, .malformedEnvelope), (7, 1, .malformedEnvelope),
        ] {
            var wrong = wire
            wrong[place] = value
            #expect(envelopeError { try inspect(wrong, wrong.count) } == error)
        }
        #expect(throws: EnvelopeError.malformedEnvelope) {
            try inspect(Randomness.bytes(17_640), 17_640)
        }
    }

    /// Attachments, in bytes: none, some chunks, and above 4 MiB, where padded lengths are more than a chunk apart.
    @Test(arguments: [0, 100_000, 300_000, 5_000_000], [KeyUse.envelopeX25519, .envelopeXWing])
    func theVaultTakesOnlyLengthsThatTheFormatGives(attachment: Int, use: KeyUse) throws {
        let wire = try makeEnvelope(
            sampleDocument(),
            attachments: attachment == 0 ? [] : [EnvelopeVectorTests.attachment(attachment)],
            to: makeDesk().line(use)
        ).wire
        let refusal = { (total: Int) in
            envelopeError { _ = try EnvelopeOutline.inspect(wire[...], totalBytes: total) }
        }
        let whole = wire.count
        let chunk = EnvelopeLimits.chunkBytes + EnvelopeLimits.chunkOverheadBytes
        #expect(refusal(whole) == nil)
        for total in [whole - 1, whole + 1, whole - 16, whole + 17, whole / 2] {
            #expect(refusal(total) == .malformedEnvelope, "\(total) of \(whole)")
        }
        // Up to 4 MiB a chunk less may be another tip's length.
        if whole > 4 << 20 {
            #expect(refusal(whole - chunk) == .malformedEnvelope)
        }
    }

    @Test func theWriterRefusesDisorder() throws {
        let desk = try makeDesk()
        var wire: [UInt8] = []
        #expect(throws: EnvelopeError.wrongKeyUse(needed: .envelopeXWing, actual: .sealXWing)) {
            _ = try TipWriter(to: desk.line(.sealXWing), appendingTo: &wire)
        }
        let json = try sampleDocument().encoded()
        var writer = try TipWriter(to: desk.line(.envelopeX25519), appendingTo: &wire)
        #expect(throws: EnvelopeError.outOfOrder) {
            try writer.writePiece([1], appendingTo: &wire)
        }
        #expect(throws: EnvelopeError.outOfOrder) {
            _ = try writer.endAttachment(appendingTo: &wire)
        }
        try writer.beginAttachment()
        #expect(throws: EnvelopeError.outOfOrder) { try writer.beginAttachment() }
        #expect(throws: EnvelopeError.outOfOrder) {
            try writer.writeDocument(json[...], appendingTo: &wire)
        }
        _ = try writer.endAttachment(appendingTo: &wire)
        try writer.writeDocument(json[...], appendingTo: &wire)
        #expect(throws: EnvelopeError.outOfOrder) {
            try writer.writeDocument(json[...], appendingTo: &wire)
        }
        #expect(throws: EnvelopeError.outOfOrder) {
            let empty = try TipWriter(to: desk.line(.envelopeX25519), appendingTo: &wire)
            _ = try empty.finish(appendingTo: &wire)
        }
        var greedy = try TipWriter(to: desk.line(.envelopeX25519), appendingTo: &wire)
        #expect(throws: EnvelopeError.self) {
            try greedy.writeDocument(
                [UInt8](repeating: 0x20, count: 65_537)[...], appendingTo: &wire)
        }
        for _ in 0..<32 {
            try greedy.beginAttachment()
            _ = try greedy.endAttachment(appendingTo: &wire)
        }
        #expect(
            throws: EnvelopeError.outsideLimit(
                what: "attachments", allowed: 1...32, actual: 33)
        ) { try greedy.beginAttachment() }
    }

    /// Whatever the writer is given, what it holds back is less than a chunk and its tag.
    @Test func aLongAttachmentIsStreamed() throws {
        let desk = try makeDesk()
        var out: [UInt8] = []
        var writer = try TipWriter(to: desk.line(.envelopeXWing), appendingTo: &out)
        let piece = EnvelopeVectorTests.attachment(65_536)
        try writer.beginAttachment()
        var given = 0
        var taken = out.count
        var header: [UInt8] = out
        out.removeAll(keepingCapacity: true)
        var reader = try TipReader(
            header: EnvelopeHeader(header[...]), key: desk.openEnvelope(EnvelopeHeader(header[...]))
        )
        header = []
        var read = 0
        for _ in 0..<64 {
            try writer.writePiece(piece[...], appendingTo: &out)
            given += piece.count
            taken += out.count
            for event in try reader.read(out[...]) {
                if case .attachmentPiece(_, let bytes) = event { read += bytes.count }
            }
            out.removeAll(keepingCapacity: true)
            #expect(given - taken <= 65_552)
            #expect(given - read <= 2 * 65_552)
        }
    }
}
