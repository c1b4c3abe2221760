/// Why a note, a key, a base64 text or a JSON document is refused.
public enum NoteError: Error, Equatable, Sendable {
    /// Not a signed note: no blank line, no signature line, a control character, not UTF-8, or too long.
    case malformedNote
    /// A key name that is empty, too long, or has a space or a plus sign.
    case malformedKeyName
    /// Not a verifier key of the form `name+hash+base64`, or its hash is wrong.
    case malformedVerifierKey
    /// A verifier key of an algorithm other than Ed25519.
    case unknownAlgorithm
    /// The first line names no type known here, or another one than was expected.
    case wrongType
    /// The second line is another gateway's log name.
    case wrongOrigin
    /// None of the expected keys signed.
    case unsigned
    /// The line with this key's name and hash is not its signature over the text.
    case badSignature(name: String)
    /// A note that one key alone may sign has further signature lines.
    case furtherSignatures
    /// A line, named by what it should hold, is missing, superfluous or not in its one spelling.
    case malformedLine(String)
    /// Not base64 in its one spelling, or of another length than was expected.
    case malformedBase64
    /// Not JSON of the restricted kind, or beyond its limits; `offset` is the byte where it shows.
    case malformedJSON(offset: Int)
    /// JSON, but not in its one canonical spelling.
    case notCanonical
    /// libsodium refused to work.
    case unavailable
}

/// Limits of this module, each named with its unit.
public enum NoteLimits {
    /// Longest encoded note, in bytes.
    public static let noteBytesMax = 1_048_576
    /// Most signature lines of a note (C2SP asks for at least 16).
    public static let signaturesMax = 100
    /// Longest key name, in bytes.
    public static let keyNameBytesMax = 256
    /// Longest signature, in bytes: room for a post-quantum one of somebody else's.
    public static let signatureBytesMax = 16_384
    /// Most recipient lines of a report.
    public static let recipientsMax = 16
    /// Longest method and target of a request, in bytes.
    public static let requestLineBytesMax = 2_048
    /// Longest JSON document, in bytes.
    public static let jsonBytesMax = 16 * 1_048_576
    /// Deepest nesting of a JSON document.
    public static let jsonDepthMax = 16
}
