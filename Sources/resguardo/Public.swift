internal import ArgumentParser
internal import Confinement
internal import Envelope
internal import Foundation
internal import Office
internal import Roster
internal import Synchronization

/// How to reach the public listener, and whom to believe.
struct PublicOptions: ParsableArguments {
    @Option(help: "PEM file of the gateway's certificate or its issuer; else the system's roots.")
    var ca: String?
    @Option(
        help: """
            A home that remembers what was seen; its pinned authorities have to have signed the roster.
            """)
    var home: String?

    /// The home, if one was named.
    var folder: Home? { home.map { Home($0) } }

    /// The gateway's roster, as far as the home or TLS lets it be believed; one that has run out is warned of.
    func roster(_ client: PublicClient) async throws -> PublicRoster {
        let roster = try await PublicTrust.roster(
            from: client, home: folder, at: Station.systemClock(),
            waiting: Output.sayThatAnotherWorks)
        Output.warnIfExpired(roster)
        return roster
    }

    func work<R>(
        _ url: String, _ body: (PublicClient) async throws -> R
    ) async throws -> R {
        let transport = try HTTPTransport(base: url, authorityFile: ca)
        do {
            let result = try await body(PublicClient(transport))
            await transport.shutdown()
            return result
        } catch {
            await transport.shutdown()
            throw error
        }
    }
}

/// The suites by the names under which programs ask for them.
enum SuiteArgument: String, CaseIterable, ExpressibleByArgument {
    case xwing, x25519

    /// The suite of the name.
    var suite: EnvelopeSuite {
        switch self {
        case .xwing: .xwing
        case .x25519: .x25519
        }
    }
}

/// `resguardo submit`: sends a tip from a program.
struct Submit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Send a tip, encrypted here, and print its receipt.")
    @Option(help: "The public listener, https://…") var url: String
    @Option(help: "File with the text, or - for standard input.") var text: String
    @Option(help: "A file that goes along. May be repeated.") var attach: [String] = []
    @Option(help: "The State whose desk it is for.") var state: String
    @Option(help: "Which of the desk's keys it is encrypted to.") var suite = SuiteArgument.xwing
    @OptionGroup var options: PublicOptions

    func run() async throws {
        let content = Submission.Content(
            text: try Self.read(text), attachments: attach, state: state, suite: suite.suite)
        let isUnsure = Mutex(false)
        let findings = Findings()
        let (url, options) = (url, options)
        let outcome = try await Interruption.cancelling {
            try await options.work(url) { client in
                let roster = try await options.roster(client)
                return try await Submission(
                    client, roster: roster, now: Station.systemClock, findings: findings
                )
                .send(content) { receipt in
                    isUnsure.withLock { $0 = true }
                    Output.complain("The gateway may have the tip. Its receipt: \(receipt)")
                }
            }
        } stopped: {
            guard !isUnsure.withLock({ $0 }) else { return }
            Output.complain("Stopped before the tip was handed in: the gateway does not have it.")
        }
        Output.say(outcome.receipt)
        Output.say("tip \(outcome.name)")
        // Nothing for a script to send again: the tip is taken and promised.
        Output.warn(findings.all)
    }

    private static func read(_ path: String) throws -> [UInt8] {
        guard path == "-" else {
            return try DurableFile.read(path, limit: EnvelopeLimits.documentBytesMax)
        }
        let data = FileHandle.standardInput.readDataToEndOfFile()
        guard data.count <= EnvelopeLimits.documentBytesMax else {
            throw Complaint(.badInput, "The text is longer than a tip can be.")
        }
        return Array(data)
    }
}
