internal import Confinement
internal import FoundationEssentials
internal import Notes
internal import Roster
public import Sodium

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
        if let authorityFile { _ = try HTTPTransport.authorities(in: authorityFile) }
        let bytes = try DurableFile.read(path, limit: NoteLimits.noteBytesMax)
        let note = try RosterVerification.note(bytes)
        let roster = try PublicRoster(note: note)
        try RosterTrust(
            origin: roster.origin, authorities: roster.authorities, threshold: roster.threshold
        ).requireSignatures(on: note)
        return HomeSettings(
            origin: roster.origin, gateway: gateway, staff: staff,
            // Commands are given in other folders, too.
            authorityFile: authorityFile.map { URL(filePath: $0).path },
            authorities: roster.authorities.map(\.vkey), threshold: roster.threshold,
            log: roster.log.vkey,
            roster: .init(version: roster.version, hash: Base64.encode(roster.textHash)))
    }

    /// Throws unless the key files are a member's and those of the member's office at this gateway.
    ///
    /// It goes by what they say in the clear: opening them shows the rest, with the first command.
    public static func check(
        _ settings: HomeSettings, member: String, offices: [String]
    ) throws {
        let post = try KeyFile.describe(member)
        guard post.kind == .member else {
            throw KeyFileProblem.wrongKind(path: member, expected: "member")
        }
        for path in offices {
            let key = try KeyFile.describe(path)
            guard key.kind == .office else {
                throw KeyFileProblem.wrongKind(path: path, expected: "office")
            }
            guard key.name == post.office, key.origin == post.origin else {
                throw Complaint(
                    .badInput,
                    "\(path) is the key of \(key.name), and the member's office is another.")
            }
        }
        guard post.origin == settings.origin else {
            throw Complaint(.badInput, "The keys are for the gateway \(post.origin).")
        }
        for address in [settings.gateway, settings.staff].compactMap(\.self) {
            try HTTPTransport.check(address: address)
        }
    }

    /// Makes the home and copies the key files, which stay under their passphrases.
    ///
    /// The settings come last: a home has all of it or is not set up yet, and is set up by the same command again.
    public static func found(
        _ home: Home, _ settings: HomeSettings, member: String, offices: [String]
    ) throws {
        let files = try ([member] + offices).map { path in
            try DurableFile.read(path, limit: KeyFile.byteCountMax, ownerOnly: true)
        }
        guard try home.settingsIfFounded() == nil else {
            throw FileError.exists(path: "\(home.path)/home.json")
        }
        try DurableFile.makeFolder(home.path)
        try copy(files[0], to: "\(home.path)/member.key")
        for (index, bytes) in files.dropFirst().enumerated() {
            try copy(bytes, to: copyPath(index + 1, in: home))
        }
        // What was believed before somebody was pinned does not count any more.
        try PublicTrust.forget(in: home)
        try home.found(settings)
    }

    /// Takes in a further key file of the office, beside those that the home has: the older one still opens what was
    /// addressed to it.
    ///
    /// - Parameter passphrase: that of the office's key files, which all have one.
    /// - Returns: the copy's path; nil if the file is there already.
    public static func add(
        office path: String, to home: Home, passphrase: borrowing SecretBytes
    ) throws -> String? {
        try check(home.settings(), member: "\(home.path)/member.key", offices: [path])
        let files = try home.officeKeyFiles()
        do {
            _ = try KeyRing.office(paths: files + [path], passphrase: passphrase)
        } catch KeyFileProblem.wrongPassphrase(path) {
            throw Complaint(
                KeyFileProblem.wrongPassphrase(path: path).exit,
                "\(path) does not open with the passphrase of the office's other keys; make it anew with that one."
            )
        }
        let bytes = try DurableFile.read(path, limit: KeyFile.byteCountMax, ownerOnly: true)
        for file in files {
            let known = try DurableFile.read(file, limit: KeyFile.byteCountMax, ownerOnly: true)
            if known == bytes { return nil }
        }
        var number = files.count + 1
        while DurableFile.exists(copyPath(number, in: home)) { number += 1 }
        try DurableFile.create(copyPath(number, in: home), bytes)
        return copyPath(number, in: home)
    }

    private static func copyPath(_ number: Int, in home: Home) -> String {
        "\(home.path)/office-\(number).key"
    }

    /// Leaves what a stopped command has copied already.
    private static func copy(_ bytes: [UInt8], to path: String) throws {
        do {
            try DurableFile.create(path, bytes)
        } catch FileError.exists {
            let there = try DurableFile.read(path, limit: KeyFile.byteCountMax, ownerOnly: true)
            guard there == bytes else { throw FileError.exists(path: path) }
        }
    }
}
