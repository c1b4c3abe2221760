internal import Envelope
internal import Notes
internal import Office
internal import Roster

/// An office's public description, as the ceremony takes it in.
struct OfficeDescription {
    let name: String
    let kind: OfficeKind
    let state: String
    let lines: [KeyLine]

    /// Reads a `.pub.json`; what it holds instead of an office is complained of with the file's name.
    init(_ path: String) throws {
        let key = try KeyFile.readDescription(path)
        guard key.kind == .office, let state = key.state,
            let kind = key.officeKind.flatMap(OfficeKind.init)
        else { throw Complaint(.badInput, "\(path) describes no office.") }
        guard let lines = try? key.lines.map({ try KeyLine(parsing: $0) }) else {
            throw Complaint(.badInput, "\(path) holds a malformed key line.")
        }
        name = key.name
        self.kind = kind
        self.state = state
        self.lines = lines
    }
}

/// A member's public description, as the ceremony takes it in.
struct MemberDescription {
    let name: String
    let office: String
    let verifier: NoteVerifier
    /// SHA-256 of the certificate's SubjectPublicKeyInfo, 32 bytes.
    let pin: [UInt8]

    /// Reads a `.pub.json`; what it holds instead of a member is complained of with the file's name.
    init(_ path: String) throws {
        let key = try KeyFile.readDescription(path)
        guard key.kind == .member, let office = key.office, let pin = key.pin,
            key.lines.count == 1
        else { throw Complaint(.badInput, "\(path) describes no member.") }
        guard let verifier = try? NoteVerifier(vkey: key.lines[0]),
            let hash = try? Base64.decode(pin, count: 32)
        else { throw Complaint(.badInput, "\(path) holds a malformed key or certificate.") }
        name = key.name
        self.office = office
        self.verifier = verifier
        self.pin = hash
    }
}
