import Crypto
public import Sodium

/// Reads an envelope (formats §4) as a stream: ciphertext in pieces of any size, events out.
///
/// What it has handed out is authentic; that the tip is whole is known once `finish` has returned. After an error the
/// reader is used no more.
public struct TipReader: ~Copyable {
    /// The envelope's head.
    public let header: EnvelopeHeader
    private var opener: ChunkOpener
    private var frames = FrameParser()

    /// Starts behind the head, with the tip's key of 32 bytes from `OfficeSecretKeys.openEnvelope` or a report's wrap.
    ///
    /// The key is checked against the head's commitment (`commitmentMismatch`): one envelope opens to one story.
    public init(header: EnvelopeHeader, key: borrowing SecretBytes) throws(EnvelopeError) {
        try requireLimit("tip's key, bytes", key.count, 32...32)
        try header.outline.check(key)
        self.header = header
        self.opener = ChunkOpener(
            key: KeySchedule.chunkKey(
                from: key, info: Label.info(Label.payload, header.outline.bytes)))
    }

    /// Takes the next bytes behind the head, and tells what they complete.
    ///
    /// Feed at most some chunks at a time: the events of one call hold their plaintext.
    public mutating func read(
        _ ciphertext: ArraySlice<UInt8>
    ) throws(EnvelopeError) -> [TipEvent] {
        var events: [TipEvent] = []
        try opener.read(ciphertext) { (chunk) throws(EnvelopeError) in
            try frames.read(chunk, into: &events)
        }
        return events
    }

    /// Reads the last chunk and checks that the tip is whole and nothing in it is unnamed.
    public consuming func finish() throws(EnvelopeError) -> [TipEvent] {
        var events: [TipEvent] = []
        try frames.read(try opener.finish(), into: &events)
        _ = try frames.finish()
        return events
    }
}
