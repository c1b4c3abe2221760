public import Notes

/// The two kinds of office.
public enum OfficeKind: String, Hashable, Sendable {
    /// It opens tips and routes them.
    case desk
    /// It receives reports.
    case unit
}

/// A member of an office: a post, never a person.
public struct RosterMember: Hashable, Sendable {
    /// The post's name within the office, such as `operator-1`.
    public let name: String
    /// Its signing key, whose name is `<origin>/<office>/<member>`.
    public internal(set) var verifier: NoteVerifier
    /// SHA-256 of the SubjectPublicKeyInfo of each certificate it may come with, 32 bytes each.
    public internal(set) var pins: [[UInt8]]
    /// True from the moment on when nothing of it is believed.
    public internal(set) var isRevoked: Bool

    /// Puts a member together.
    public init(name: String, verifier: NoteVerifier, pins: [[UInt8]], isRevoked: Bool = false) {
        self.name = name
        self.verifier = verifier
        self.pins = pins
        self.isRevoked = isRevoked
    }

    fileprivate var json: CanonicalJSON {
        .object([
            "key": .string(verifier.vkey), "name": .string(name),
            "pins": .array(pins.map { .string(Base64.encode($0)) }),
            "state": isRevoked ? "revoked" : "active",
        ])
    }

    fileprivate init(_ json: CanonicalJSON) throws(RosterError) {
        let fields = try Fields(json, "member", ["key", "name", "pins", "state"])
        name = try fields.string("name")
        verifier = try fields.verifier("key")
        pins = try fields.list("pins", atMost: RosterLimits.pinsPerMemberMax) {
            (item) throws(RosterError) in
            guard let pin = item.string.flatMap({ try? Base64.decode($0, count: 32) }) else {
                throw .malformed("pin")
            }
            return pin
        }
        switch try fields.string("state") {
        case "active": isRevoked = false
        case "revoked": isRevoked = true
        default: throw .malformed("member state")
        }
    }
}

/// An office as the staff part names it.
public struct RosterOffice: Hashable, Sendable {
    /// Its name, such as `unit-ar-1`.
    public let office: String
    /// Desk or unit.
    public let kind: OfficeKind
    /// The State it belongs to, or `region`.
    public let state: String
    /// A unit's keys; empty for a desk, whose keys are in the public part.
    public internal(set) var keys: [RosterKey]
    /// Its members.
    public internal(set) var members: [RosterMember]

    /// Puts an office together.
    public init(
        office: String, kind: OfficeKind, state: String, keys: [RosterKey] = [],
        members: [RosterMember] = []
    ) {
        self.office = office
        self.kind = kind
        self.state = state
        self.keys = keys
        self.members = members
    }

    fileprivate var json: CanonicalJSON {
        .object([
            "keys": .array(keys.map(\.json)), "kind": .string(kind.rawValue),
            "members": .array(members.map(\.json)), "office": .string(office),
            "state": .string(state),
        ])
    }

    fileprivate init(_ json: CanonicalJSON) throws(RosterError) {
        let fields = try Fields(json, "office", ["keys", "kind", "members", "office", "state"])
        office = try fields.string("office")
        guard let kind = OfficeKind(rawValue: try fields.string("kind")) else {
            throw .malformed("office kind")
        }
        self.kind = kind
        state = try fields.string("state")
        keys = try fields.list("keys", atMost: RosterLimits.keysPerOfficeMax, RosterKey.init)
        members = try fields.list(
            "members", atMost: RosterLimits.membersPerOfficeMax, RosterMember.init)
    }
}

/// Which units act on an offence in a territory.
public struct Competence: Hashable, Sendable {
    /// The offence that stands for all.
    public static let anyOffence = "*"

    /// A State, a part of one (`AR-C`), or `region`.
    public let territory: String
    /// An offence's key in the vocabulary, or `*`.
    public let offence: String
    /// The units, in the order in which they are offered.
    public let units: [String]

    /// Puts a row together.
    public init(territory: String, offence: String, units: [String]) {
        self.territory = territory
        self.offence = offence
        self.units = units
    }

    fileprivate var json: CanonicalJSON {
        .object([
            "offence": .string(offence), "territory": .string(territory),
            "units": .array(units.map(CanonicalJSON.string)),
        ])
    }

    fileprivate init(_ json: CanonicalJSON) throws(RosterError) {
        let fields = try Fields(json, "competence", ["offence", "territory", "units"])
        offence = try fields.string("offence")
        territory = try fields.string("territory")
        units = try fields.list("units", atMost: RosterLimits.officesMax) {
            (item) throws(RosterError) in
            guard let unit = item.string else { throw .malformed("competence: units") }
            return unit
        }
    }
}

/// The part of a roster that only staff see: offices, members, competence (formats §2).
public struct StaffRoster: Hashable, Sendable {
    /// Every office, desks included.
    public internal(set) var offices: [RosterOffice]
    /// Who is competent for what.
    public internal(set) var competence: [Competence]
    /// The same as the public part's.
    public internal(set) var version: UInt64

    init() {
        offices = []
        competence = []
        version = 1
    }

    /// Reads the JCS document.
    public init(parsing bytes: [UInt8]) throws(RosterError) {
        guard let json = try? CanonicalJSON(parsingCanonical: bytes) else {
            throw .malformed("staff part")
        }
        let fields = try Fields(json, "staff part", ["competence", "offices", "version"])
        offices = try fields.list("offices", atMost: RosterLimits.officesMax, RosterOffice.init)
        competence = try fields.list(
            "competence", atMost: RosterLimits.competenceRowsMax, Competence.init)
        version = try fields.number("version")
    }

    /// The JCS document, whose SHA-256 the public part names.
    public var encoded: [UInt8] {
        CanonicalJSON.object([
            "competence": .array(competence.map(\.json)),
            "offices": .array(offices.map(\.json)),
            "version": .integer(Int(clamping: version)),
        ]).encoded
    }

    /// What no staff part may lack, whoever signed it.
    func check(origin: String) throws(RosterError) {
        guard areDistinct(offices.map(\.office)), offices.allSatisfy({ isRosterName($0.office) })
        else { throw .malformed("offices") }
        for office in offices {
            try checkKeys(office.keys, of: office.office, in: office.state, origin)
            try Self.checkMembers(of: office, origin)
        }
        guard areDistinct(offices.flatMap { $0.members.map(\.verifier.key) }) else {
            throw .malformed("members: a signing key twice")
        }
        try checkCompetence()
    }

    private static func checkMembers(
        of office: RosterOffice, _ origin: String
    ) throws(RosterError) {
        guard areDistinct(office.members.map(\.name)) else { throw .malformed("members") }
        for member in office.members {
            let isNamed = member.verifier.name == "\(origin)/\(office.office)/\(member.name)"
            guard isRosterName(member.name), isNamed else {
                throw .malformed("\(office.office): a member's key has another name")
            }
        }
    }

    private func checkCompetence() throws(RosterError) {
        let units = Set(offices.filter { $0.kind == .unit }.map(\.office))
        guard areDistinct(competence.map { [$0.territory, $0.offence] }) else {
            throw .malformed("competence: a row twice")
        }
        for row in competence {
            guard areDistinct(row.units), units.isSuperset(of: row.units),
                (1...RosterLimits.nameBytesMax).contains(row.territory.utf8.count),
                (1...RosterLimits.nameBytesMax).contains(row.offence.utf8.count)
            else { throw .malformed("competence") }
        }
    }
}
