internal import Confinement
internal import Notes
public import Roster

/// Believes a public roster without seeing its staff part: for senders and auditors.
public enum PublicTrust {
    /// The newest public roster that a home has accepted.
    private static let file = "roster.note"

    /// The roster that the gateway serves.
    ///
    /// Without a home it is believed as far as TLS is, like by a browser; its own authorities have to have signed all
    /// the same. With one, its pinned authorities have to have signed, or those of the last roster that the home has
    /// accepted: an older one is refused, since what it calls a desk's key may have been revoked. One that has run out is
    /// taken (formats §2: the public intake goes on), and it is for the caller to say so; but no home begins with one, which
    /// could be as old as anybody likes.
    ///
    /// - Parameter waiting: called once if another command works in the home.
    public static func roster(
        from client: PublicClient, home: Home?, at seconds: UInt64, waiting: () -> Void = {}
    ) async throws -> PublicRoster {
        let note = try RosterVerification.note(await client.roster())
        guard let home else {
            return try first(note, settings: nil, at: seconds, isKept: false)
        }
        try DurableFile.makeFolder(home.path)
        return try await home.alone(waiting: waiting) {
            let known = try known(in: home)
            let roster =
                if let known {
                    try RosterVerification.later(
                        note: note, than: known, at: judged(note, at: seconds))
                } else {
                    try first(note, settings: home.settingsIfFounded(), at: seconds, isKept: true)
                }
            if roster != known { try home.replace(file, note.encoded) }
            return roster
        }
    }

    /// Forgets the roster that a home has accepted as a sender's.
    static func forget(in home: Home) throws {
        try home.remove(file)
    }

    private static func first(
        _ note: Note, settings: HomeSettings?, at seconds: UInt64, isKept: Bool
    ) throws -> PublicRoster {
        let trust =
            if let settings {
                try settings.trust()
            } else {
                try PublicRoster(note: note).trust
            }
        let roster: PublicRoster = try RosterVerification.trusted(
            note: note, trust: trust, at: isKept ? seconds : judged(note, at: seconds))
        try settings?.requireHandedOver(roster)
        return roster
    }

    /// The time at which a version's life is judged: nil, not at all, once it has run out.
    private static func judged(_ note: Note, at seconds: UInt64) throws -> UInt64? {
        try PublicRoster(note: note).isExpired(at: seconds) ? nil : seconds
    }

    /// The log's key as the home knows it, nil for one that knows none yet.
    static func log(of home: Home) throws -> NoteVerifier? {
        if let settings = try home.settingsIfFounded() {
            return try NoteVerifier(vkey: settings.log)
        }
        return try known(in: home)?.log
    }

    /// What the home has accepted: as a sender's or auditor's, or as an office's.
    private static func known(in home: Home) throws -> PublicRoster? {
        let names = [file] + (try RosterKeeper.newestNote(in: home).map { [$0] } ?? [])
        return try names.compactMap { name in
            try home.read(name).map { try PublicRoster(note: RosterVerification.note($0)) }
        }.max { $0.version < $1.version }
    }
}
