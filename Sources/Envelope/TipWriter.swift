import Crypto
package import Sodium

/// What is known of an envelope once it is whole.
public struct EnvelopeSummary: Hashable, Sendable {
    /// SHA-256 of all its bytes: the idempotency key.
    public let sha256: [UInt8]
    /// Its size in bytes.
    public let byteCount: Int
    /// The commitment to its key, 32 bytes.
    public let commitment: [UInt8]
}

/// Makes an envelope (formats §4) as a stream; holds one chunk of plaintext at most, and wipes it.
///
/// Each call appends ciphertext to `out`. The JSON may come before the attachments or after them, so that whoever streams
/// them can name their hashes.
public struct TipWriter: ~Copyable {
    private let suite: EnvelopeSuite
    private let header: EnvelopeHeader
    private var sealer: ChunkSealer
    private var hasher = SHA256()
    private var byteCount = 0
    private var hasDocument = false
    private var attachments = 0
    private var openAttachment: (size: Int, hasher: SHA256)?

    /// Starts an envelope under a fresh key to the desk's envelope key, and appends its head to `out`.
    public init(to recipient: KeyLine, appendingTo out: inout [UInt8]) throws(EnvelopeError) {
        let key = try SecretBytes.drawing(EnvelopeLimits.keyBytes)
        try self.init(to: recipient, key: key, appendingTo: &out)
    }

    /// Starts an envelope under a given K of 32 bytes: for tests, and for vectors.
    package init(
        to recipient: KeyLine, key: borrowing SecretBytes, appendingTo out: inout [UInt8]
    ) throws(EnvelopeError) {
        let commitment = KeySchedule.commitment(to: key)
        try self.init(to: recipient, key: key, commitment: commitment, appendingTo: &out)
    }

    /// Starts an envelope that may commit to another key than it is sealed under: a test of readers.
    package init(
        to recipient: KeyLine, key: borrowing SecretBytes, commitment: [UInt8],
        appendingTo out: inout [UInt8]
    ) throws(EnvelopeError) {
        guard let suite = EnvelopeSuite.allCases.first(where: { $0.keyUse == recipient.use }) else {
            throw .wrongKeyUse(needed: .envelopeXWing, actual: recipient.use)
        }
        let outline = EnvelopeOutline(suite: suite, keyID: recipient.id, commitment: commitment)
        let head = outline.bytes
        let (encapsulated, sealedKey) = try key.withWorkingCopy {
            (working) throws(EnvelopeError) in
            try HPKEBox.seal(
                working, to: recipient.publicKey, suite: suite,
                info: Label.info(Label.envelope, head))
        }
        let start = out.count
        out.append(contentsOf: head)
        out.append(contentsOf: encapsulated)
        out.append(contentsOf: sealedKey)
        self.header = EnvelopeHeader(
            outline: outline, encapsulated: encapsulated, sealedKey: sealedKey)
        self.suite = suite
        self.sealer = ChunkSealer(
            key: KeySchedule.chunkKey(from: key, info: Label.info(Label.payload, head)))
        take(out, from: start)
    }

    /// SHA-256 of encapsulated key and sealed key, which an answer's tag covers (formats §7).
    public var headerSealHash: [UInt8] { header.sealHash }

    /// Writes the tip's JSON, exactly once and not inside an attachment; its limit is 65,536 bytes.
    public mutating func writeDocument(
        _ json: ArraySlice<UInt8>, appendingTo out: inout [UInt8]
    ) throws(EnvelopeError) {
        guard !hasDocument, openAttachment == nil else { throw .outOfOrder }
        try requireLimit("tip's JSON, bytes", json.count, 2...EnvelopeLimits.documentBytesMax)
        hasDocument = true
        try writeFrame(.document, json, appendingTo: &out)
    }

    /// Begins the next attachment; its limit is 512 MiB, and that of their number 32.
    public mutating func beginAttachment() throws(EnvelopeError) {
        guard openAttachment == nil else { throw .outOfOrder }
        try requireLimit("attachments", attachments + 1, 1...EnvelopeLimits.attachmentsMax)
        openAttachment = (0, SHA256())
    }

    /// Writes a piece of the attachment, of any size.
    public mutating func writePiece(
        _ piece: ArraySlice<UInt8>, appendingTo out: inout [UInt8]
    ) throws(EnvelopeError) {
        guard var open = openAttachment else { throw .outOfOrder }
        guard !piece.isEmpty else { return }
        open.size += piece.count
        try requireLimit(
            "attachment, bytes", open.size, 0...EnvelopeLimits.attachmentBytesMax)
        open.hasher.update(data: piece)
        openAttachment = open
        try writeFrame(.attachmentPiece, piece, appendingTo: &out)
    }

    /// Ends the attachment; the result is what the JSON has to say of it.
    public mutating func endAttachment(
        appendingTo out: inout [UInt8]
    ) throws(EnvelopeError) -> AttachmentDigest {
        guard let open = openAttachment else { throw .outOfOrder }
        try writeFrame(.attachmentEnd, [], appendingTo: &out)
        openAttachment = nil
        attachments += 1
        return AttachmentDigest(size: open.size, sha256: Array(open.hasher.finalize()))
    }

    /// Pads and ends the envelope.
    public consuming func finish(
        appendingTo out: inout [UInt8]
    ) throws(EnvelopeError) -> EnvelopeSummary {
        guard hasDocument, openAttachment == nil else { throw .outOfOrder }
        let content = sealer.plaintextBytes
        var missing = Padding.paddedBytes(content, suite: suite) - content
        let zeros = [UInt8](repeating: 0, count: min(missing, EnvelopeLimits.chunkBytes))
        let start = out.count
        while missing > 0 {
            let part = zeros.prefix(missing)
            try sealer.write(part, appendingTo: &out)
            missing -= part.count
        }
        try sealer.finish(appendingTo: &out)
        hasher.update(data: out[start...])
        byteCount += out.count - start
        return EnvelopeSummary(
            sha256: Array(hasher.finalize()), byteCount: byteCount,
            commitment: header.outline.commitment)
    }

    private mutating func writeFrame(
        _ kind: FrameKind, _ bytes: ArraySlice<UInt8>, appendingTo out: inout [UInt8]
    ) throws(EnvelopeError) {
        let start = out.count
        try sealer.write(kind.head(UInt32(bytes.count))[...], appendingTo: &out)
        try sealer.write(bytes, appendingTo: &out)
        take(out, from: start)
    }

    /// Hashes and counts what was appended.
    private mutating func take(_ out: [UInt8], from start: Int) {
        hasher.update(data: out[start...])
        byteCount += out.count - start
    }
}
