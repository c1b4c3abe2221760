internal import ArgumentParser
internal import Envelope
internal import Gateway
internal import Notes
internal import Office
internal import Roster
internal import Vocabulary

/// `resguardo page …`: writes, signs and checks the note about the public pages.
struct PageCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "page",
        abstract: "Write, sign and check the note that says what the public pages are.",
        subcommands: [Make.self, Sign.self, Show.self, Verify.self])
}

/// The folder of a roster, as the one of its page notes.
struct PageFolderOptions: ParsableArguments {
    @Option(help: "The folder with roster.note; page.note goes beside it.") var roster: String

    var ceremony: PageCeremony { PageCeremony(folder: roster, now: Station.systemClock) }
}

/// Pages made by the gateway's own code.
enum PageMaking {
    static func today() -> Day { Day(number: Int(Station.systemClock() / Seconds.perDay)) }

    static func configuration(_ limits: PageLimits) throws -> PageConfiguration {
        try PageConfiguration(
            statesWithAttachments: limits.attachmentStates,
            attachmentBytesMax: Int(clamping: limits.attachmentBytesMax))
    }

    /// What this program makes from the roster for the day and settings of a note.
    static func hashes(like page: PageNote, from roster: PublicRoster) throws -> PagePrint {
        guard let day = Day(iso: page.date) else { throw PageNoteError.malformed("date") }
        return try ServedPages(
            roster: roster, configuration: configuration(page.pages.limits), day: day
        ).hashes
    }
}

extension PageCommands {
    struct Make: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Write the next page note, from the roster in force and the gateway's settings.")
        @OptionGroup var folder: PageFolderOptions
        @Option(help: "The day, YYYY-MM-DD; today without it.") var date: String?
        @Option(
            parsing: .upToNextOption,
            help: "The gateway's attachments.states; without it as in the note before.")
        var attachmentStates: [String] = []
        @Flag(help: "No State's form takes attachments.") var noAttachments = false
        @Option(help: "The gateway's attachments.bytesMax; without it as in the note before.")
        var attachmentBytesMax: UInt64?

        func run() throws {
            let ceremony = folder.ceremony
            guard let day = date.map({ Day(iso: $0) }) ?? PageMaking.today() else {
                throw Complaint(.usage, "--date is YYYY-MM-DD.")
            }
            let configuration = try PageMaking.configuration(limits(after: ceremony.current()))
            let pages = try ServedPages(
                roster: ceremony.roster(), configuration: configuration, day: day)
            let note = try ceremony.make(date: day.iso, pages: pages.hashes)
            Output.say("Version \(note.version) of the pages of \(note.origin), \(note.date):")
            for line in try ceremony.changes(by: note) { Output.say("  \(line)") }
            if let last = configuration.lastDay(ofPagesMadeOn: day) {
                Output.say(
                    "It holds until \(last.iso), when the check of a telephone number is too old.")
            }
        }

        private func limits(after earlier: PageNote?) throws -> PageLimits {
            var limits =
                earlier?.pages.limits
                ?? PageLimits(attachmentBytesMax: 64 << 20, attachmentStates: [])
            if noAttachments || !attachmentStates.isEmpty {
                limits.attachmentStates = noAttachments ? [] : Set(attachmentStates)
            }
            if let attachmentBytesMax { limits.attachmentBytesMax = attachmentBytesMax }
            let most = EnvelopeLimits.attachmentBytesMax
            guard limits.attachmentBytesMax <= UInt64(most) else {
                throw Complaint(
                    .usage, "--attachment-bytes-max is at most \(most): no office opens more.")
            }
            return limits
        }
    }

    struct Sign: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make the pages anew from this program's source, compare, show, and sign.")
        @OptionGroup var folder: PageFolderOptions
        @OptionGroup var signing: SigningOptions

        func run() throws {
            let ceremony = folder.ceremony
            guard let next = try ceremony.next() else {
                throw Complaint(.usage, "There is no page note to sign.")
            }
            let own = try PageMaking.hashes(like: next, from: ceremony.roster())
            let differences = next.pages.differences(of: own)
            for line in differences { Output.complain("this program's source: \(line)") }
            guard differences.isEmpty else {
                throw Complaint(
                    .refused, "The note is not of this program's source; nothing was signed.")
            }
            Output.say("Version \(next.version) of the pages of \(next.origin), \(next.date):")
            try signing.sign(changing: try ceremony.changes(by: next)) {
                try ceremony.sign(with: $0)
            }
        }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say what the page note in force holds.")
        @OptionGroup var folder: PageFolderOptions

        func run() throws {
            let page = try folder.ceremony.verify()
            Output.say("Version \(page.version) of the pages of \(page.origin), \(page.date)")
            Output.say("roster \(Base64.encode(page.roster))")
            for (path, document) in page.pages.documents.sorted(by: { $0.key < $1.key }) {
                Output.say("\(PagePrint.name(document.sha256))  \(path)")
            }
            for name in page.pages.keyFiles.map(PagePrint.name).sorted() {
                Output.say("\(name)  key file")
            }
            for name in page.pages.wordLists.map(PagePrint.name).sorted() {
                Output.say("\(name)  word list")
            }
        }
    }

    struct Verify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Compare what a gateway serves, or the folder of a roster, with the page note.",
            discussion: """
                With a home it also remembers the note, and refuses an older or another one the next time.
                """)
        @Argument(help: "The public listener, https://…; without it the folder is checked.")
        var url: String?
        @Option(help: "The folder with roster.note and page.note.") var roster: String?
        @Flag(help: "Make the pages from this program's own source, too, and compare.")
        var remake = false
        @OptionGroup var options: PublicOptions

        func run() async throws {
            let checked: (page: PageNote, roster: PublicRoster, differences: [String])
            let findings = Findings()
            switch (url, roster) {
            case (let url?, nil): checked = try await served(url, findings)
            case (nil, let roster?):
                let ceremony = PageCeremony(folder: roster, now: Station.systemClock)
                checked = (try ceremony.verify(), try ceremony.roster(), [])
            default: throw Complaint(.usage, "Give either an address or --roster.")
            }
            var lines = checked.differences
            if remake {
                let own = try PageMaking.hashes(like: checked.page, from: checked.roster)
                lines += checked.page.pages.differences(of: own)
                    .map { "this program's source: \($0)" }
            }
            for line in lines { Output.complain(line) }
            let page = checked.page
            Output.warn(findings.all)
            guard lines.isEmpty else {
                throw Complaint(
                    .badInput, "\(lines.count) differences from page note \(page.version).")
            }
            Output.say(
                "Page note \(page.version) of \(page.origin), \(page.date), holds: "
                    + "\(page.pages.documents.count) documents, \(page.pages.keyFiles.count) key "
                    + "files, \(page.pages.wordLists.count) word lists.")
            if !findings.all.isEmpty { throw ExitCode(ExitKind.badInput.rawValue) }
            try Output.endIfExpired(url == nil ? nil : checked.roster)
        }

        private func served(
            _ url: String, _ findings: Findings
        ) async throws -> (PageNote, PublicRoster, [String]) {
            let home = options.folder
            let earlier = try home?.read("page.note")
            let (roster, finding) = try await options.work(url) { client in
                let roster = try await options.roster(client)
                let monitor = PageMonitor(
                    client, roster: roster, now: Station.systemClock, findings: findings)
                return (
                    roster, try await findings.telling { try await monitor.run(earlier: earlier) }
                )
            }
            try home?.keep(page: finding.note)
            return (finding.page, roster, finding.differences)
        }
    }
}
