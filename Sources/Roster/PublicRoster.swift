public import Envelope
public import Notes

/// A desk as the public part of the roster names it.
public struct RosterDesk: Hashable, Sendable {
    /// Its name, such as `desk-ar`.
    public let office: String
    /// The State it answers for (ISO 3166-1 alpha-2), or `region`.
    public let state: String
    /// Its keys of all uses, with their states.
    public internal(set) var keys: [RosterKey]

    /// Puts a desk together.
    public init(office: String, state: String, keys: [RosterKey]) {
        self.office = office
        self.state = state
        self.keys = keys
    }

    /// The newest active key of a use, which is the last one of the list.
    public func activeKey(_ use: KeyUse) -> RosterKey? {
        keys.last { $0.state == .active && $0.line.use == use }
    }

    /// Whether tips can be sent to it: it has an active key of every use.
    public var takesTips: Bool { KeyUse.allCases.allSatisfy { activeKey($0) != nil } }

    fileprivate var json: CanonicalJSON {
        .object([
            "keys": .array(keys.map(\.json)), "office": .string(office), "state": .string(state),
        ])
    }

    fileprivate init(_ json: CanonicalJSON) throws(RosterError) {
        let fields = try Fields(json, "desk", ["keys", "office", "state"])
        office = try fields.string("office")
        state = try fields.string("state")
        keys = try fields.list("keys", atMost: RosterLimits.keysPerOfficeMax, RosterKey.init)
    }
}

/// The part of a roster that everybody sees: the rule, the log's key, the desks and their keys (formats §2).
///
/// It is the body of a note of type `roster`; that enough authorities signed is for `RosterVerification` to say.
public struct PublicRoster: NoteBody, Hashable {
    /// State name of the desk that answers where a State has none.
    public static let region = "region"

    /// The gateway's log name.
    public let origin: String
    /// The keys of which `threshold` have to sign the next roster.
    public internal(set) var authorities: [NoteVerifier]
    /// How many of them.
    public internal(set) var threshold: Int
    /// The desks, one for each State at most.
    public internal(set) var desks: [RosterDesk]
    /// When the roster ends, seconds since 1970.
    public internal(set) var expires: UInt64
    /// The log's key, which signs checkpoints and promises.
    ///
    /// It is the same in every version.
    public let log: NoteVerifier
    /// SHA-256 of the previous version's note text, 32 bytes; empty in version 1.
    public internal(set) var previous: [UInt8]
    /// SHA-256 of the staff part's bytes, 32 bytes.
    public internal(set) var staffHash: [UInt8]
    /// Length of a tick in seconds.
    public internal(set) var tickSeconds: UInt64
    /// 1 for the first, then one more each.
    public internal(set) var version: UInt64

    /// Reads the public part out of a note, without regard to its signatures.
    public init(note: Note) throws(RosterError) {
        try self.init(rosterText: note.text)
    }

    /// Reads a note's text.
    public init(text: [UInt8]) throws(NoteError) {
        do {
            try self.init(rosterText: text)
        } catch {
            throw .malformedLine("roster")
        }
    }

    /// The note's text: type, origin, JCS.
    public var text: [UInt8] {
        Array("\(NoteType.roster.line)\n\(origin)\n\(json.encodedString)\n".utf8)
    }

    /// True if the roster's time has run out at that second since 1970.
    public func isExpired(at seconds: UInt64) -> Bool { seconds >= expires }

    /// The desk of a State, or the region's if the State has none.
    public func desk(for state: String) -> RosterDesk? {
        desks.first { $0.state == state } ?? desks.first { $0.state == Self.region }
    }

    /// Whether somebody reads what is sent for a place that has no desk of its own.
    public var servesEveryPlace: Bool { desks.contains { $0.state == Self.region && $0.takesTips } }

    /// The desk and key behind a `key_id`, whatever the key's state.
    public func key(_ id: KeyID) -> (desk: RosterDesk, key: RosterKey)? {
        for desk in desks {
            for key in desk.keys where key.line.id == id { return (desk, key) }
        }
        return nil
    }

