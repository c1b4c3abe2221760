internal import ArgumentParser
internal import Office
internal import Roster
internal import Vocabulary

extension Output {
    /// A verifier key, which is short, then what of every key is compared aloud.
    ///
    /// An office's lines have a thousand letters each, and lie in the public description.
    static func show(_ key: KeyDescription) throws {
        if key.kind != .office {
            for line in key.lines { say(line) }
        }
        for line in try KeyFingerprints.lines(of: key) { say(line) }
    }
}

/// `resguardo keys …`: draws keys.
struct Keys: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make the keys of authorities, the log, offices and members.",
        discussion: """
            Each prints, for every key, a line that begins with key id: read its sixteen groups aloud over \
            the telephone, and whoever was sent the .pub.json sees the same in roster add-office, add-member \
            and show.
            """,
        subcommands: [
            Authority.self, Log.self, OfficeKeys.self, Member.self, RenewCertificate.self,
            Show.self,
        ])

    struct Authority: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "An authority's key: signs rosters. On an offline machine.")
        @Option(help: "The gateway's log name, such as gateway.example/ar.") var origin: String
        @Option(
            help:
                "The authority's name: authority- and what tells it from the others, as in authority-1."
        )
        var name: String
        @OptionGroup var new: NewKeyOptions

        func run() throws {
            try Output.show(
                try KeyMaking.authority(origin: origin, name: name, at: try new.place()))
        }
    }

    struct Log: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "The log's key, unencrypted because the daemon starts by itself.")
        @Option(help: "The gateway's log name.") var origin: String
        @Option(
            help: "The file to write, mode 0600; its public description goes beside it: .pub.json."
        )
        var out: String

        func run() throws {
            try Output.show(try KeyMaking.log(origin: origin, path: out))
        }
    }

    struct OfficeKeys: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "office", abstract: "An office's keys: four for a desk, one for a unit.")
        @Option(help: "The gateway's log name.") var origin: String
        @Option(help: "The office's name, such as desk-ar.") var name: String
        @Option(help: "ISO 3166-1 alpha-2, or region.") var state: String
        @Option(help: "desk or unit.") var kind: String
        @OptionGroup var new: NewKeyOptions

        func run() throws {
            guard let kind = OfficeKind(rawValue: kind) else {
                throw Complaint(.usage, "--kind is desk or unit.")
            }
            let known = try Vocabulary.load().territories.map(\.code) + [PublicRoster.region]
            guard kind == .unit || known.contains(state) else {
                throw Complaint(
                    .usage,
                    "\(state) is no State that the page knows: " + known.joined(separator: ", "))
            }
            try Output.show(
                try KeyMaking.office(
                    origin: origin, name: name, state: state, kind: kind, at: try new.place()))
        }
    }

    struct Member: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "A member's signing key and TLS certificate.")
        @Option(help: "The gateway's log name.") var origin: String
        @Option(help: "The member's office.") var office: String
        @Option(help: "The post, never a person: operator-1.") var name: String
        @OptionGroup var new: NewKeyOptions

        func run() throws {
            try Output.show(
                try KeyMaking.member(
                    origin: origin, office: office, name: name, at: try new.place()))
        }
    }

    struct RenewCertificate: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "A new TLS certificate for a member; the signing key stays.",
            discussion: """
                Writes a new key file with both. The authorities take the certificate in with roster \
                renew-certificate; then the new file goes over member.key in the member's home.
                """)
        @Option(help: "The member's key file.") var key: String
        @OptionGroup var new: NewKeyOptions

        func run() throws {
            let words = try new.passphrase.source.passphrase(for: key)
            try Output.show(
                try KeyMaking.renewedCertificate(
                    of: key, passphrase: words, at: try new.place()))
        }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "What a key file says in the clear, or all of it checked with --check.",
            discussion: """
                With --check the public description is written too, where making the key was stopped before that.
                """)
        @Argument(help: "The key file.") var file: String
        @Flag(help: "Open it and compare the private part with the public lines.") var check = false
        @OptionGroup var passphrase: PassphraseOptions

        func run() throws {
            let key = try KeyFile.describe(file)
            Output.say("\(key.kind.rawValue) \(key.name) of \(key.origin)")
            try Output.show(key)
            guard check else { return }
            let words = try passphrase.source.passphrase(for: file)
            switch key.kind {
            case .authority: _ = try KeyRing.authority(path: file, passphrase: words)
            case .office: _ = try KeyRing.office(paths: [file], passphrase: words)
            case .member: _ = try MemberKey(path: file, passphrase: words)
            case .log: throw KeyFileProblem.damaged(path: file)
            }
            Output.say("the private part fits")
            if let written = try KeyFile.completePublic(file) { Output.say("wrote \(written)") }
        }
    }
}
