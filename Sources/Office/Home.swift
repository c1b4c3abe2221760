internal import Confinement
internal import FoundationEssentials
internal import Notes
internal import Roster

/// What a staff tool knows for good: which gateway, and whom it believes about the roster.
public struct HomeSettings: Codable, Equatable, Sendable {
    /// The gateway's log name.
    public var origin: String
    /// Address of the public listener.
    public var gateway: String
    /// Address of the staff listener; nil where nobody works with tips.
    public var staff: String?
    /// PEM file that the gateway's certificate is checked against; nil for the system's roots.
    public var authorityFile: String?
    /// The authorities' verifier keys, as pinned at set-up.
    public var authorities: [String]
    /// How many of them have to sign.
    public var threshold: Int
    /// The log's verifier key at set-up.
    public var log: String
    /// The roster that was handed over at set-up; nil for a home that an earlier program set up.
    public var roster: HandedRoster?

    /// Which roster somebody was given by hand.
    public struct HandedRoster: Codable, Equatable, Sendable {
        /// Its version.
        public let version: UInt64
        /// SHA-256 of its note's text, base64.
        public let hash: String
    }

    /// Puts settings together.
    public init(
        origin: String, gateway: String, staff: String?, authorityFile: String?,
        authorities: [String], threshold: Int, log: String, roster: HandedRoster? = nil
    ) {
        self.origin = origin
        self.gateway = gateway
        self.staff = staff
        self.authorityFile = authorityFile
        self.authorities = authorities
        self.threshold = threshold
        self.log = log
        self.roster = roster
    }
}

extension HomeSettings {
    /// The rule of the authorities that were pinned at set-up.
    func trust() throws -> RosterTrust {
        RosterTrust(
            origin: origin, authorities: try authorities.map { try NoteVerifier(vkey: $0) },
            threshold: threshold)
    }

    /// Throws for a roster that is another than the one of its version that was handed over at set-up, or, as the first
    /// that a gateway gives, one before it: what that calls valid may have been revoked.
    func requireHandedOver(
        _ offered: PublicRoster, isFirst: Bool = true
    ) throws(CustodyProblem) {
        guard let roster else { return }
        let isOther =
            offered.version == roster.version && Base64.encode(offered.textHash) != roster.hash
        guard !isOther, !isFirst || offered.version >= roster.version else {
            throw .rosterNotHandedOver(version: offered.version, handed: roster.version)
        }
    }
}

/// The folder in which a desk, a unit, a sender or an auditor keeps what has to outlast one command.
///
///     home.json        which gateway, which authorities
///     state.json       cursors and numbers
///     rosters/         the rosters that were accepted, with the tick of each one's entry
///     roster-places.json  under which trees their entries were first proven
///     roster.note      the newest public roster that submit, probe or audit accepted
///     checkpoint       the newest checkpoint that was audited
///     checkpoints.json the checkpoints of proofs that were seen since
///     contradictions/  signed checkpoints that contradict each other
///     histories/       what was known of the log before another history was accepted, by number
///     proofs/          proofs that came after their promises, by entry
///     member.key       the member's key file
///     office-*.key     the office's key files, newest last by name
///     entries/         tips and reports as the gateway listed them
///     checked-tips.json  what a list shows of the tips that were checked
///     bodies/          sealed bodies while they are fetched
///     mailboxes.json   which opened tip has named which mailbox
///     pending/         what was made and is not known to be in the log, until it is
///     originals/       each act of opening originals that have a cleaned copy, by number
public struct Home: Sendable {
    /// Greatest file that comes from elsewhere, in bytes; bodies aside.
    public static let fileBytesMax = 16 * 1_048_576
    /// Greatest file that the home itself has written and that grows, in bytes: the state has some sixty for each tip that
    /// was ever listed, and a flood is hundreds of thousands.
    public static let stateBytesMax = 256 * 1_048_576

    /// The cursors' and numbers' file.
    static let stateFile = "state.json"

    /// The folder's path.
    public let path: String

    /// Names a home; nothing is read or made.
    public init(_ path: String) {
        self.path = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    }

    /// Makes the folder and writes its settings; a home that has settings already is refused.
    public func found(_ settings: HomeSettings) throws {
        try DurableFile.makeFolder(path)
        for folder in ["entries", "bodies"] { try DurableFile.makeFolder("\(path)/\(folder)") }
        try DurableFile.create("\(path)/home.json", try Self.encode(settings))
    }

    /// The settings.
    public func settings() throws -> HomeSettings {
        guard let settings = try load("home.json", as: HomeSettings.self) else {
            throw Complaint(
                .usage, "\(path) is not set up yet: resguardo desk setup, or unit setup.")
        }
        return settings
    }

    /// The settings, nil for a folder that only keeps checkpoints.
    func settingsIfFounded() throws -> HomeSettings? {
        try load("home.json", as: HomeSettings.self)
    }

    /// The cursors and numbers; fresh ones before the first command.
    public func state() throws -> HomeState {
        try load(Self.stateFile, as: HomeState.self) ?? HomeState()
    }

    /// Stores the cursors and numbers, durably.
    public func store(_ state: HomeState) throws {
        try save(Self.stateFile, state)
    }

    /// The office's key files.
    public func officeKeyFiles() throws -> [String] {
        try DurableFile.names(in: path)
            .filter { $0.hasPrefix("office-") && $0.hasSuffix(".key") }
            .map { "\(path)/\($0)" }
    }