    init(
        origin: String, authorities: [NoteVerifier], threshold: Int, log: NoteVerifier,
        tickSeconds: UInt64, expires: UInt64
    ) {
        self.origin = origin
        self.authorities = authorities
        self.threshold = threshold
        self.log = log
        self.tickSeconds = tickSeconds
        self.expires = expires
        desks = []
        previous = []
        staffHash = [UInt8](repeating: 0, count: 32)
        version = 1
    }

    private init(rosterText text: [UInt8]) throws(RosterError) {
        guard (try? NoteType(of: text)) == .roster else { throw .malformed("type") }
        let lines = text.split(separator: 0x0a, omittingEmptySubsequences: false)
        // Three lines and the nothing after the last newline.
        guard lines.count == 4, lines[3].isEmpty,
            let json = try? CanonicalJSON(parsingCanonical: Array(lines[2]))
        else { throw .malformed("public part") }
        origin = String(decoding: lines[1], as: UTF8.self)
        let fields = try Fields(json, "public part", Self.keys)
        authorities = try fields.list("authorities", atMost: RosterLimits.authoritiesMax) {
            (item) throws(RosterError) in
            guard let verifier = item.string.flatMap({ try? NoteVerifier(vkey: $0) }) else {
                throw .malformed("authority")
            }
            return verifier
        }
        threshold = Int(clamping: try fields.number("threshold"))
        desks = try fields.list("desks", atMost: RosterLimits.officesMax, RosterDesk.init)
        expires = try fields.number("expires")
        log = try fields.verifier("log")
        previous = try fields.string("previous").isEmpty ? [] : fields.hash("previous")
        staffHash = try fields.hash("staff")
        tickSeconds = try fields.number("tick_seconds")
        version = try fields.number("version")
        try check()
    }

    private static let keys: Set<String> = [
        "authorities", "desks", "expires", "log", "previous", "staff", "threshold",
        "tick_seconds", "version",
    ]

    private var json: CanonicalJSON {
        .object([
            "authorities": .array(authorities.map { .string($0.vkey) }),
            "desks": .array(desks.map(\.json)),
            "expires": .integer(Int(clamping: expires)),
            "log": .string(log.vkey),
            "previous": .string(Base64.encode(previous)),
            "staff": .string(Base64.encode(staffHash)),
            "threshold": .integer(threshold),
            "tick_seconds": .integer(Int(clamping: tickSeconds)),
            "version": .integer(Int(clamping: version)),
        ])
    }

    /// Whether a key's name is one that an authority of this gateway can have.
    public static func isAuthority(_ name: String, of origin: String) -> Bool {
        name.hasPrefix("\(origin)/authority-")
    }

    /// What no roster may lack, whoever signed it.
    func check() throws(RosterError) {
        guard authorities.allSatisfy({ Self.isAuthority($0.name, of: origin) }),
            areDistinct(authorities.map(\.name)), areDistinct(authorities.map(\.key))
        else { throw .malformed("authorities") }
        guard threshold >= 1, threshold <= authorities.count else {
            throw .malformed("threshold")
        }
        guard log.name == origin else { throw .malformed("log") }
        guard (1...RosterLimits.tickSecondsMax).contains(tickSeconds) else {
            throw .malformed("tick_seconds")
        }
        guard expires <= UInt64(CanonicalJSON.integerMax) else { throw .malformed("expires") }
        guard version >= 1, previous.isEmpty == (version == 1) else { throw .malformed("version") }
        guard areDistinct(desks.map(\.office)), areDistinct(desks.map(\.state)) else {
            throw .malformed("desks")
        }
        for desk in desks {
            try checkKeys(desk.keys, of: desk.office, in: desk.state, origin)
        }
        guard areDistinct(desks.flatMap { $0.keys.map(\.line.publicKey) }) else {
            throw .malformed("desks: a key twice")
        }
    }
}

/// Throws unless every key line names this office.
func checkKeys(
    _ keys: [RosterKey], of office: String, in state: String, _ origin: String
) throws(RosterError) {
    for key in keys {
        guard key.line.origin == origin, key.line.office == office, key.line.state == state else {
            throw .malformed("\(office): a key line of another office")
        }
        if case .accepted(let until) = key.state, until > UInt64(CanonicalJSON.integerMax) {
            throw .malformed("\(office): until")
        }
    }
}
