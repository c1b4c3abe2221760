internal import ArgumentParser
internal import Notes
internal import Office
internal import Unit

/// `resguardo unit …`: pulls reports and acknowledges them.
struct UnitCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unit", abstract: "Pull, open and acknowledge reports.",
        subcommands: [Setup.self, AddKey.self, PullCommand.self, Originals.self, Acknowledge.self])

    struct PullCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "pull",
            abstract: "Fetch the queue; each report into a folder of its own once all was checked.",
            discussion: """
                It may be stopped and run again at any point: it goes on where it was. A report that \
                its desk has signed and that cannot be opened is named once, and the desk's later \
                ones follow; --from-start tries it again. One whose tip the gateway does not give is named each \
                time, until it comes.
                """)
        @OptionGroup var options: StationOptions
        @Option(help: "Where the folders go.") var into: String
        @Flag(help: "Accept each report as soon as it is opened.") var acknowledge = false
        @Flag(help: "Read the queue from its beginning.") var fromStart = false
        @OptionGroup var gap: GapOptions

        func run() async throws {
            let (pull, found) = try await options.work { station, keys in
                let unit = try UnitWork(station, keys: keys)
                var how = UnitWork.PullOptions()
                how.isFromStart = fromStart
                how.isDespiteGap = gap.despiteGap
                how.isAccepting = acknowledge
                let pull = try await unit.pull(into: into, how) { name in
                    Output.complain(
                        "\(name): the gateway says that this unit has acknowledged it, and this home has no record of "
                            + "that. Ask at the unit's other workstations; if none has, acknowledge it by hand."
                    )
                }
                for (report, folder, answer) in pull.opened {
                    Output.say("\(report.name): \(folder)")
                    if let answer { Output.say("\(report.name): \(answer.sentence)") }
                }
                for name in pull.accepted { Output.say("\(name): accepted") }
                return pull
            }
            for (cursor, why) in pull.refused {
                Output.complain("place \(cursor) of the queue: \(why.sentence)")
            }
            Output.say(
                "\(pull.opened.count) opened, \(pull.known) known, \(pull.refused.count) refused")
            try Output.complain(pull.broken + found)
            guard pull.refused.isEmpty, !acknowledge || pull.acknowledgedElsewhere.isEmpty else {
                throw ExitCode(ExitKind.badInput.rawValue)
            }
        }
    }

    struct Originals: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Open the originals of photos that came with a cleaned copy. It is counted.",
            discussion: "The copies show no place and no device; the reporter asked for that.")
        @OptionGroup var options: StationOptions
        @Argument(help: "The report: desk-ar-000001, or its folder.") var report: String
        @Option(help: "Where the folder goes.") var into: String

        func run() async throws {
            let (opening, found) = try await options.work { station, keys in
                try await UnitWork(station, keys: keys).openOriginals(report, into: into)
            }
            Output.say(opening)
            try Output.complain(found)
        }
    }

    struct Acknowledge: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Sign what the unit does with a report.")
        @OptionGroup var options: StationOptions
        @Argument(help: "The report: desk-ar-000001, or its folder.") var report: String
        @Argument(
            help: """
                accepted, declined with a reason (out-of-territory, out-of-competence, duplicate, \
                insufficient, other), or transfer.
                """)
        var outcome: [String]

        func run() async throws {
            let words = outcome == ["transfer"] ? "transfer asked" : outcome.joined(separator: " ")
            guard let outcome = AcknowledgementNote.Outcome(line: words) else {
                throw Complaint(.usage, "The outcome is accepted, declined REASON or transfer.")
            }
            let (name, found) = try await options.work { station, keys in
                try await UnitWork(station, keys: keys).acknowledge(report, outcome)
            }
            Output.say("acknowledgement \(name)")
            try Output.complain(found)
        }
    }
}
