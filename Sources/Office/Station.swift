internal import Confinement
internal import Crypto
public import Envelope
internal import FoundationEssentials
internal import Notes
public import Roster
internal import Sodium

/// A desk or a unit at work: its home, its member, the gateway's two listeners, and the rosters it
/// believes.
public struct Station: Sendable {
    /// What this station keeps.
    public let home: Home
    /// Which gateway.
    public let settings: HomeSettings
    /// Who works here.
    public let member: MemberKey
    /// The gateway's public listener.
    public let publicClient: PublicClient
    /// The gateway's staff listener.
    public let staffClient: StaffClient
    /// The rosters that were accepted.
    public let rosters: RosterHistory
    /// Checks entries against the log's key in the newest roster.
    public let checker: EntryChecker
    /// What does not hold and stops nothing, to be told once the work is done.
    public let findings: Findings
    private let promises: PromiseBook
    private let lateProofs: LateProofs
    /// Seconds since 1970.
    public let now: @Sendable () -> UInt64

    /// The machine's clock.
    public static let systemClock: @Sendable () -> UInt64 = {
        UInt64(max(0, Date().timeIntervalSince1970))
    }

    /// Fetches and checks the roster, through the transports given; the home is the caller's alone (`Home.alone`).
    public init(
        home: Home, member: MemberKey, publicly: any Transport, staff: any Transport,
        now: @escaping @Sendable () -> UInt64, findings: Findings = Findings()
    ) async throws {
        self.home = home
        self.findings = findings
        self.member = member
        self.now = now
        settings = try home.settings()
        guard member.origin == settings.origin else {
            throw Complaint(.badInput, "The member's key is for another gateway.")
        }
        publicClient = PublicClient(publicly)
        staffClient = StaffClient(staff, now: now) { try member.authorise($0, at: $1) }
        rosters = try await RosterKeeper(
            home: home, settings: settings, staff: staffClient, client: publicClient, now: now,
            findings: findings
        ).accept()
        checker = try EntryChecker(rosters.newest.publicPart, now: now, findings: findings)
        promises = PromiseBook(home: home, checker: checker, client: publicClient)
        lateProofs = LateProofs(home: home, checker: checker)
    }

    /// This station's office in the newest roster; `kind` is what the command needs it to be.
    public func office(_ kind: OfficeKind) throws -> RosterOffice {
        guard let office = rosters.newest.office(member.office), office.kind == kind else {
            throw Complaint(.refused, "\(member.office) is no \(kind.rawValue) of this roster.")
        }
        return office
    }

    /// Whether these are all the keys of the office that the newest roster takes now; if not, that is among the findings.
    public func holdsAllKeys(_ keys: OfficeSecretKeys) -> Bool {
        let taken = rosters.newest.keys(of: member.office).filter { $0.isAccepted(at: now()) }
        let isWhole = taken.allSatisfy { keys.key($0.line.id) != nil }
        if !isWhole { findings.add(.keysMissing(office: member.office)) }
        return isWhole
    }

    /// Asks the log for an entry's place; one that is due and missing is among the findings.
    public func inclusion(of entry: CheckedEntry, _ what: String) async throws -> Inclusion {
        try await promises.inclusion(of: entry, what)
    }

    /// Whether the log is known to have held an entry before a version of the roster was in it.
    ///
    /// While that version's own place is not proven, every place that is counts as before.
    ///
    /// - Parameters:
    ///   - entry: the entry, named by `what`; one that is not proven yet was not there before.
    ///   - version: one of `rosters`.
    public func isInLog(
        _ entry: CheckedEntry, beforeRoster version: UInt64, _ what: String
    ) async throws -> Bool {
        guard case .included(let index, _, _) = try await inclusion(of: entry, what) else {
            return false
        }
        return try index < RosterPlaces(home: home).treeSize(of: version) ?? .max
    }

    /// Remembers a promise, so that later commands see whether it was kept.
    public func awaitInclusion(of entry: CheckedEntry, _ what: String) throws {
        try promises.awaitInclusion(of: entry, what)
    }

    /// Asks for the proofs of promises whose tick is over, and keeps them in the home.
    ///
    /// - Returns: what is wrong with the others: promises that were broken, and proofs that do not fit the log as it was
    ///   seen before. They stay on the list.
    public func settleAwaited() async throws -> [any Explained] {
        try await promises.settle()
    }

    /// Notes that a folder waits for the proof of an entry, unless the log has given it.
    ///
    /// - Parameters:
    ///   - inclusion: what the log says of the entry.
    ///   - entry: the entry.
    ///   - folder: the folder's name.
    public func expectProof(
        after inclusion: Inclusion, of entry: CheckedEntry, in folder: String
    ) throws {
        if case .included = inclusion { return }
        try lateProofs.expect(proofOf: entry, in: folder)
    }

    /// Puts proofs that have come since into the custody sheets of the folders below `parent` that wait for them.
    ///
    /// - Returns: what is wrong with the others.
    public func placeLateProofs(in parent: String) throws -> [any Explained] {
        try lateProofs.place(in: parent)
    }
}

extension MemberKey {
    /// The base64 request note for one request (formats §7).
    public func authorise(_ request: WireRequest, at seconds: UInt64) throws -> String {
        let note = RequestNote(
            origin: origin, method: request.method, target: request.target,
            bodyHash: Array(SHA256.hash(data: request.body)), seconds: seconds,
            nonce: Randomness.bytes(16))
        return Base64.encode(try signer.sign(note).encoded)
    }
}

/// The connections of one command, closed at its end.
public struct Connections: Sendable {
    /// To the public listener.
    public let publicly: HTTPTransport
    /// To the staff listener.
    public let staff: HTTPTransport

    /// Prepares both for a home and its member.
    public init(_ settings: HomeSettings, member: MemberKey) throws {
        guard let address = settings.staff else {
            throw Complaint(.usage, "This home has no staff address.")
        }
        publicly = try HTTPTransport(
            base: settings.gateway, authorityFile: settings.authorityFile)
        staff = try HTTPTransport(
            base: address, authorityFile: settings.authorityFile, identity: try member.identity())
    }

    /// Closes them.
    public func shutdown() async {
        await publicly.shutdown()
        await staff.shutdown()
    }
}
