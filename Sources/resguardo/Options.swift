internal import ArgumentParser
internal import Confinement
internal import Envelope
internal import Foundation
internal import Office
internal import Roster
internal import Sodium

/// Where the passphrase of key files comes from.
struct PassphraseOptions: ParsableArguments {
    @Option(
        name: .customLong("passphrase-file"),
        help:
            "File with the passphrase on one line, mode 0600; else RESGUARDO_PASSPHRASE_FILE, else asked for."
    )
    var file: String?

    var source: PassphraseSource {
        PassphraseSource(file: file, environment: ProcessInfo.processInfo.environment)
    }
}

/// Where a new key goes.
struct NewKeyOptions: ParsableArguments {
    @Option(help: "The key file to write; its public description goes beside it as .pub.json.")
    var out: String

    @Flag(help: "Less work for opening the file (64 MiB instead of 256): demonstrations only.")
    var lightPassphrase = false

    @OptionGroup var passphrase: PassphraseOptions

    func place() throws -> KeyPlace {
        KeyPlace(
            path: out, passphrase: try passphrase.source.newPassphrase(for: out),
            cost: lightPassphrase ? .interactive : .moderate)
    }
}

/// A desk's or unit's home, and how to open its keys.
struct StationOptions: ParsableArguments {
    @Option(help: "The folder of this desk or unit (see setup).")
    var home: String

    @OptionGroup var passphrase: PassphraseOptions

    /// Opens the keys, waits until no other command works in this home, connects, and checks the roster; closes the
    /// connections at the end.
    ///
    /// - Returns: what `body` gives, and what was found on the way that does not hold, to be complained of after it.
    func work<R>(
        _ body: (Station, OfficeSecretKeys) async throws -> R
    ) async throws -> (R, found: [any Explained]) {
        let home = Home(home)
        let settings = try home.settings()
        let member = try MemberKey(
            path: "\(home.path)/member.key",
            passphrase: try passphrase.source.passphrase(for: "the member's key"))
        let keys = try KeyRing.office(
            paths: try home.officeKeyFiles(),
            passphrase: try passphrase.source.passphrase(for: "the office's keys"))
        return try await home.alone(waiting: Output.sayThatAnotherWorks) {
            let connections = try Connections(settings, member: member)
            let findings = Findings()
            do {
                let station = try await Station(
                    home: home, member: member, publicly: connections.publicly,
                    staff: connections.staff, now: Station.systemClock, findings: findings)
                Output.warnIfExpired(station.rosters.newest.publicPart)
                let result = try await body(station, keys)
                await connections.shutdown()
                return (result, findings.all)
            } catch {
                await connections.shutdown()
                Output.warn(findings.all)
                throw error
            }
        }
    }
}

/// What to do about numbers that are missing.
struct GapOptions: ParsableArguments {
    @Flag(
        help: """
            Go on after a gap in the numbers was named; what is missing is remembered as missing.
            """)
    var despiteGap = false
}
