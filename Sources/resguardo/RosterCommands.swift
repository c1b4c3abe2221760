internal import ArgumentParser
internal import Envelope
internal import Notes
internal import Office
internal import Roster

/// `resguardo roster …`: writes, signs and checks rosters in a folder.
struct RosterCommands: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "roster",
        abstract: "Write, sign and check the list of offices, members and keys.",
        subcommands: [
            Found.self, AddOffice.self, AddMember.self, RotateKey.self, RevokeKey.self,
            RevokeMember.self, RevokeOffice.self, SetCompetence.self, SetAuthorities.self,
            Sign.self, Verify.self, Show.self, Diff.self,
        ])
}

/// The folder of a roster.
struct CeremonyOptions: ParsableArguments {
    @Option(help: "The folder with roster.note and roster.staff.json.") var roster: String

    var ceremony: Ceremony { Ceremony(folder: roster, now: Station.systemClock) }
}

/// An edit of the next version.
struct EditOptions: ParsableArguments {
    @OptionGroup var folder: CeremonyOptions
    @Option(help: "Days that the next version holds, 1 to 90.") var days: UInt64 = Ceremony.daysMax

    func edit(_ change: (inout RosterDraft) throws(RosterEditError) -> Void) throws {
        guard (1...Ceremony.daysMax).contains(days) else {
            throw Complaint(.usage, "--days is 1 to 90.")
        }
        let ceremony = folder.ceremony
        try ceremony.edit(days: days, change)
        Output.say("The next version would change:")
        for line in try ceremony.changes() { Output.say("  \(line)") }
    }
}

extension RosterCommands {
    struct Found: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Begin the first version.")
        @OptionGroup var folder: CeremonyOptions
        @Option(help: "The gateway's log name.") var origin: String
        @Option(help: "An authority's verifier key; once for each.") var authority: [String]
        @Option(help: "How many authorities have to sign.") var threshold: Int
        @Option(help: "The log's verifier key.") var log: String
        @Option(help: "Length of a tick in seconds.") var tickSeconds: UInt64 = 3_600
        @Option(help: "Days that it holds, 1 to 90.") var days: UInt64 = Ceremony.daysMax

        func run() throws {
            guard (1...Ceremony.daysMax).contains(days) else {
                throw Complaint(.usage, "--days is 1 to 90.")
            }
            try folder.ceremony.found(
                origin: origin, authorities: try authority.map { try NoteVerifier(vkey: $0) },
                threshold: threshold, log: try NoteVerifier(vkey: log), tickSeconds: tickSeconds,
                days: days)
            Output.say("Begun. Add offices and members, then sign.")
        }
    }

    struct AddOffice: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Add an office with its keys.")
        @OptionGroup var options: EditOptions
        @Option(help: "The office's .pub.json.") var office: String

        func run() throws {
            let key = try KeyFile.readDescription(office)
            guard let state = key.state, let kind = key.officeKind.flatMap(OfficeKind.init) else {
                throw Complaint(.badInput, "\(office) describes no office.")
            }
            let lines = try key.lines.map { try KeyLine(parsing: $0) }
            try options.edit { (draft) throws(RosterEditError) in
                switch kind {
                case .desk: try draft.addDesk(key.name, state: state)
                case .unit: try draft.addUnit(key.name, state: state)
                }
                for line in lines { try draft.addKey(line) }
            }
        }
    }

    struct AddMember: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Add a member, or give a post new keys with --replace.")
        @OptionGroup var options: EditOptions
        @Option(help: "The member's .pub.json.") var member: String
        @Flag(help: "The post has a member already, whose keys end at once.") var replace = false

        func run() throws {
            let key = try KeyFile.readDescription(member)
            guard let office = key.office, let pin = key.pin, key.lines.count == 1 else {
                throw Complaint(.badInput, "\(member) describes no member.")
            }
            let verifier = try NoteVerifier(vkey: key.lines[0])
            let pins = [try Base64.decode(pin, count: 32)]
            try options.edit { (draft) throws(RosterEditError) in
                if replace {
                    try draft.rotateMember(
                        key.name, of: office, verifier: verifier, pins: pins)
                } else {
                    try draft.addMember(key.name, of: office, verifier: verifier, pins: pins)
                }
            }
        }
    }

    struct RotateKey: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Give an office new keys; the old ones are taken for some days more.")
        @OptionGroup var options: EditOptions
        @Option(help: "The new keys' .pub.json.") var office: String
        @Option(help: "Days that the old keys are still taken.") var acceptOldDays: UInt64 = 7

        func run() throws {
            let lines = try KeyFile.readDescription(office).lines
                .map { try KeyLine(parsing: $0) }
            let until = Station.systemClock() + acceptOldDays * 86_400
            try options.edit { (draft) throws(RosterEditError) in
                for line in lines { try draft.rotateKey(to: line, oldAcceptedUntil: until) }
            }
        }
    }

    struct RevokeKey: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Revoke a key at once.")
        @OptionGroup var options: EditOptions
        @Option(help: "The key's id, base64 (roster show).") var keyID: String

        func run() throws {
            guard let id = KeyID(base64: keyID) else {
                throw Complaint(.usage, "--key-id is 32 bytes in base64.")
            }
            try options.edit { (draft) throws(RosterEditError) in try draft.revokeKey(id) }
        }
    }

    struct RevokeMember: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Revoke a member at once.")
        @OptionGroup var options: EditOptions
        @Option(help: "The member's office.") var office: String
        @Option(help: "The member's name.") var name: String

        func run() throws {
            try options.edit { (draft) throws(RosterEditError) in
                try draft.revokeMember(name, of: office)
            }
        }
    }

    struct RevokeOffice: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Revoke an office at once: its keys, its members, its competence.")
        @OptionGroup var options: EditOptions
        @Option(help: "The office.") var office: String

        func run() throws {
            try options.edit { (draft) throws(RosterEditError) in
                try draft.revokeOffice(office)
            }
        }
    }

    struct SetCompetence: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say which units act on an offence in a territory; none removes the row.")
        @OptionGroup var options: EditOptions
        @Option(help: "A State, a part of one (AR-C), or region.") var territory: String
        @Option(help: "An offence of the vocabulary, or * for all.") var offence: String = "*"
        @Option(parsing: .upToNextOption, help: "The units.") var units: [String] = []

        func run() throws {
            try options.edit { (draft) throws(RosterEditError) in
                try draft.setCompetence(territory: territory, offence: offence, units: units)
            }
        }
    }

    struct SetAuthorities: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Change who signs from the version after the next on.")
        @OptionGroup var options: EditOptions
        @Option(help: "An authority's verifier key; once for each.") var authority: [String]
        @Option(help: "How many authorities have to sign.") var threshold: Int

        func run() throws {
            let authorities = try authority.map { try NoteVerifier(vkey: $0) }
            try options.edit { (draft) throws(RosterEditError) in
                draft.setAuthorities(authorities, threshold: threshold)
            }
        }
    }
}
