public import Sodium

/// A named Ed25519 signing key, which signs the texts of notes and nothing else.
public final class NoteSigner: Sendable {
    private let key: SigningKey
    /// The public half with its name.
    public let verifier: NoteVerifier

    /// The key's name.
    public var name: String { verifier.name }

    /// Names the key of a 32-byte seed.
    public init(name: String, seed: borrowing SecretBytes) throws(NoteError) {
        let key: SigningKey
        do {
            key = try SigningKey(seed: seed)
        } catch {
            throw .unavailable
        }
        verifier = try NoteVerifier(name: name, key: key.verifyingKey)
        self.key = key
    }

    /// Makes a note of `body` with this key's signature as the only one.
    public func sign(_ body: some NoteBody) throws(NoteError) -> Note {
        let text = body.text
        let note = try Note(text: text, signatures: [])
        return try note.adding(signature(over: text))
    }

    /// Adds this key's signature to a note that others may have signed, in place of an earlier one of its own.
    ///
    /// The text is read as `Body` first: nothing is signed that this program does not understand.
    public func countersign<Body: NoteBody>(
        _ note: Note, as type: Body.Type
    ) throws(NoteError) -> Note {
        _ = try Body(text: note.text)
        return try note.adding(signature(over: note.text))
    }

    private func signature(over text: [UInt8]) throws(NoteError) -> NoteSignature {
        do {
            return NoteSignature(
                name: verifier.name, keyHash: verifier.keyHash, bytes: try key.sign(text))
        } catch {
            throw .unavailable
        }
    }
}
