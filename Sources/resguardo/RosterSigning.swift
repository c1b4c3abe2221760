internal import ArgumentParser
internal import Envelope
internal import Notes
internal import Office
internal import Roster

/// Which authority signs, and whether it is asked.
struct SigningOptions: ParsableArguments {
    @Option(help: "The authority's key file.") var key: String
    @Flag(help: "Sign without asking, for scripts.") var yes = false
    @OptionGroup var passphrase: PassphraseOptions

    /// Shows what is signed, asks, signs, and says what the signature led to.
    func sign(
        changing lines: [String], _ add: (NoteSigner) throws -> CeremonyFolder.Signing
    ) throws {
        for line in lines { Output.say("  \(line)") }
        try Confirmation.require("Sign this?", isGiven: yes)
        let signer = try KeyRing.authority(
            path: key, passphrase: try passphrase.source.passphrase(for: key))
        switch try add(signer) {
        case .waiting(let found, let needed):
            Output.say("Signed: \(found) of \(needed) signatures.")
        case .complete(let version):
            Output.say("Signed: version \(version) is complete.")
        }
    }
}

extension RosterCommands {
    struct Sign: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show in plain words what the next version changes, and sign it.")
        @OptionGroup var folder: CeremonyOptions
        @OptionGroup var signing: SigningOptions

        func run() throws {
            let ceremony = folder.ceremony
            guard let next = try ceremony.next() else {
                throw Complaint(.usage, "There is nothing to sign.")
            }
            Output.say("Version \(next.version) of the roster of \(next.origin):")
            try signing.sign(changing: try ceremony.changes()) { try ceremony.sign(with: $0) }
        }
    }

    struct Verify: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Check the version in force under the rule before it.")
        @OptionGroup var folder: CeremonyOptions
        @Option(help: "An authority's verifier key, as you know it; once for each.")
        var authority: [String] = []
        @Option(help: "How many of them have to have signed.") var threshold: Int?

        func run() throws {
            var trust: RosterTrust?
            if !authority.isEmpty {
                let known = try authority.map(KeyFile.verifier)
                guard let current = try folder.ceremony.current(), let threshold else {
                    throw Complaint(.usage, "--authority needs --threshold and a signed roster.")
                }
                trust = RosterTrust(
                    origin: current.origin, authorities: known, threshold: threshold)
            }
            let roster = try folder.ceremony.verify(trust: trust)
            Output.say("Version \(roster.version) of \(roster.origin) holds.")
        }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say in plain words what the version in force holds.")
        @OptionGroup var folder: CeremonyOptions

        func run() throws {
            guard let roster = try folder.ceremony.current() else {
                throw Complaint(.badInput, "There is no signed roster yet.")
            }
            for line in RosterChange.describe(from: nil, to: roster) { Output.say(line) }
            for line in KeyFingerprints.lines(of: roster) { Output.say(line) }
        }
    }

    struct Diff: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say in plain words what the next version changes.")
        @OptionGroup var folder: CeremonyOptions

        func run() throws {
            for line in try folder.ceremony.changes() { Output.say(line) }
        }
    }
}
