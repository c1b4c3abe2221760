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
            Found.self, AddOffice.self, AddMember.self, RenewCertificate.self, RotateKey.self,
            RevokeKey.self, RevokeMember.self, RevokeOffice.self, SetCompetence.self,
            SetAuthorities.self, Discard.self,
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
    @Option(help: "Days that the next version holds from now on, 1 to 89; 89 unless said.")
    var days: UInt64?

    func edit(_ change: (inout RosterDraft) throws(RosterEditError) -> Void) throws {
        try RosterCommands.check(days: days)
        let ceremony = folder.ceremony
        try ceremony.edit(days: days, change)
        Output.say("The next version would change:")
        for line in try ceremony.changes() { Output.say("  \(line)") }
    }
}

extension RosterCommands {
    fileprivate static func check(days: UInt64?) throws {
        guard days.map((1...Ceremony.daysMax).contains) ?? true else {
            throw Complaint(.usage, "--days is 1 to \(Ceremony.daysMax).")
        }
    }

    struct Discard: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Drop the next version with its signatures; the one in force stays.")
        @OptionGroup var folder: CeremonyOptions

        func run() throws {
            let dropped = try folder.ceremony.discard()
            Output.say("Dropped, with its signatures, a version that would have changed:")
            for line in dropped { Output.say("  \(line)") }
        }
    }

    struct Found: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Begin the first version.")
        @OptionGroup var folder: CeremonyOptions
        @Option(help: "The gateway's log name.") var origin: String
        @Option(help: "An authority's verifier key or .pub.json; once for each.")
        var authority: [String]
        @Option(help: "How many authorities have to sign.") var threshold: Int
        @Option(help: "The log's verifier key or .pub.json.") var log: String
        @Option(help: "Length of a tick in seconds.") var tickSeconds: UInt64 = 3_600
        @Option(help: "Days that it holds, 1 to 89.") var days: UInt64 = Ceremony.daysMax

        func run() throws {
            try RosterCommands.check(days: days)
            try folder.ceremony.found(
                origin: origin, authorities: try authority.map(KeyFile.verifier),
                threshold: threshold, log: try KeyFile.verifier(log), tickSeconds: tickSeconds,
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
            let key = try OfficeDescription(office)
            try options.edit { (draft) throws(RosterEditError) in
                switch key.kind {
                case .desk: try draft.addDesk(key.name, state: key.state)
                case .unit: try draft.addUnit(key.name, state: key.state)
                }
                for line in key.lines { try draft.addKey(line) }
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
            let key = try MemberDescription(member)
            try options.edit { (draft) throws(RosterEditError) in
                if replace {
                    try draft.rotateMember(
                        key.name, of: key.office, verifier: key.verifier, pins: [key.pin])
                } else {
                    try draft.addMember(
                        key.name, of: key.office, verifier: key.verifier, pins: [key.pin])
                }
            }
        }
    }

    struct RenewCertificate: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Give a member the certificate that keys renew-certificate made.")
        @OptionGroup var options: EditOptions
        @Option(help: "The .pub.json with the new certificate.") var member: String

        func run() throws {
            let key = try MemberDescription(member)
            try options.edit { (draft) throws(RosterEditError) in
                try draft.renewCertificate(
                    key.name, of: key.office, verifier: key.verifier, pin: key.pin)
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
            let lines = try OfficeDescription(office).lines
            let until = Station.systemClock() + acceptOldDays * Seconds.perDay
            try options.edit { (draft) throws(RosterEditError) in
                for line in lines { try draft.rotateKey(to: line, oldAcceptedUntil: until) }
            }
        }
    }

    struct RevokeKey: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Revoke a key at once.")
        @OptionGroup var options: EditOptions
        @Option(
            parsing: .upToNextOption, help: "The sixteen groups of the key's id (roster show).")
        var keyID: [String]

        func run() throws {
            guard let id = Fingerprint.bytes(keyID.joined()).flatMap({ KeyID($0) }) else {
                throw Complaint(
                    .usage, "--key-id is sixteen groups of four digits, 0 to 9 and a to f.")
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
        @Option(help: "An authority's verifier key or .pub.json; once for each.")
        var authority: [String]
        @Option(help: "How many authorities have to sign.") var threshold: Int

        func run() throws {
            let authorities = try authority.map(KeyFile.verifier)
            try options.edit { (draft) throws(RosterEditError) in
                draft.setAuthorities(authorities, threshold: threshold)
            }
        }
    }
}
