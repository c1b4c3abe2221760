internal import ArgumentParser
internal import Desk
internal import Envelope
internal import Notes
internal import Office

/// `resguardo desk …`: reads tips and routes them.
struct DeskCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "desk", abstract: "Read, triage and answer tips.",
        subcommands: [
            Setup.self, AddKey.self, List.self, Open.self, Originals.self, Route.self,
            ReplyCommand.self,
            Status.self, AnswerProbes.self,
        ])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Fetch and check the list of tips.",
            discussion: """
                Each with the beginning of the tick in which it came: by design nothing says more exactly \
                when somebody reported.
                """)
        @OptionGroup var options: StationOptions
        @Flag(help: "Show only what is new.") var new = false
        @Flag(
            help: """
                Show the tips that came beyond the gateway's budget, those first whose senders' devices \
                worked most for them.
                """) var quarantine = false

        func run() async throws {
            let ((lines, broken, time), found) = try await options.work { station, keys in
                let desk = try DeskWork(station, keys: keys)
                let fresh = try await desk.list()
                return (
                    new ? fresh : try desk.all(), try await station.settleAwaited(),
                    station.checker.time(ofTick:)
                )
            }
            let lanes = TipLanes(lines)
            for line in quarantine ? lanes.quarantine : lanes.ordinary {
                Output.say(Self.text(line, time(line.tick)))
            }
            if !quarantine, !lanes.quarantine.isEmpty {
                Output.say(
                    "\(lanes.quarantine.count) tips in quarantine (list --quarantine shows them)")
            }
            try Output.complain(broken + found)
        }

        private static func text(_ line: TipLine, _ time: String) -> String {
            let number = line.number.map { "number \($0)" } ?? "not opened"
            let routed =
                line.routed.isEmpty ? "" : ", routed to " + line.routed.joined(separator: ", ")
            let probe = line.isProbe ? ", says it is a probe" : ""
            let effort = line.quarantine.map { ", effort \($0)" } ?? ""
            return "\(line.name)  \(time), \(line.size) bytes, "
                + "\(number)\(routed)\(probe)\(effort)"
        }
    }

    struct Open: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Open a tip into a folder of its own, once everything about it was checked.")
        @OptionGroup var options: StationOptions
        @OptionGroup var named: TipName
        @Option(help: "Where the folder goes.") var into: String = "."
        @OptionGroup var gap: GapOptions

        func run() async throws {
            let (opening, found) = try await options.work { station, keys in
                try await DeskWork(station, keys: keys)
                    .open(named.tip, into: into, despiteGap: gap.despiteGap)
            }
            if let tip = opening.tip {
                Self.say(tip, opening)
            } else {
                Output.say("\(opening.folder) is there already.")
            }
            try Output.complain(opening.broken + found)
        }

        private static func say(_ tip: UnpackedTip, _ opening: DeskOpening) {
            Output.say("number \(opening.number), \(text(opening.inclusion)): \(opening.folder)")
            if let answer = opening.answer { Output.say(answer.sentence) }
            if let sentence = opening.consent?.sentence { Output.say(sentence) }
            if let text = tip.document.whatHappened { Output.show(text) }
            for file in tip.files { Output.say(file.line) }
        }

        private static func text(_ inclusion: Inclusion) -> String {
            switch inclusion {
            case .included(let index, _, _): "in the log at \(index)"
            case .tooEarly: "promised"
            case .missing: "promised and not in the log"
            }
        }
    }

    struct Originals: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Open the originals of photos that came with a cleaned copy. It is counted.",
            discussion: "The copies show no place and no device; the reporter asked for that.")
        @OptionGroup var options: StationOptions
        @OptionGroup var named: TipName
        @Option(help: "Where the folder goes.") var into: String = "."

        func run() async throws {
            let (opening, found) = try await options.work { station, keys in
                try await DeskWork(station, keys: keys).openOriginals(named.tip, into: into)
            }
            Output.say(opening)
            try Output.complain(found)
        }
    }

    struct Route: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Hand a tip to a unit with what you make of it.")
        @OptionGroup var options: StationOptions
        @OptionGroup var named: TipName
        @Option(help: "The unit.") var to: String
        @Option(help: "An offence of the vocabulary.") var offence: String?
        @Option(help: "A priority of the vocabulary.") var priority: String?
        @Option(help: "A State, a part of one, or region.") var territory: String?
        @Option(help: "Words for the unit.") var note: String?
        @Option(
            help: ArgumentHelp(
                "What the unit is, where the reporter chose who may receive the tip: "
                    + Consent.receivers.joined(separator: " or ")))
        var receiver: String?
        @Option(
            help: "The duty by which the unit gets a tip that the reporter did not choose it for.",
            transform: { duty in
                guard duty.contains(where: { !$0.isWhitespace }) else {
                    throw ValidationError("Say which duty.")
                }
                return duty
            }) var despiteConsent: String?
        @OptionGroup var gap: GapOptions

        func run() async throws {
            var earlier = EarlierOutput()
            let (routing, found) = try await options.work { station, keys in
                try await DeskWork(station, keys: keys).route(
                    named.tip, to: to,
                    TriageChoice(
                        offence: offence, priority: priority, territory: territory, note: note,
                        receiver: receiver, despiteConsent: despiteConsent),
                    despiteGap: gap.despiteGap, tell: { earlier.tell($0) })
            }
            if let sentence = routing.consent { Output.say(sentence) }
            Output.say("report \(routing.number) to \(to): \(routing.name)")
            if routing.isEarlier {
                Output.say(
                    "It was made by an earlier command, with the triage given then: give the command again for another."
                )
            }
            // Done, whatever else was found: a script that gives the command again would make it twice.
            Output.warn(found)
            try earlier.end()
        }
    }

    struct ReplyCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "reply", abstract: "Answer a reporter; only the receipt opens it.")
        @OptionGroup var options: StationOptions
        @OptionGroup var named: TipName
        @Option(help: "What to say.") var text: String?
        @Option(
            help: ArgumentHelp(
                "A status word instead, which the page says in the reader's language: "
                    + StatusWord.known))
        var status: String?
        @OptionGroup var gap: GapOptions

        func run() async throws {
            let answer: Answering
            switch (text, status) {
            case (let text?, nil): answer = .text(text)
            case (nil, let status?):
                guard let word = StatusWord(rawValue: status) else {
                    throw Complaint(
                        .usage, "\(status) is no status word; known: \(StatusWord.known)")
                }
                answer = .status(word)
            default: throw Complaint(.usage, "Give either --text or --status.")
            }
            var earlier = EarlierOutput()
            let (answered, found) = try await options.work { station, keys in
                try await DeskWork(station, keys: keys).reply(
                    named.tip, answer, despiteGap: gap.despiteGap, tell: { earlier.tell($0) })
            }
            Output.say("reply \(answered.name)")
            if answered.isEarlier {
                Output.say(
                    "It was made by an earlier command, with the same words: give the command again for another."
                )
            }
            // Done, whatever else was found: a script that gives the command again would make it twice.
            Output.warn(found)
            try earlier.end()
        }
    }

    struct Status: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Sign the highest number of each key into the log (once a day).")
        @OptionGroup var options: StationOptions

        func run() async throws {
            let (posted, found) = try await options.work { station, keys in
                let desk = try DeskWork(station, keys: keys)
                _ = try await desk.list()
                return try await desk.postStatus()
            }
            for (key, highest) in posted {
                let name = KeyID(base64: key).map { Fingerprint.text($0.bytes) } ?? key
                Output.say("key id \(name): \(highest)")
            }
            try Output.complain(found)
        }
    }

    struct AnswerProbes: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Answer the tips that say inside that they are probes.",
            discussion: """
                Decrypts each new tip without attachments in memory to see whether it says so; of the \
                others nothing is shown or kept. May be run again and again, by a timer too.
                """)
        @OptionGroup var options: StationOptions

        func run() async throws {
            var earlier = EarlierOutput()
            let (round, found) = try await options.work { station, keys in
                try await DeskWork(station, keys: keys).answerProbes { earlier.tell($0) }
            }
            for name in round.answered { Output.say("answered probe \(name)") }
            Output.say("\(round.answered.count) probes answered")
            for name in round.unread {
                Output.complain(
                    "\(name): it cannot be read, because the gateway does not give the body that the record names or a key is missing here; it is looked at again next time."
                )
            }
            Output.warn(found)
            if let problem = round.outOfSequence { throw problem }
            if !round.unread.isEmpty || !found.isEmpty || earlier.isRefused {
                throw ExitCode(ExitKind.badInput.rawValue)
            }
        }
    }
}

/// Tells what became of what earlier commands could not finish.
private struct EarlierOutput {
    private(set) var isRefused = false
    private var isLost = false

    mutating func tell(_ work: EarlierWork) {
        guard case .refused(let refused) = work else { return Output.say(work.sentence) }
        Output.complain(work.sentence)
        isRefused = true
        isLost = isLost || refused.isLost
    }

    /// Ends with the code of bad input, though the command's own work is done, if something is lost unless its own command
    /// is given again: nothing else would ever say so.
    func end() throws {
        if isLost { throw ExitCode(ExitKind.badInput.rawValue) }
    }
}

extension StatusWord {
    /// All of them, for people.
    fileprivate static var known: String { allCases.map(\.rawValue).joined(separator: ", ") }
}
