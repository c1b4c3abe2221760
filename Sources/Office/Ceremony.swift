internal import Confinement
public import Notes
public import Roster
internal import Sodium

/// The folder in which a roster is written and signed.
///
///     roster.note, roster.staff.json    the version in force: what the gateway loads
///     next.text, next.staff.json        the version being written
///     next.staff.new                    its staff part while both are changed
///     next.note                         the same with the signatures so far
///     version-N.note, …                 what was in force before
///
/// Every edit of the next version drops its signatures, because they were given to another text. A command that is
/// stopped at any point leaves a folder in which it can be given again.
public struct Ceremony: Sendable {
    private let folder: CeremonyFolder
    private let now: @Sendable () -> UInt64

    /// Longest life of a new version, in days: one less than is accepted, because a machine whose clock is behind would
    /// call it too long.
    public static let daysMax: UInt64 = 89

    /// Works in `folder`; `now` gives seconds since 1970.
    public init(folder: String, now: @escaping @Sendable () -> UInt64) {
        self.folder = CeremonyFolder(folder)
        self.now = now
    }

    // MARK: What is there

    /// The version in force, nil before the first is signed.
    public func current() throws -> Roster? { try inForce()?.roster }

    /// The version in force and its files.
    private struct InForce {
        let roster: Roster
        let note: [UInt8]
        let staff: [UInt8]
    }

    /// Where a publication was stopped between its two files, the staff part is the next version's already, and the one
    /// of the note in force lies under its version.
    private func inForce() throws -> InForce? {
        guard let bytes = try folder.read("roster.note"),
            let staff = try folder.read("roster.staff.json")
        else {
            return nil
        }
        let note = try RosterVerification.note(bytes)
        do {
            return InForce(
                roster: try Roster(note: note, staff: staff), note: bytes, staff: staff)
        } catch RosterError.staffPartMismatch {
            let version = try PublicRoster(note: note).version
            guard try folder.read("version-\(version).note") == bytes,
                let kept = try folder.read("version-\(version).staff.json")
            else { throw RosterError.staffPartMismatch }
            return InForce(
                roster: try Roster(note: note, staff: kept), note: bytes, staff: kept)
        }
    }

    /// The version being written, nil if there is none.
    public func next() throws -> Roster? {
        try draft().map { try $0.preview() }
    }

    /// What the next version changes, or what the version in force says if none is being written.
    public func changes() throws -> [String] {
        let current = try current()
        if let next = try next() { return RosterChange.describe(from: current, to: next) }
        guard let current else { throw Complaint(.usage, "\(folder.path) holds no roster yet.") }
        return RosterChange.describe(from: nil, to: current)
    }

    /// Checks the version in force under the rule of the one before it, or under its own if it is
    /// the first.
    ///
    /// - Parameter trust: the authorities as a person knows them, if they are known.
    public func verify(trust: RosterTrust? = nil) throws -> Roster {
        guard let bytes = try folder.read("roster.note"),
            let staff = try folder.read("roster.staff.json")
        else {
            throw Complaint(.badInput, "\(folder.path) holds no signed roster yet.")
        }
        let note = try RosterVerification.note(bytes)
        let version = try PublicRoster(note: note).version
        if version == 1 {
            return try RosterVerification.first(note: note, staff: staff, trust: trust, at: now())
        }
        guard let earlier = try previous(of: version) else {
            throw Complaint(
                .badInput,
                "\(folder.path) lacks version \(version - 1), whose rule version \(version) needs.")
        }
        try trust?.requireSignatures(on: note)
        return try RosterVerification.successor(
            note: note, staff: staff, of: earlier, at: now())
    }

    // MARK: Writing

    /// Begins the first version.
    public func found(
        origin: String, authorities: [NoteVerifier], threshold: Int, log: NoteVerifier,
        tickSeconds: UInt64, days: UInt64
    ) throws {
        try DurableFile.makeFolder(folder.path)
        guard try current() == nil, try draft() == nil else {
            throw Complaint(.refused, "\(folder.path) holds a roster already.")
        }
        let draft = RosterDraft(
            founding: origin, authorities: authorities, threshold: threshold, log: log,
            tickSeconds: tickSeconds, expires: now() + days * Seconds.perDay)
        try store(draft)
    }

    /// Changes the next version, which begins with the first change.
    ///
    /// - Parameter days: its life from now on; nil leaves the end that an earlier change gave it, unless that has passed:
    ///   what was begun and forgotten must not stand in the way of a revocation.
    public func edit(
        days: UInt64? = nil, _ change: (inout RosterDraft) throws(RosterEditError) -> Void
    ) throws {
        let end = now() + (days ?? Self.daysMax) * Seconds.perDay
        var draft = try draft() ?? begin(expires: end)
        if days != nil || draft.expires <= now() { draft.end(at: end) }
        try change(&draft)
        try store(draft)
    }

    private func begin(expires: UInt64) throws -> RosterDraft {
        guard let current = try current() else {
            throw Complaint(.usage, "\(folder.path) holds no roster yet: resguardo roster found.")
        }
        return RosterDraft(after: current, expires: expires)
    }

