public import Envelope
public import Notes
import Sodium

/// A whole roster: public part and staff part, held against each other (formats §2).
///
/// That enough authorities signed it is for `RosterVerification` to say.
public struct Roster: Hashable, Sendable {
    /// What everybody sees.
    public internal(set) var publicPart: PublicRoster
    /// What staff see.
    public internal(set) var staffPart: StaffRoster
    /// SHA-256 of the note's text, which the next version names, 32 bytes.
    public let textHash: [UInt8]

    /// The gateway's log name.
    public var origin: String { publicPart.origin }
    /// The version, from 1.
    public var version: UInt64 { publicPart.version }
    /// Who signs the next version.
    public var trust: RosterTrust { publicPart.trust }

    /// Reads a note and the staff part it names, without regard to signatures.
    public init(note: Note, staff: [UInt8]) throws(RosterError) {
        let publicPart = try PublicRoster(note: note)
        guard SmallHash.sha256(staff) == publicPart.staffHash else { throw .staffPartMismatch }
        try self.init(publicPart: publicPart, staffPart: StaffRoster(parsing: staff))
    }

    init(publicPart: PublicRoster, staffPart: StaffRoster) throws(RosterError) {
        // Before anything is written: a number without canonical JSON would end the process.
        try publicPart.check()
        try staffPart.check(origin: publicPart.origin)
        self.publicPart = publicPart
        self.staffPart = staffPart
        textHash = SmallHash.sha256(publicPart.text)
        guard staffPart.version == publicPart.version else { throw .malformed("version") }
        try checkOffices()
    }

    /// Both parts have to know the same desks, and no public key may serve two offices.
    private func checkOffices() throws(RosterError) {
        let staffDesks = staffPart.offices.filter { $0.kind == .desk }
        let names = Set(staffDesks.map { [$0.office, $0.state] })
        guard names == Set(publicPart.desks.map { [$0.office, $0.state] }),
            staffDesks.allSatisfy(\.keys.isEmpty)
        else { throw .malformed("desks differ between the parts") }
        let lines =
            publicPart.desks.flatMap { $0.keys.map(\.line) }
            + staffPart.offices.flatMap { $0.keys.map(\.line) }
        guard areDistinct(lines.map(\.publicKey)) else { throw .malformed("a key twice") }
        let signers = staffPart.offices.flatMap { $0.members.map(\.verifier.key) }
        let others = publicPart.authorities.map(\.key) + [publicPart.log.key]
        guard areDistinct(signers + others) else { throw .malformed("a signing key twice") }
    }

    /// True if the roster's time has run out at that second since 1970.
    public func isExpired(at seconds: UInt64) -> Bool { publicPart.isExpired(at: seconds) }

    /// The desk of a State, or the region's if the State has none.
    public func desk(for state: String) -> RosterDesk? { publicPart.desk(for: state) }

    /// An office by its name.
    public func office(_ name: String) -> RosterOffice? {
        staffPart.offices.first { $0.office == name }
    }

    /// All keys of an office, wherever the roster has them.
    public func keys(of office: String) -> [RosterKey] {
        publicPart.desks.first { $0.office == office }?.keys ?? self.office(office)?.keys ?? []
    }

    /// The active keys of an office for one use, newest last.
    public func activeKeys(of office: String, use: KeyUse) -> [KeyLine] {
        keys(of: office).filter { $0.state == .active && $0.line.use == use }.map(\.line)
    }

    /// The office and key behind a `key_id`, whatever the key's state.
    public func key(_ id: KeyID) -> (office: RosterOffice, key: RosterKey)? {
        for office in staffPart.offices {
            for key in keys(of: office.office) where key.line.id == id { return (office, key) }
        }
        return nil
    }

    /// The member whose signing key has this name, and its office, whether revoked or not.
    public func member(named keyName: String) -> (office: RosterOffice, member: RosterMember)? {
        for office in staffPart.offices {
            for member in office.members where member.verifier.name == keyName {
                return (office, member)
            }
        }
        return nil
    }

    /// The units to offer for an offence in a territory.
    ///
    /// A part of a State (`AR-C`) falls back to the State, and a State to the region, when nobody is named for it; within
    /// a territory come the units named for the offence first, then those for every offence.
    public func units(territory: String, offence: String) -> [RosterOffice] {
        for candidate in Self.wideningTerritories(territory) {
            let rows = staffPart.competence.filter { $0.territory == candidate }
            let special = rows.filter { $0.offence == offence }.flatMap(\.units)
            let general = rows.filter { $0.offence == Competence.anyOffence }.flatMap(\.units)
            let names = special + general.filter { !special.contains($0) }
            if !names.isEmpty { return names.compactMap(office) }
        }
        return []
    }

    private static func wideningTerritories(_ territory: String) -> [String] {
        let state = String(territory.prefix { $0 != "-" })
        return [territory] + (state == territory ? [] : [state]) + [PublicRoster.region]
    }
}