    /// A file's bytes, or nil if there is none.
    public func read(_ name: String, limit: Int = fileBytesMax) throws -> [UInt8]? {
        do {
            return try DurableFile.read("\(path)/\(name)", limit: limit)
        } catch FileError.missing {
            return nil
        }
    }

    /// Stores a file in place of the one before.
    public func replace(_ name: String, _ bytes: [UInt8]) throws {
        try DurableFile.replace("\(path)/\(name)", bytes)
    }

    /// Removes a file if it is there.
    public func remove(_ name: String) throws {
        try DurableFile.remove("\(path)/\(name)")
    }

    /// Reads a JSON file of its own, or nil if there is none.
    ///
    /// All of them have the state's limit: what was written once without one must never be too large to be read.
    public func load<Value: Decodable>(_ name: String, as type: Value.Type) throws -> Value? {
        guard let bytes = try read(name, limit: Self.stateBytesMax) else { return nil }
        do {
            return try JSONDecoder().decode(type, from: Data(bytes))
        } catch {
            throw Complaint(.badInput, "\(path)/\(name) is damaged.")
        }
    }

    /// Writes a JSON file in place of the one before.
    public func save(_ name: String, _ value: some Encodable) throws {
        try replace(name, try Self.encode(value))
    }

    /// Writes JSON files of one folder in place of those before, durably all together.
    public func saveAll(_ files: [(name: String, value: some Encodable)]) throws {
        try DurableFile.replaceAll(
            try files.map { ("\(path)/\($0.name)", try Self.encode($0.value)) })
    }

    /// Writes a JSON file under a name that is free; false if it is not.
    func create(_ name: String, _ value: some Encodable) throws -> Bool {
        do {
            try DurableFile.create("\(path)/\(name)", try Self.encode(value))
            return true
        } catch FileError.exists {
            return false
        }
    }

    /// Makes a folder of the home, if it is not there.
    func makeFolder(_ name: String) throws {
        try DurableFile.makeFolder("\(path)/\(name)")
    }

    private static func encode(_ value: some Encodable) throws -> [UInt8] {
        try CustodyFolder.encode(value)
    }
}

/// Cursors and numbers of one home.
///
/// Losing them loses no tip: the gateway is read from the start again.
public struct HomeState: Codable, Equatable, Sendable {
    /// Up to where the gateway's list (a desk's tips, a unit's queue) was read.
    public var cursor: UInt64 = 0
    /// The desk's tips and their numbers, by base64 key_id of the desk key.
    public var tips: [String: DeskNumbering] = [:]
    /// The desk's opened tips and the numbers that were sealed into them, by base64 commitment.
    public var opened: [String: UInt64] = [:]
    /// To which units a tip was routed, by its base64 commitment.
    public var routed: [String: [String]] = [:]
    /// Reports sent by this desk, by unit: which number was which tip.
    public var sent: [String: NumberSequence] = [:]
    /// Reports received by this unit, by desk: which number was which note (base64 SHA-256).
    public var received: [String: NumberSequence] = [:]
    /// Reports to this unit that were refused for good, and why, by base64 SHA-256 of the note.
    public var refused: [String: String] = [:]
    /// What this home has said of a report and the vault has taken, as the note's line, by base64 SHA-256 of the report's
    /// note.
    public var acknowledged: [String: String] = [:]
    /// Reports that were opened to be accepted and whose acceptance is not known to be in the log: their names, by
    /// base64 SHA-256 of the note.
    public var toAccept: [String: String] = [:]
    /// Entries that are promised and whose place in the log was not seen yet, by base64 commitment.
    public var awaited: [String: AwaitedEntry] = [:]

    /// Folders whose custody sheet lacks a proof, by base64 commitment of what the proof is about.
    public var unproven: [String: [String]] = [:]

    /// A state in which nothing has happened.
    public init() {}

    /// Reads a state; what an earlier version of this program did not keep is as if nothing had
    /// happened.
    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        cursor = try fields.decodeIfPresent(UInt64.self, forKey: .cursor) ?? cursor
        tips = try fields.decodeIfPresent([String: DeskNumbering].self, forKey: .tips) ?? tips
        opened = try fields.decodeIfPresent([String: UInt64].self, forKey: .opened) ?? opened
        routed = try fields.decodeIfPresent([String: [String]].self, forKey: .routed) ?? routed
        sent = try fields.decodeIfPresent([String: NumberSequence].self, forKey: .sent) ?? sent
        received =
            try fields.decodeIfPresent([String: NumberSequence].self, forKey: .received)
            ?? received
        refused = try fields.decodeIfPresent([String: String].self, forKey: .refused) ?? refused
        acknowledged =
            try fields.decodeIfPresent([String: String].self, forKey: .acknowledged)
            ?? acknowledged
        toAccept = try fields.decodeIfPresent([String: String].self, forKey: .toAccept) ?? toAccept
        awaited =
            try fields.decodeIfPresent([String: AwaitedEntry].self, forKey: .awaited) ?? awaited
        unproven =
            try fields.decodeIfPresent([String: [String]].self, forKey: .unproven) ?? unproven
    }
}

/// A promise that has still to be kept.
public struct AwaitedEntry: Codable, Equatable, Sendable {
    /// What it is, for people.
    public let what: String
    /// Promise, record and salt: with the promise a breach is provable.
    public let offered: OfferedEntry
}
