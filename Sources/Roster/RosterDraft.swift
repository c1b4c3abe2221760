public import Envelope
public import Notes
import Sodium

/// Why an edit of a roster is refused.
public enum RosterEditError: Error, Equatable, Sendable {
    /// No office of this name.
    case unknownOffice(String)
    /// An office of this name is there already, or its name is no roster name.
    case officeNameTaken(String)
    /// The State has a desk already.
    case stateHasDesk(String)
    /// No such key in the roster.
    case unknownKey
    /// The key is there already, or belongs to another office.
    case keyNotForOffice
    /// No member of this name in the office.
    case unknownMember(String)
    /// A member of this name is there already, or its name is no roster name.
    case memberNameTaken(String)
    /// The member of this name has another signing key, which a new certificate does not change.
    case otherSigningKey(String)
    /// Competence names something that is no unit of the roster.
    case notAUnit(String)
    /// The roster as a whole would be refused.
    case wouldBeRefused(RosterError)
}

/// The next version of a roster while it is being written: pure edits, no files, no keys.
public struct RosterDraft: Sendable {
    private var publicPart: PublicRoster
    private var staffPart: StaffRoster

    /// Starts version 1, which ends at `expires` (seconds since 1970), with ticks of `tickSeconds`.
    public init(
        founding origin: String, authorities: [NoteVerifier], threshold: Int, log: NoteVerifier,
        tickSeconds: UInt64, expires: UInt64
    ) {
        publicPart = PublicRoster(
            origin: origin, authorities: authorities, threshold: threshold, log: log,
            tickSeconds: tickSeconds, expires: expires)
        staffPart = StaffRoster()
    }

    /// Starts the version after `current`, which is taken over unchanged but for its end.
    public init(after current: Roster, expires: UInt64) {
        publicPart = current.publicPart
        staffPart = current.staffPart
        publicPart.version += 1
        publicPart.previous = current.textHash
        publicPart.expires = expires
        staffPart.version = publicPart.version
    }

    /// When it ends, in seconds since 1970.
    public var expires: UInt64 { publicPart.expires }

    /// Gives it another end, in seconds since 1970.
    public mutating func end(at seconds: UInt64) { publicPart.expires = seconds }

    /// Takes up a draft again that was put aside as the text and staff part of `finished`.
    public init(resuming text: [UInt8], staff: [UInt8]) throws(RosterError) {
        do {
            publicPart = try PublicRoster(text: text)
        } catch {
            throw .malformed("draft")
        }
        staffPart = try StaffRoster(parsing: staff)
    }

    /// The text that authorities sign, and the staff part's bytes that go with it.
    public func finished() throws(RosterEditError) -> (publicPart: PublicRoster, staff: [UInt8]) {
        let staff: [UInt8]
        do {
            _ = try Roster(publicPart: publicPart, staffPart: staffPart)
            staff = staffPart.encoded
            try RosterVerification.requireSize(publicPart.text, staff)
        } catch {
            throw .wouldBeRefused(error)
        }
        var publicPart = publicPart
        publicPart.staffHash = SmallHash.sha256(staff)
        // The one spelling that everybody else will read, limits included.
        guard (try? PublicRoster(text: publicPart.text)) == publicPart,
            (try? StaffRoster(parsing: staff)) == staffPart
        else { throw .wouldBeRefused(.malformed("beyond a limit")) }
        return (publicPart, staff)
    }

    /// The draft as a roster, to compare it with the one in force.
    public func preview() throws(RosterEditError) -> Roster {
        let (publicPart, _) = try finished()
        do {
            return try Roster(publicPart: publicPart, staffPart: staffPart)
        } catch {
            throw .wouldBeRefused(error)
        }
    }

    /// Changes the rule for the versions after this one, which itself is signed under the old rule.
    public mutating func setAuthorities(_ authorities: [NoteVerifier], threshold: Int) {
        publicPart.authorities = authorities
        publicPart.threshold = threshold
    }

    /// Adds a desk for a State (or `region`), without keys or members yet.
    public mutating func addDesk(_ office: String, state: String) throws(RosterEditError) {
        try requireFree(office)
        guard !publicPart.desks.contains(where: { $0.state == state }) else {
            throw .stateHasDesk(state)
        }
        publicPart.desks.append(RosterDesk(office: office, state: state, keys: []))
        staffPart.offices.append(RosterOffice(office: office, kind: .desk, state: state))
    }

    /// Adds a unit of a State (or `region`), without keys or members yet.
    public mutating func addUnit(_ office: String, state: String) throws(RosterEditError) {
        try requireFree(office)
        staffPart.offices.append(RosterOffice(office: office, kind: .unit, state: state))
    }

    /// Revokes every key and member of an office and takes it out of all competence; its name stays taken.
    public mutating func revokeOffice(_ office: String) throws(RosterEditError) {
        let index = try indexOfOffice(office)
        editKeys(of: office) { keys in
            for key in keys.indices { keys[key].state = .revoked }
        }
        for member in staffPart.offices[index].members.indices {
            staffPart.offices[index].members[member].isRevoked = true
        }
        staffPart.competence = staffPart.competence.map { row in
            Competence(
                territory: row.territory, offence: row.offence,
                units: row.units.filter { $0 != office })
        }.filter { !$0.units.isEmpty }
    }

