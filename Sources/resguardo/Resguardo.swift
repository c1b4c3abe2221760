internal import ArgumentParser
internal import Confinement
internal import Foundation
public import Gateway
public import Office
internal import Roster
public import Vocabulary

/// The staff tool: keys, roster, page, desk, unit, submit, audit, probe.
///
/// Each command is thin; what it does is in the modules.
@main
struct Resguardo: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resguardo",
        abstract: "The staff side of a Resguardo gateway.",
        discussion: """
            Exit codes: 0 done, 64 called wrongly, 65 what was read does not hold, 69 the gateway \
            cannot be reached, 75 another command works in the same home, 77 refused.
            """,
        subcommands: [
            Keys.self, RosterCommands.self, PageCommands.self, DeskCommands.self,
            UnitCommands.self, Submit.self, Audit.self, ProbeCommand.self,
        ])

    static func main() async {
        do {
            try ProtectedEnvironment.restartIfMissing(
                arguments: CommandLine.arguments,
                environment: ProcessInfo.processInfo.environment)
        } catch {
            Output.complain("The tool cannot protect its memory: \(error).")
            Foundation.exit(ExitKind.refused.rawValue)
        }
        Confinement.hardenProcess(child: false)
        do {
            var command = try parseAsRoot(
                TipNameArgument.shielded(Array(CommandLine.arguments.dropFirst())))
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch {
            end(error)
        }
    }

    /// Ends with one of the exit codes that are promised, whatever was thrown.
    private static func end(_ error: any Error) -> Never {
        if let error = error as? any Explained {
            Output.complain(error.sentence)
            Foundation.exit(error.exit.rawValue)
        }
        // The parser knows its own errors and requests for help; for any other it would say 1.
        guard exitCode(for: error) == .failure else { exit(withError: error) }
        Output.complain("This could not be done: \(error)")
        Foundation.exit(ExitKind.badInput.rawValue)
    }
}

extension PageError: Explained {
    /// The error in one line.
    public var sentence: String { "\(description)." }

    /// Always bad input.
    public var exit: ExitKind { .badInput }
}

extension VocabularyError: Explained {
    /// The error in one line.
    public var sentence: String { "\(description)." }

    /// Always bad input.
    public var exit: ExitKind { .badInput }
}

/// Where lines for people go.
///
/// Everything passes the filter, because tips, names and gateways are hostile.
enum Output {
    /// A line on standard output.
    static func say(_ line: String) {
        print(TerminalText.line(line))
    }

    /// Several lines on standard output.
    static func show(_ text: String) {
        print(TerminalText.block(text))
    }

    /// Why nothing happens for a while.
    static func sayThatAnotherWorks() {
        complain("Another command works in this home; waiting until it has ended.")
    }

    /// What does not hold, a line each, though the command's work is done: it ends with the code of bad input.
    static func complain(_ problems: [any Explained]) throws {
        warn(problems)
        if !problems.isEmpty { throw ExitCode(ExitKind.badInput.rawValue) }
    }

    /// The same lines, each once, where they do not decide how the command ends.
    static func warn(_ problems: [any Explained]) {
        var told: Set<String> = []
        for problem in problems where told.insert(problem.sentence).inserted {
            complain(problem.sentence)
        }
    }

    /// Says that a roster has run out, if it has: nothing is routed by it, and everything else goes on.
    static func warnIfExpired(_ roster: PublicRoster) {
        guard roster.isExpired(at: Station.systemClock()) else { return }
        complain(
            "Version \(roster.version) of the roster ran out on \(UTCTime.text(roster.expires)): nothing is routed by "
                + "it, and the rest goes on. The authorities have to sign the next one.")
    }

    /// Ends what watches a gateway as if it had found a fault, where all went well by a roster that has run out: whoever
    /// withholds the next one would not be noticed otherwise.
    static func endIfExpired(_ roster: PublicRoster?) throws {
        guard let roster, roster.isExpired(at: Station.systemClock()) else { return }
        throw ExitCode(ExitKind.badInput.rawValue)
    }

    /// A line on standard error.
    static func complain(_ line: String) {
        FileHandle.standardError.write(Data("resguardo: \(TerminalText.line(line))\n".utf8))
    }
}

extension Findings {
    /// Runs what may find something, and tells what was found if it throws.
    func telling<Result>(_ body: () async throws -> Result) async throws -> Result {
        do {
            return try await body()
        } catch {
            Output.warn(all)
            throw error
        }
    }
}

/// Asks before something that cannot be taken back.
enum Confirmation {
    /// Throws unless `--yes` was given or a person at the terminal types yes.
    static func require(_ question: String, isGiven: Bool) throws {
        if isGiven { return }
        guard Terminal.canAsk else {
            throw Complaint(.usage, "Nobody is there to ask; give --yes if it is meant.")
        }
        let answer = Terminal.ask("\(TerminalText.line(question)) Type yes: ") ?? []
        guard String(decoding: answer, as: UTF8.self) == "yes" else {
            throw Complaint(.refused, "Not confirmed; nothing was done.")
        }
    }
}
