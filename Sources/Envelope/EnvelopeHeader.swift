import Crypto
import Sodium

/// `H0`, the first 72 bytes of an envelope: all that a gateway reads of one (formats §4).
public struct EnvelopeOutline: Hashable, Sendable {
    /// The suite of head and key.
    public let suite: EnvelopeSuite
    /// The desk key that the envelope is for.
    public let keyID: KeyID
    /// The commitment to the tip's key, 32 bytes.
    public let commitment: [UInt8]

    /// Reads the first 72 bytes of `prefix`; what follows them is not looked at.
    public init(_ prefix: ArraySlice<UInt8>) throws(EnvelopeError) {
        guard prefix.count >= EnvelopeLimits.outlineBytes else { throw .malformedEnvelope }
        let bytes = prefix.prefix(EnvelopeLimits.outlineBytes)
        let start = bytes.startIndex
        guard bytes.prefix(5).elementsEqual(EnvelopeOutline.magic) else {
            throw .malformedEnvelope
        }
        guard let suite = EnvelopeSuite(rawValue: bytes[start + 5]) else {
            throw .unknownSuite(bytes[start + 5])
        }
        guard bytes[start + 6] == 0, bytes[start + 7] == 0,
            let keyID = KeyID(bytes[(start + 8)..<(start + 40)])
        else { throw .malformedEnvelope }
        self.init(suite: suite, keyID: keyID, commitment: Array(bytes.suffix(32)))
    }

    init(suite: EnvelopeSuite, keyID: KeyID, commitment: [UInt8]) {
        self.suite = suite
        self.keyID = keyID
        self.commitment = commitment
    }

    /// The 72 bytes.
    public var bytes: [UInt8] {
        EnvelopeOutline.magic + [suite.rawValue, 0, 0] + keyID.bytes + commitment
    }

    /// Looks at the head and at the whole length, as the vault does before it takes an envelope.
    ///
    /// The length has to be one that chunks and padding of formats §4 give: one byte more or less is refused. Padded
    /// lengths lie close together up to 4 MiB, at most a chunk apart, so an envelope that lost whole chunks may have
    /// one of them: only whoever has its key can tell.
    ///
    /// - Parameters:
    ///   - prefix: the envelope, or at least its first 72 bytes.
    ///   - totalBytes: the envelope's whole length.
    ///   - totalBytesMax: what the gateway takes, in bytes.
    /// - Throws: `malformedEnvelope`, `unknownSuite`, or `outsideLimit` if the length is too great.
    public static func inspect(
        _ prefix: ArraySlice<UInt8>, totalBytes: Int,
        totalBytesMax: Int = EnvelopeLimits.envelopeBytesMax
    ) throws(EnvelopeError) -> EnvelopeOutline {
        try requireLimit("envelope, bytes", totalBytes, 0...totalBytesMax)
        let outline = try EnvelopeOutline(prefix)
        let full = EnvelopeLimits.chunkBytes + EnvelopeLimits.chunkOverheadBytes
        let payload = totalBytes - outline.suite.headerBytes
        let last = payload % full
        let chunks = payload / full + (last == 0 ? 0 : 1)
        let plaintext = payload - chunks * EnvelopeLimits.chunkOverheadBytes
        // A last chunk holds at least one byte of plaintext.
        guard payload > 0, last == 0 || last > EnvelopeLimits.chunkOverheadBytes,
            Padding.isPadded(plaintext, suite: outline.suite)
        else { throw .malformedEnvelope }
        return outline
    }

    /// Throws `commitmentMismatch` unless `key` is the one committed to.
    func check(_ key: borrowing SecretBytes) throws(EnvelopeError) {
        guard KeySchedule.commitment(to: key) == commitment else { throw .commitmentMismatch }
    }

    private static let magic: [UInt8] = Array("RSGE".utf8) + [1]
}

/// An envelope's head: outline, encapsulated key and sealed tip key.
public struct EnvelopeHeader: Hashable, Sendable {
    /// `H0`.
    public let outline: EnvelopeOutline
    /// HPKE's encapsulated key: 32 or 1,120 bytes.
    public let encapsulated: [UInt8]
    /// The sealed K, 48 bytes.
    public let sealedKey: [UInt8]

    /// The greatest head, in bytes: whoever has so much of an envelope, or all of it, can read its head.
    public static let byteCountMax = EnvelopeSuite.xwing.headerBytes

    /// Reads the head at the start of `prefix`; what follows it is not looked at.
    public init(_ prefix: ArraySlice<UInt8>) throws(EnvelopeError) {
        let outline = try EnvelopeOutline(prefix)
        guard prefix.count >= outline.suite.headerBytes else { throw .endsEarly }
        let head = prefix.prefix(outline.suite.headerBytes)
        self.outline = outline
        self.sealedKey = Array(head.suffix(48))
        self.encapsulated = Array(head.dropFirst(EnvelopeLimits.outlineBytes).dropLast(48))
    }

    init(outline: EnvelopeOutline, encapsulated: [UInt8], sealedKey: [UInt8]) {
        self.outline = outline
        self.encapsulated = encapsulated
        self.sealedKey = sealedKey
    }

    /// Size in bytes: the chunks begin there.
    public var byteCount: Int { outline.suite.headerBytes }

    /// SHA-256 of encapsulated key and sealed key, which an answer's tag covers (formats §7).
    public var sealHash: [UInt8] {
        EnvelopeHeader.sealHash(encapsulated: encapsulated, sealedKey: sealedKey)
    }

    static func sealHash(encapsulated: [UInt8], sealedKey: [UInt8]) -> [UInt8] {
        Array(SHA256.hash(data: encapsulated + sealedKey))
    }
}
