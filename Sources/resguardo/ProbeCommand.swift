internal import ArgumentParser
internal import Envelope
internal import Notes
internal import Office
internal import Roster

/// `resguardo probe`: does from outside what a visitor's page does.
struct ProbeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "probe",
        abstract: "Compare the pages, send a tip that says it is a probe, and wait for its answer.",
        discussion: """
            Checks the promise, the proof after the tick, and the answer that only the desk can seal \
            (resguardo desk answer-probes). With a home, a probe that was not answered in time is looked \
            at again the next time instead of sending another.
            """)
    @Argument(help: "The public listener, https://…") var url: String
    @Option(help: "The State whose desk answers.") var state: String
    @Option(help: "Which of the desk's keys it is encrypted to.") var suite = SuiteArgument.xwing
    @Option(help: "How long to wait for the desk's answer, in seconds; 0 looks once.")
    var waitSeconds = Seconds.perDay
    @OptionGroup var options: PublicOptions

    /// Between two looks, in seconds.
    private static let pauseSeconds = 2

    func run() async throws {
        let home = options.folder
        let findings = Findings()
        let (differences, roster) = try await options.work(url) { client in
            let roster = try await options.roster(client)
            let differences = try await findings.telling {
                try await pages(client, roster, home, findings)
            }
            let probe = try Probe(
                client, roster: roster, now: Station.systemClock, findings: findings
            ) {
                try await Task.sleep(for: .seconds(Self.pauseSeconds))
            }
            do {
                try await send(probe, suite.suite, home)
            } catch let error as any Explained where !differences.isEmpty || !findings.all.isEmpty {
                // Other pages than were signed are the graver finding, and so is a promise that is put off: "try again
                // later" must not be all that is heard.
                Output.complain(error.sentence)
            }
            return (differences, roster)
        }
        guard differences.isEmpty else {
            Output.warn(findings.all)
            throw Complaint(.badInput, "The pages are not those that were signed.")
        }
        try Output.complain(findings.all)
        try Output.endIfExpired(roster)
    }

    private func pages(
        _ client: PublicClient, _ roster: PublicRoster, _ home: Home?, _ findings: Findings
    ) async throws -> [String] {
        let finding = try await PageMonitor(
            client, roster: roster, now: Station.systemClock, findings: findings
        )
        .run(earlier: home?.read("page.note"))
        try home?.keep(page: finding.note)
        for line in finding.differences { Output.complain(line) }
        if finding.differences.isEmpty {
            Output.say("pages: those of page note \(finding.page.version)")
        }
        return finding.differences
    }

    private func send(_ probe: Probe, _ suite: EnvelopeSuite, _ home: Home?) async throws {
        let sent: SentProbe
        if let home, let waiting = try home.waitingProbe() {
            sent = waiting
            Output.say("probe \(try name(of: sent, probe, home)): sent earlier")
        } else {
            sent = try await probe.send(state: state, suite: suite)
            try home?.keep(probe: sent)
            Output.say("probe \(try probe.name(of: sent)): sent, and promised")
        }
        if let place = try await probe.awaitInclusion(of: sent) {
            if let home {
                try await home.alone(waiting: Output.sayThatAnotherWorks) {
                    try CheckpointMemory(home).keep(place.under)
                }
            }
            Output.say("in the log at \(place.index)")
        }
        try await probe.awaitAnswer(to: sent, seconds: waitSeconds)
        try home?.forgetProbe()
        Output.say("answered by the desk")
    }

    /// A promise that is not believed is no reason to look at this probe again.
    private func name(of sent: SentProbe, _ probe: Probe, _ home: Home) throws -> String {
        do {
            return try probe.name(of: sent)
        } catch {
            try home.forgetProbe()
            throw error
        }
    }
}
