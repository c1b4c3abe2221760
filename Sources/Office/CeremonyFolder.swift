internal import Confinement
internal import Notes

/// The folder of a ceremony: files that are replaced whole, and a note that gathers signatures.
public struct CeremonyFolder: Sendable {
    let path: String

    /// What one more signature led to.
    public enum Signing: Equatable, Sendable {
        /// So many of the needed signatures are there.
        case waiting(found: Int, needed: Int)
        /// The version is in force in this folder.
        case complete(version: UInt64)
    }

    init(_ path: String) {
        self.path = path
    }

    /// The content of a file; nil if it is not there.
    func read(_ name: String) throws -> [UInt8]? {
        do {
            return try DurableFile.read("\(path)/\(name)", limit: Home.fileBytesMax)
        } catch FileError.missing {
            return nil
        }
    }

    func replace(_ name: String, _ bytes: [UInt8]) throws {
        try DurableFile.replace("\(path)/\(name)", bytes)
    }

    func remove(_ names: String...) throws {
        for name in names { try DurableFile.remove("\(path)/\(name)") }
    }

    /// The note with one signature more; those that were given to another text are dropped.
    func countersigned<Body: NoteBody>(
        _ name: String, _ body: Body, _ text: [UInt8], by signer: NoteSigner
    ) throws -> Note {
        let note: Note
        if let earlier = try read(name).map({ try Note(parsing: $0) }), earlier.text == text {
            note = try signer.countersign(earlier, as: Body.self)
        } else {
            note = try signer.sign(body)
        }
        try replace(name, note.encoded)
        return note
    }
}
