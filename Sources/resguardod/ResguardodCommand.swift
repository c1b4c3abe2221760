import ArgumentParser
import Confinement
import Foundation

/// The daemon's command line.
///
/// Synchronous to the last: confinement wants a process of one thread.
struct ResguardodCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resguardod",
        abstract: "Takes tips, keeps them where nobody can read them, and hands them to offices.",
        discussion: """
            Settings are read from the file and, above it, from the environment: \
            attachments.bytesMax is RESGUARDO_ATTACHMENTS_BYTES_MAX there.
            SIGHUP reads certificate, key and roster again. SIGTERM finishes what was accepted, \
            then ends.
            Exit codes: 0 done, 64 usage, 65 bad settings, 69 a socket could not be opened or \
            another daemon has the state folder, 77 refused: a secret lies open, or confinement \
            is required and missing.
            """)

    @Option(help: ArgumentHelp("The settings, a JSON file.", valueName: "file"))
    var config: String?

    @Flag(help: "Check the settings and the files they name, and end.")
    var checkConfig = false

    @Flag(
        help: """
            Recompute the whole ledger of a stopped daemon, say what is wrong, one fault a line, and end: 0 \
            if nothing is, else 65.
            """)
    var verifyLedger = false

    @Option(help: .hidden)
    var role: Role?

    func validate() throws {
        if config == nil, role == nil { throw ValidationError("--config FILE is missing") }
    }

    func run() throws {
        NewFiles.keepPrivate()
        if let role { return try RoleProcess.run(role) }
        let environment = ProcessInfo.processInfo.environment
        let settings: Settings
        do throws(SettingsRefused) {
            settings = try Settings.load(path: config ?? "", environment: environment)
        } catch {
            for problem in error.problems { Log.line("\(problem)") }
            throw ExitCode(error.exitCode)
        }
        if checkConfig {
            Log.line("the settings are sound")
            return
        }
        throw ExitCode(
            try verifyLedger
                ? LedgerVerification.run(settings.vault) : supervise(settings, environment))
    }

    private func supervise(_ settings: Settings, _ environment: [String: String]) throws -> Int32 {
        SignalQueue.ignoreBrokenPipes()
        var signals = SignalQueue(
            blocking: [Signal.child, Signal.hangUp, Signal.terminate, Signal.interrupt])
        let held: Takeover.Held
        do throws(ConfinementError) {
            held = try Takeover().take(settings, environment, &signals)
        } catch {
            Log.line("\(error)")
            throw ExitCode(69)
        }
        held.sockets.announce()
        Confinement.raiseDescriptorLimit()
        for gap in Confinement.hardenProcess(child: false).gaps { Log.line(gap) }
        try Confinement.dropCapabilities()
        let name = CommandLine.arguments.first ?? "resguardod"
        let supervisor = try Supervisor(
            settings, held: held, configuration: Supervisor.Configuration(name: name))
        return try supervisor.run(signals)
    }
}