    /// Adds an active key to the office that its line names.
    public mutating func addKey(_ line: KeyLine) throws(RosterEditError) {
        let index = try indexOfOffice(line.office)
        guard line.origin == publicPart.origin, line.state == staffPart.offices[index].state,
            find(line.id) == nil
        else { throw .keyNotForOffice }
        editKeys(of: line.office) { $0.append(RosterKey(line: line, state: .active)) }
    }

    /// Adds a key in place of the office's active ones of the same use, which stay accepted until a time.
    public mutating func rotateKey(
        to line: KeyLine, oldAcceptedUntil until: UInt64
    ) throws(RosterEditError) {
        let old = keys(of: line.office).filter {
            $0.state == .active && $0.line.use == line.use
        }
        try addKey(line)
        for key in old { try setState(of: key.line.id, to: .accepted(until: until)) }
    }

    /// Revokes a key.
    public mutating func revokeKey(_ id: KeyID) throws(RosterEditError) {
        try setState(of: id, to: .revoked)
    }

    /// Adds a member; its key has the name `<origin>/<office>/<member>`.
    public mutating func addMember(
        _ name: String, of office: String, verifier: NoteVerifier, pins: [[UInt8]]
    ) throws(RosterEditError) {
        let index = try indexOfOffice(office)
        let isTaken = staffPart.offices[index].members.contains { $0.name == name }
        guard !isTaken, isNewName(name) else { throw .memberNameTaken(name) }
        staffPart.offices[index].members.append(
            RosterMember(name: name, verifier: verifier, pins: pins))
    }

    /// Gives a post a new signing key and new certificates.
    ///
    /// The old key ends at once, the new one counts from the next tick.
    public mutating func rotateMember(
        _ name: String, of office: String, verifier: NoteVerifier, pins: [[UInt8]]
    ) throws(RosterEditError) {
        try editMember(name, of: office) { member in
            member.verifier = verifier
            member.pins = pins
            member.isRevoked = false
        }
    }

    /// Gives a member another certificate in place of those it has; its signing key has to be the one it has.
    public mutating func renewCertificate(
        _ name: String, of office: String, verifier: NoteVerifier, pin: [UInt8]
    ) throws(RosterEditError) {
        let member = staffPart.offices[try indexOfOffice(office)].members.first { $0.name == name }
        guard member == nil || member?.verifier == verifier else { throw .otherSigningKey(name) }
        try editMember(name, of: office) { $0.pins = [pin] }
    }

    /// Revokes a member.
    public mutating func revokeMember(
        _ name: String, of office: String
    ) throws(RosterEditError) {
        try editMember(name, of: office) { $0.isRevoked = true }
    }

    /// Says which units act on an offence (`*` for all) in a territory; none removes the row.
    public mutating func setCompetence(
        territory: String, offence: String, units: [String]
    ) throws(RosterEditError) {
        for unit in units {
            guard staffPart.offices.contains(where: { $0.office == unit && $0.kind == .unit })
            else { throw .notAUnit(unit) }
        }
        staffPart.competence.removeAll { $0.territory == territory && $0.offence == offence }
        guard !units.isEmpty else { return }
        staffPart.competence.append(
            Competence(territory: territory, offence: offence, units: units))
    }

    // MARK: Finding and changing

    private func requireFree(_ office: String) throws(RosterEditError) {
        guard isNewName(office), !staffPart.offices.contains(where: { $0.office == office })
        else { throw .officeNameTaken(office) }
    }

    /// A name that begins with a dash would be read as an option wherever it is typed.
    private func isNewName(_ name: String) -> Bool { isRosterName(name) && !name.hasPrefix("-") }

    private func indexOfOffice(_ office: String) throws(RosterEditError) -> Int {
        guard let index = staffPart.offices.firstIndex(where: { $0.office == office }) else {
            throw .unknownOffice(office)
        }
        return index
    }

    private func keys(of office: String) -> [RosterKey] {
        publicPart.desks.first { $0.office == office }?.keys
            ?? staffPart.offices.first { $0.office == office }?.keys ?? []
    }

    /// The office that has a key.
    private func find(_ id: KeyID) -> String? {
        staffPart.offices.map(\.office).first { office in
            keys(of: office).contains { $0.line.id == id }
        }
    }

    /// A desk's keys are in the public part, a unit's in the staff part.
    private mutating func editKeys(of office: String, _ edit: (inout [RosterKey]) -> Void) {
        if let desk = publicPart.desks.firstIndex(where: { $0.office == office }) {
            edit(&publicPart.desks[desk].keys)
        } else if let unit = staffPart.offices.firstIndex(where: { $0.office == office }) {
            edit(&staffPart.offices[unit].keys)
        }
    }

    private mutating func setState(of id: KeyID, to state: KeyState) throws(RosterEditError) {
        guard let office = find(id) else { throw .unknownKey }
        editKeys(of: office) { keys in
            for key in keys.indices where keys[key].line.id == id { keys[key].state = state }
        }
    }

    private mutating func editMember(
        _ name: String, of office: String, _ edit: (inout RosterMember) -> Void
    ) throws(RosterEditError) {
        let index = try indexOfOffice(office)
        guard
            let member = staffPart.offices[index].members.firstIndex(where: { $0.name == name })
        else { throw .unknownMember(name) }
        edit(&staffPart.offices[index].members[member])
    }
}