    /// Drops the next version with its signatures; the one in force stays.
    ///
    /// - Returns: what it would have changed.
    public func discard() throws -> [String] {
        guard let next = try next() else {
            throw Complaint(.usage, "\(folder.path) holds no version that is being written.")
        }
        let changes = RosterChange.describe(from: try current(), to: next)
        try removeNext()
        return changes
    }

    /// The text first, without which there is no next version.
    private func removeNext() throws {
        try folder.remove("next.text", "next.note", "next.staff.json", "next.staff.new")
    }

    // MARK: Signing

    /// Adds an authority's signature to the next version; with enough of them it takes the place of
    /// the one in force.
    public func sign(with signer: NoteSigner) throws -> CeremonyFolder.Signing {
        guard let (text, staff) = try nextFiles() else {
            throw Complaint(.usage, "\(folder.path) holds nothing to sign.")
        }
        let current = try inForce()
        let body = try PublicRoster(text: text)
        let rule =
            current?.roster.trust
            ?? RosterTrust(
                origin: body.origin, authorities: body.authorities, threshold: body.threshold)
        guard rule.authorities.contains(signer.verifier) else {
            throw Complaint(.refused, "\(signer.name) is no authority under the rule in force.")
        }
        let note = try folder.countersigned("next.note", body, text, by: signer)
        let found = try note.signers(among: rule.authorities).count
        guard found >= rule.threshold else {
            return .waiting(found: found, needed: rule.threshold)
        }
        try publish(note, staff: staff, after: current)
        return .complete(version: body.version)
    }

    /// The staff part first, the note last: a gateway that reads in between sees a hash that does
    /// not fit, and waits.
    private func publish(_ note: Note, staff: [UInt8], after current: InForce?) throws {
        if let current {
            _ = try RosterVerification.successor(
                note: note, staff: staff, of: current.roster, at: now())
            try folder.replace("version-\(current.roster.version).note", current.note)
            try folder.replace("version-\(current.roster.version).staff.json", current.staff)
        } else {
            _ = try RosterVerification.first(note: note, staff: staff, at: now())
        }
        try folder.replace("roster.staff.json", staff)
        try folder.replace("roster.note", note.encoded)
        try removeNext()
    }

    // MARK: Files

    private func draft() throws -> RosterDraft? {
        try nextFiles().map { try RosterDraft(resuming: $0.text, staff: $0.staff) }
    }

    /// The version being written; none where what lies there is in force already, and only its removal was stopped.
    private func nextFiles() throws -> (text: [UInt8], staff: [UInt8])? {
        guard let text = try folder.read("next.text") else { return nil }
        guard let next = try? PublicRoster(text: text) else {
            throw RosterError.malformed("draft")
        }
        if let current = try current() {
            if next.version <= current.version { return nil }
            // Whoever looks at the draft hears of it, and not the one who signs it last.
            try RosterVerification.requireSameLog(next, as: current.publicPart)
        }
        let staff = try ["next.staff.json", "next.staff.new"].compactMap { try folder.read($0) }
        guard let fitting = staff.first(where: { SmallHash.sha256($0) == next.staffHash })
        else { throw RosterError.staffPartMismatch }
        return (text, fitting)
    }

    /// Text and staff part change together: the text, which names the other, decides when.
    private func store(_ draft: RosterDraft) throws {
        let (body, staff) = try draft.finished()
        try folder.remove("next.note")
        try folder.replace("next.staff.new", staff)
        try folder.replace("next.text", body.text)
        try folder.replace("next.staff.json", staff)
        try folder.remove("next.staff.new")
    }

    private func previous(of version: UInt64) throws -> Roster? {
        guard let note = try folder.read("version-\(version - 1).note"),
            let staff = try folder.read("version-\(version - 1).staff.json")
        else { return nil }
        return try Roster(note: RosterVerification.note(note), staff: staff)
    }
}

extension RosterEditError: Explained {
    /// The error in one line.
    public var sentence: String {
        switch self {
        case .unknownOffice(let name): "There is no office \(name)."
        case .officeNameTaken(let name):
            "\(name) is taken, or is no name: lower-case letters, digits, and dashes after the first."
        case .stateHasDesk(let state): "\(state) has a desk already."
        case .unknownKey: "There is no such key."
        case .keyNotForOffice: "The key is there already, or names another office or State."
        case .unknownMember(let name): "There is no member \(name)."
        case .memberNameTaken(let name):
            "\(name) is taken, or is no name: lower-case letters, digits, and dashes after the first."
        case .otherSigningKey(let name):
            "\(name) signs with another key in the roster; add-member --replace gives a post new keys."
        case .notAUnit(let name): "\(name) is no unit of the roster."
        case .wouldBeRefused(let error): "Everybody would refuse this roster. \(error.sentence)"
        }
    }

    /// Always bad input.
    public var exit: ExitKind { .badInput }
}
