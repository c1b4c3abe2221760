public import Notes
public import Roster

/// The folder of a roster, in which the note about the public pages is written and signed too.
///
///     page.note                  the version in force: what the gateway loads
///     page-next.text             the version being written
///     page-next.note             the same with the signatures so far
///     page-N.note, …             what was in force before
public struct PageCeremony: Sendable {
    private let folder: CeremonyFolder
    private let rosters: Ceremony

    /// Works in the folder of a ceremony.
    public init(folder: String, now: @escaping @Sendable () -> UInt64) {
        self.folder = CeremonyFolder(folder)
        rosters = Ceremony(folder: folder, now: now)
    }

    // MARK: What is there

    /// The roster that pages are made from: the one in force.
    public func roster() throws -> PublicRoster {
        guard let roster = try rosters.current() else {
            throw Complaint(.usage, "\(folder.path) holds no signed roster yet.")
        }
        return roster.publicPart
    }

    /// The version in force, nil before the first is signed.
    public func current() throws -> PageNote? {
        guard let bytes = try folder.read("page.note") else { return nil }
        return try PageNote(text: PageVerification.note(bytes).text)
    }

    /// The version being written; nil if there is none, or if it is in force and only its removal was stopped.
    public func next() throws -> PageNote? {
        guard let next = try folder.read("page-next.text").map({ try PageNote(text: $0) }),
            next.version > (try current()?.version ?? 0)
        else { return nil }
        return next
    }

    /// What a version changes of the one in force, one line each.
    public func changes(by next: PageNote) throws -> [String] {
        guard let current = try current() else {
            return ["the first version: \(next.pages.documents.count) documents"]
        }
        let lines = current.pages.differences(of: next.pages)
        return lines.isEmpty ? ["nothing but the date and the roster"] : lines
    }

    /// Checks the version in force under the roster in force.
    public func verify() throws -> PageNote {
        guard let bytes = try folder.read("page.note") else {
            throw Complaint(.badInput, "\(folder.path) holds no signed page note yet.")
        }
        return try PageVerification.accepted(PageVerification.note(bytes), under: roster())
    }

    // MARK: Writing and signing

    /// Writes the next version; signatures that were given to another text are dropped.
    public func make(date: String, pages: PagePrint) throws -> PageNote {
        let roster = try roster()
        let note = try PageNote(
            origin: roster.origin, after: current(), date: date, roster: roster.textHash,
            pages: pages)
        try folder.remove("page-next.note")
        try folder.replace("page-next.text", note.text)
        return note
    }

    /// Adds an authority's signature to the next version; with enough of them it takes the place of the one in force.
    public func sign(with signer: NoteSigner) throws -> CeremonyFolder.Signing {
        guard let next = try next() else {
            throw Complaint(.usage, "\(folder.path) holds no page note to sign.")
        }
        let roster = try roster()
        guard next.roster == roster.textHash else { throw PageNoteError.otherRoster }
        guard roster.authorities.contains(signer.verifier) else {
            throw Complaint(.refused, "\(signer.name) is no authority under the roster in force.")
        }
        let note = try folder.countersigned("page-next.note", next, next.text, by: signer)
        let found = try note.signers(among: roster.authorities).count
        guard found >= roster.threshold else {
            return .waiting(found: found, needed: roster.threshold)
        }
        try publish(note, under: roster)
        return .complete(version: next.version)
    }

    private func publish(_ note: Note, under roster: PublicRoster) throws {
        let page = try PageVerification.accepted(note, under: roster)
        let current = try current()
        try PageVerification.requireSuccession(of: page, after: current)
        if let current, let old = try folder.read("page.note") {
            try folder.replace("page-\(current.version).note", old)
        }
        try folder.replace("page.note", note.encoded)
        try folder.remove("page-next.text", "page-next.note")
    }
}

extension PageNoteError: Explained {
    /// The error in one line.
    public var sentence: String { description }

    /// Always bad input.
    public var exit: ExitKind { .badInput }
}
