import Sodium

/// One signature line of a note: `— name base64(key hash ‖ signature)`.
public struct NoteSignature: Hashable, Sendable {
    /// Name of the key that is said to have signed.
    public let name: String
    /// Its hash (`NoteVerifier.keyHash`).
    public let keyHash: UInt32
    /// The signature, 64 bytes for Ed25519.
    public let bytes: [UInt8]

    /// An em dash (U+2014) and a space.
    private static let mark: [UInt8] = [0xe2, 0x80, 0x94, 0x20]

    init(name: String, keyHash: UInt32, bytes: [UInt8]) {
        self.name = name
        self.keyHash = keyHash
        self.bytes = bytes
    }

    fileprivate init(line: ArraySlice<UInt8>) throws(NoteError) {
        guard line.starts(with: Self.mark) else { throw .malformedNote }
        let fields = line.dropFirst(Self.mark.count)
        guard let space = fields.firstIndex(of: 0x20),
            let name = String(validating: fields[..<space], as: UTF8.self),
            NoteVerifier.isKeyName(name),
            let data = try? Base64.decode(ascii: fields[(space + 1)...]),
            (5...(4 + NoteLimits.signatureBytesMax)).contains(data.count)
        else { throw .malformedNote }
        self.name = name
        keyHash = data.prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
        bytes = Array(data.dropFirst(4))
    }

    fileprivate var line: [UInt8] {
        let hash = (0..<4).map { UInt8(truncatingIfNeeded: keyHash >> UInt32(24 - 8 * $0)) }
        return Self.mark + Array(name.utf8) + [0x20] + Base64.encodedBytes(hash + bytes) + [0x0a]
    }

    fileprivate func isOf(_ verifier: NoteVerifier) -> Bool {
        keyHash == verifier.keyHash && name == verifier.name
    }
}

/// A signed note (C2SP signed-note): a text, a blank line, signature lines.
///
/// A value of this type is well-formed; what it says may be believed only after `signers` or one of the `verify`
/// functions.
public struct Note: Hashable, Sendable {
    /// What is signed: UTF-8, ending in a newline, with no other control character.
    public let text: [UInt8]
    /// The signature lines in their order, unchecked.
    public let signatures: [NoteSignature]

    init(text: [UInt8], signatures: [NoteSignature]) throws(NoteError) {
        guard text.count > 1, text.last == 0x0a, Self.isPlain(text) else { throw .malformedNote }
        self.text = text
        self.signatures = signatures
    }

    /// Reads an encoded note, at most 1 MiB with at most 100 signature lines.
    public init(parsing bytes: [UInt8]) throws(NoteError) {
        guard bytes.count <= NoteLimits.noteBytesMax, bytes.last == 0x0a, Self.isPlain(bytes),
            let blank = Self.lastBlankLine(bytes)
        else { throw .malformedNote }
        let lines = bytes[(blank + 1)...].dropLast()
            .split(separator: 0x0a, omittingEmptySubsequences: false)
        guard lines.count <= NoteLimits.signaturesMax else { throw .malformedNote }
        var signatures: [NoteSignature] = []
        for line in lines {
            signatures.append(try NoteSignature(line: line))
        }
        try self.init(text: Array(bytes[..<blank]), signatures: signatures)
    }

    /// The note's bytes; what was parsed comes out as it came in, because every part has one spelling.
    public var encoded: [UInt8] {
        var bytes = text
        bytes.append(0x0a)
        for signature in signatures { bytes.append(contentsOf: signature.line) }
        return bytes
    }

    /// The note's bytes as a string.
    public var encodedString: String { String(decoding: encoded, as: UTF8.self) }

    /// The type named by the first line; a checkpoint has none and throws `wrongType`.
    public var type: NoteType {
        get throws(NoteError) { try NoteType(of: text) }
    }

    /// Says which keys of `known` signed, each once, in the order of the lines.
    ///
    /// Lines of unknown keys are passed over; a line that names a known key and is not its signature refuses the note.
    /// A key's second line is not looked at, as in the reference implementation.
    public func signers(
        among known: some Sequence<NoteVerifier>
    ) throws(NoteError) -> [NoteVerifier] {
        var found: [NoteVerifier] = []
        for signature in signatures {
            for verifier in known where signature.isOf(verifier) && !found.contains(verifier) {
                guard verifier.key.isValid(signature.bytes, over: text) else {
                    throw .badSignature(name: verifier.name)
                }
                found.append(verifier)
            }
        }
        return found
    }

    /// Throws unless `verifier` signed; lines of unknown keys are passed over (witnesses on checkpoints).
    public func verify(by verifier: NoteVerifier) throws(NoteError) {
        guard try !signers(among: [verifier]).isEmpty else { throw .unsigned }
    }

    /// Throws unless `verifier` signed and the note has no other line.
    ///
    /// For notes that are known by their hash: a further line would make another hash of the same statement.
    public func verifySole(by verifier: NoteVerifier) throws(NoteError) {
        try verify(by: verifier)
        guard signatures.count == 1 else { throw .furtherSignatures }
    }

    /// The note with `verifier`'s line alone, which has to hold: whoever hands a note out may add lines to it.
    public func sole(of verifier: NoteVerifier) throws(NoteError) -> Note {
        try verify(by: verifier)
        return try Note(
            text: text, signatures: Array(signatures.filter { $0.isOf(verifier) }.prefix(1)))
    }

    /// Reads the text as one type of note from one gateway; it says nothing about signatures.
    public func body<Body: NoteBody>(
        _ type: Body.Type, origin: String
    ) throws(NoteError) -> Body {
        let body = try Body(text: text)
        guard body.origin == origin else { throw .wrongOrigin }
        return body
    }

    /// The note with one more signature, in place of any earlier line of the same key.
    func adding(_ signature: NoteSignature) throws(NoteError) -> Note {
        let others = signatures.filter {
            $0.name != signature.name || $0.keyHash != signature.keyHash
        }
        guard others.count < NoteLimits.signaturesMax else { throw .malformedNote }
        return try Note(text: text, signatures: others + [signature])
    }

    /// Unites the signatures of two notes over the same text, as when authorities sign copies apart from each other.
    public func merging(_ other: Note) throws(NoteError) -> Note {
        guard other.text == text else { throw .malformedNote }
        var merged = self
        for signature in other.signatures { merged = try merged.adding(signature) }
        return merged
    }

    /// UTF-8 with no control character below U+0020 but the newline.
    private static func isPlain(_ bytes: [UInt8]) -> Bool {
        bytes.allSatisfy { $0 >= 0x20 || $0 == 0x0a }
            && String(validating: bytes, as: UTF8.self) != nil
    }

    /// Index of the newline that is the last blank line.
    private static func lastBlankLine(_ bytes: [UInt8]) -> Int? {
        var index = bytes.count - 1
        while index > 0 {
            if bytes[index] == 0x0a, bytes[index - 1] == 0x0a { return index }
            index -= 1
        }
        return nil
    }
}
