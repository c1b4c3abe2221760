public import Notes

/// What is wrong with a checkpoint or a proof in its text form.
public enum LogTextError: Error, Equatable, Sendable {
    /// It is not of the form that C2SP gives; the sentence says where.
    case malformed(String)
    /// It is not signed by the key asked for.
    case notSigned
    /// It is signed, but for another log than the one whose key this is.
    case otherOrigin
}

extension Checkpoint {
    /// Puts a checkpoint together.
    public init(origin: String, size: UInt64, root: Hash256) {
        self.init(origin: origin, size: size, root: root.bytes)
    }

    /// Reads an encoded note and checks this log's signature on it.
    ///
    /// Signatures of others are passed over.
    public init(verifying note: [UInt8], by verifier: NoteVerifier) throws(LogTextError) {
        let signed: Note
        do { signed = try Note(parsing: note) } catch {
            throw .malformed("it is not a signed note")
        }
        do { try signed.verify(by: verifier) } catch { throw .notSigned }
        do { try self.init(text: signed.text) } catch { throw .malformed("it is not a checkpoint") }
        // A log's key has the log's name: a checkpoint of another log under this key is nobody's.
        guard origin == verifier.name else { throw .otherOrigin }
    }

    /// Root of the tree.
    ///
    /// A checkpoint that was read has 32 bytes there; one that is made has to have them.
    public var rootHash: Hash256 {
        guard let hash = Hash256(root) else {
            preconditionFailure("a checkpoint was made with a root that is not 32 bytes")
        }
        return hash
    }
}
