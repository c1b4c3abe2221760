internal import Confinement
internal import Notes
public import Roster

/// Sets a home up: what is pinned here decides what every later command believes.
public enum HomeFounding {
    /// Reads the rule out of a signed roster that was handed over by hand.
    ///
    /// - Parameters:
    ///   - path: the roster's note.
    ///   - gateway: address of the public listener.
    ///   - staff: address of the staff listener.
    ///   - authorityFile: PEM file for the gateway's certificate.
    public static func settings(
        note path: String, gateway: String, staff: String?, authorityFile: String?
    ) throws -> HomeSettings {
        let bytes = try DurableFile.read(path, limit: NoteLimits.noteBytesMax)
        let note = try RosterVerification.note(bytes)
        let roster = try PublicRoster(note: note)
        try RosterTrust(
            origin: roster.origin, authorities: roster.authorities, threshold: roster.threshold
        ).requireSignatures(on: note)
        return HomeSettings(
            origin: roster.origin, gateway: gateway, staff: staff, authorityFile: authorityFile,
            authorities: roster.authorities.map(\.vkey), threshold: roster.threshold,
            log: roster.log.vkey)
    }

    /// Makes the home and copies the key files, which stay under their passphrases.
    public static func found(
        _ home: Home, _ settings: HomeSettings, member: String, offices: [String]
    ) throws {
        let files = try ([member] + offices).map { path in
            try DurableFile.read(path, limit: KeyFile.byteCountMax, ownerOnly: true)
        }
        try home.found(settings)
        try DurableFile.create("\(home.path)/member.key", files[0])
        for (index, bytes) in files.dropFirst().enumerated() {
            try DurableFile.create("\(home.path)/office-\(index + 1).key", bytes)
        }
    }
}

/// Believes a public roster without seeing its staff part: for senders and auditors.
public enum PublicTrust {
    /// The roster that the gateway serves.
    ///
    /// With a home, its pinned authorities have to have signed. Without one the roster is believed
    /// as far as TLS is, like by a browser; its own authorities have to have signed all the same.
    public static func roster(
        from client: PublicClient, home: String?, at seconds: UInt64
    ) async throws -> PublicRoster {
        let note = try RosterVerification.note(await client.roster())
        let offered = try PublicRoster(note: note)
        var trust = RosterTrust(
            origin: offered.origin, authorities: offered.authorities,
            threshold: offered.threshold)
        if let home, let settings = try Home(home).settingsIfFounded() {
            trust = RosterTrust(
                origin: settings.origin,
                authorities: try settings.authorities.map { try NoteVerifier(vkey: $0) },
                threshold: settings.threshold)
        }
        return try RosterVerification.trusted(note: note, trust: trust, at: seconds)
    }
}
