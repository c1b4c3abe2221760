internal import ArgumentParser
internal import Confinement
internal import Notes
internal import Office
internal import Roster

/// `resguardo audit`: checks a public log from outside.
struct Audit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check that nothing was removed from a log, from its public files alone.",
        discussion: """
            With a home each audit holds the log against every signed checkpoint that the home remembers. One that \
            contradicts them (FORK, ROLLBACK) is what an attacker's log looks like, and also a gateway's that was \
            restored from a backup: both checkpoints are kept in the home's folder contradictions, and nothing is \
            accepted until somebody decides.

            To decide, let operator and auditor tell you by another way than the gateway why the log is another, and \
            what root its checkpoint has (the third line). Only if you believe both, give that root to \
            --accept-history: what the home knew of the log is put aside under histories, with the decision, and the \
            home goes on from the log that is served. What was in the old log alone is lost there; each promise that \
            the new one does not keep is named. If the line breaks meanwhile, or a promise is for a time that is not over \
            yet, the same command goes on later. A unit pulls into a new folder afterwards: numbers of lost reports \
            are given again.
            """)
    @Argument(help: "The public listener, https://…") var url: String
    @Option(
        help: "The log's verifier key or .pub.json; else as the home or the served roster has it.")
    var logKey: String?
    @Option(
        help: ArgumentHelp(
            "Go on from a log that contradicts what the home remembers: the root of its checkpoint, as operator and "
                + "auditor have told it.",
            valueName: "root")) var acceptHistory: String?
    @OptionGroup var options: PublicOptions

    func run() async throws {
        guard acceptHistory == nil || options.home != nil else {
            throw Complaint(.usage, "--accept-history needs the --home that goes on.")
        }
        try await options.work(url) { client in
            let log = try logKey.map(KeyFile.verifier)
            let isRosterNeeded = log == nil || acceptHistory != nil
            let roster = isRosterNeeded ? try await options.roster(client) : nil
            guard let log = log ?? roster?.log else { return }
            let audit = LogAudit(client, log: log)
            guard let home = options.folder else {
                Self.say(try await audit.read(), before: nil)
                return try Output.endIfExpired(roster)
            }
            try DurableFile.makeFolder(home.path)
            // Read while nobody else remembers newer checkpoints, which would seem to have been taken back.
            try await home.alone(waiting: Output.sayThatAnotherWorks) {
                let audited = try await audit.read()
                if let acceptHistory, let roster {
                    try await Self.accept(audited, root: acceptHistory, in: home, client, roster)
                }
                Self.say(audited, before: try CheckpointMemory(home).keep(audited: audited))
            }
            try Output.endIfExpired(roster)
        }
    }

    private static func say(_ log: AuditedLog, before: UInt64?) {
        let earlier = before.map { ", \($0) at the audit before" } ?? ""
        Output.say("The log holds: \(log.size) entries\(earlier).")
    }

    private static func accept(
        _ log: AuditedLog, root: String, in home: Home, _ client: PublicClient,
        _ roster: PublicRoster
    ) async throws {
        let other = OtherHistory(home)
        let (decision, unaccepted) = try await other.accept(
            log, root: root, at: Station.systemClock())
        Output.say(
            "Accepted as decision \(decision.number): the log with this root, of \(decision.size) entries, in place "
                + "of one of \(decision.before). What was known of that lies in the home's folder histories."
        )
        for name in unaccepted { Output.say("\(name): acknowledge it again") }
        try await other.forgetLost(
            since: decision, from: client, roster: roster, now: Station.systemClock
        ) { Output.complain($0.sentence) }
    }
}
