/// Limits and sizes of the formats, each named with its unit.
public enum EnvelopeLimits {
    /// Size of every key, commitment, identifier and hash, in bytes.
    public static let keyBytes = 32
    /// Plaintext of a full chunk or secretstream message, in bytes.
    public static let chunkBytes = 65_536
    /// What AES-256-GCM adds to a chunk, in bytes.
    public static let chunkOverheadBytes = 16
    /// What a secretstream message adds to its plaintext, in bytes.
    public static let messageOverheadBytes = 17
    /// Size of `H0`, in bytes.
    public static let outlineBytes = 72
    /// Size on the wire of every envelope whose frames fit into it, in bytes.
    public static let fixedEnvelopeBytes = 17_640
    /// Greatest envelope that this module reads or writes, in bytes; a gateway allows less by configuration.
    public static let envelopeBytesMax = 1 << 30
    /// Greatest JSON of a tip, in bytes.
    public static let documentBytesMax = 65_536
    /// Greatest number of attachments in a tip that are no copies of others.
    public static let originalsMax = 16
    /// Greatest number of attachments in a tip: each original may have one copy.
    public static let attachmentsMax = 2 * originalsMax
    /// Greatest attachment, in bytes.
    public static let attachmentBytesMax = 1 << 29
    /// Greatest free text of a tip, in Unicode scalars.
    public static let textScalarsMax = 4_000
    /// Size of the first row of a sealed body (wrap and secretstream header), in bytes.
    public static let sealedBodyFirstRowBytes = sealWrapBytes + 24
    /// Size of a sealed body's wrap, in bytes: X-Wing's 1,120, the inner box's 88, a tag of 16.
    public static let sealWrapBytes = 1_120 + 88 + 16
    /// Size of a report's wrap, in bytes: X-Wing's 1,120, three keys, a tag of 16.
    public static let reportWrapBytes = 1_120 + 96 + 16
    /// A triage is padded to a multiple of this many bytes.
    public static let triageStepBytes = 4_096
    /// Greatest triage before padding, in bytes.
    public static let triageBytesMax = 262_144
    /// Greatest sealed triage, in bytes: the greatest one is whole chunks, each with its tag.
    public static let sealedTriageBytesMax =
        triageBytesMax + triageBytesMax / chunkBytes * chunkOverheadBytes
    /// Plaintext of a reply after padding, in bytes.
    public static let replyPlaintextBytes = 4_096
    /// Size of a sealed reply, in bytes: X25519's 32, the plaintext, a tag of 16.
    public static let replyBytes = 32 + replyPlaintextBytes + 16
}
