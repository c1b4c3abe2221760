public import Envelope
internal import Ledger
internal import Notes
public import Office
internal import Roster
internal import Sodium

/// What a unit does from the command line: pull and acknowledge.
public struct UnitWork: Sendable {
    /// The unit's home, member, gateway and rosters.
    public let station: Station
    private let keys: OfficeSecretKeys

    /// Sits down at a unit; refused if the member's office is no unit of the roster.
    public init(_ station: Station, keys: OfficeSecretKeys) throws {
        _ = try station.office(.unit)
        self.station = station
        self.keys = keys
        _ = station.holdsAllKeys(keys)
    }

    /// What a pull did.
    public struct Pull: Sendable {
        /// Reports that were opened, with their folders, and whose a tip is that calls itself an answer.
        public internal(set) var opened:
            [(report: CheckedReport, folder: String, answer: AnswerStanding?)] = []
        /// How many were there already.
        public internal(set) var known = 0
        /// The names of opened reports that the gateway calls acknowledged, though not by this home.
        public internal(set) var acknowledgedElsewhere: [String] = []
        /// The names of reports whose acceptance was promised a place in the log.
        public internal(set) var accepted: [String] = []
        /// Promises of earlier days that the log did not keep, acceptances that it did not take, and custody sheets that
        /// a late proof does not fit.
        public internal(set) var broken: [any Explained] = []
        /// Reports that were refused: the place in the queue, and why.
        public internal(set) var refused: [(cursor: UInt64, why: any Explained)] = []
        /// Whether one of them has to be asked for again.
        var isHeld = false
    }

    /// How a pull goes about it.
    public struct PullOptions: Sendable {
        /// Read the queue from its beginning: for a new folder or after a loss.
        public var isFromStart = false
        /// Go on after a gap in a desk's numbers was named; it is remembered.
        public var isDespiteGap = false
        /// Accept each report as soon as it is opened, and those that a pull like this has opened before it was stopped.
        public var isAccepting = false

        /// The plain pull.
        public init() {}
    }

    /// Reads the queue and opens each report into a folder of its own below `parent`.
    ///
    /// A report that does not hold is refused and named, and the rest goes on. One that the desk
    /// signed takes its number all the same, so that the desk's later ones follow; one that
    /// somebody else made takes none. What can never hold is asked for again only from the start,
    /// the rest next time. A network that fails ends the pull, and the next one goes on where it
    /// stopped.
    ///
    /// - Parameter tell: told the name of each report that the gateway calls acknowledged and this home does not, before the
    ///   queue is read beyond it: whatever stops the pull, it was said.
    public func pull(
        into parent: String, _ options: PullOptions = PullOptions(),
        tell: (String) -> Void = { _ in }
    ) async throws -> Pull {
        try CustodyFolder.makeParent(parent)
        var pull = Pull()
        pull.broken = try await station.settleAwaited()
        pull.broken += try station.placeLateProofs(in: parent)
        if options.isAccepting { try await acceptRest(&pull) }
        var cursor = options.isFromStart ? 0 : try station.home.state().cursor
        while true {
            let page = try await station.staffClient.queue(after: cursor)
            for offered in page.reports {
                guard offered.cursor > cursor else {
                    throw GatewayProblem.malformedAnswer(what: "cursors do not grow")
                }
                cursor = offered.cursor
                try await take(offered, into: parent, options, &pull, tell: tell)
            }
            if page.reports.isEmpty { return pull }
        }
    }

    private func take(
        _ offered: OfferedReport, into parent: String, _ options: PullOptions, _ pull: inout Pull,
        tell: (String) -> Void
    ) async throws {
        var report: SignedReport?
        var refusal: (any Explained)?
        do {
            let signed = try await own(offered, options)
            report = signed
            if options.isAccepting { try intend(toAccept: signed, offered, in: parent) }
            if let opening = try await open(signed, offered, into: parent, options) {
                pull.opened.append(opening)
            } else {
                pull.known += 1
            }
            try noteAcknowledgedElsewhere(signed, offered, &pull, tell)
            try station.home.save("entries/\(signed.name).json", offered)
        } catch let error as any Explained where error.exit == .badInput {
            pull.refused.append((offered.cursor, error))
            pull.isHeld = pull.isHeld || !Self.isLasting(error)
            refusal = error
        }
        try note(offered.cursor, report, refusal, isHeld: pull.isHeld)
        if options.isAccepting, refusal == nil, let report {
            try await accept(report.name, report.hash, &pull)
        }
    }

    /// The report that a line of the queue holds, once it is certain that its number is one of
    /// those that its desk has given to this unit, and the next.
    private func own(
        _ offered: OfferedReport, _ options: PullOptions
    ) async throws -> SignedReport {
        let checker = ReportChecker(station: station)
        let report = try checker.signed(offered)
        // Another unit's report would take a number that its desk has given to one for this unit.
        guard report.body.recipients.contains(where: { key($0) != nil }) else {
            throw CustodyProblem.notForUs
        }
        try await checker.requirePlace(of: report)
        try count(report, options)
        return report
    }

    /// True for what asking again cannot change: what the desk has signed is bad or its number is
    /// another report's.
    private static func isLasting(_ error: any Explained) -> Bool {
        switch error {
        case EnvelopeError.unavailable, EnvelopeError.unknownSuite: false
        case is EnvelopeError, is LastingRefusal: true
        case CustodyProblem.envelopeDiffers: true
        case SequenceProblem.repeated: true
        default: false
        }
    }

    /// Notes a report's number and, unless something has to be asked for again, how far the queue
    /// was read.
    private func note(
        _ cursor: UInt64, _ report: SignedReport?, _ refusal: (any Explained)?, isHeld: Bool
    ) throws {
        var state = try station.home.state()
        if let report {
            let hash = Base64.encode(report.hash)
            state.received[report.sender, default: NumberSequence()]
                .note(report.body.number, is: hash)
            let lasting = refusal.flatMap { Self.isLasting($0) ? $0.sentence : nil }
            // What may still open may still be accepted: the folder may even be there, and a later step have failed.
            if lasting != nil { state.toAccept[hash] = nil }
            state.refused[hash] = lasting
        }
        if !isHeld { state.cursor = max(state.cursor, cursor) }
        try station.home.store(state)
    }

    private typealias Opening = (report: CheckedReport, folder: String, answer: AnswerStanding?)

    /// Opens a signed report; nil if its folder is there already.
    ///
    /// Nothing is fetched for one that is, or that was refused for good before.
    private func open(
        _ signed: SignedReport, _ offered: OfferedReport, into parent: String,
        _ options: PullOptions
    ) async throws -> Opening? {
        if CustodyFolder.exists(signed.name, in: parent) {
            let there = try CustodyFolder.read("report.note", of: signed.name, in: parent)
            guard there == nil || there == signed.note.encoded else {
                throw CustodyProblem.folderOfAnother(name: signed.name)
            }
            return nil
        }
        let refused = try station.home.state().refused[Base64.encode(signed.hash)]
        if let refused, !options.isFromStart { throw LastingRefusal(sentence: refused) }
        let report = try ReportChecker(station: station).complete(signed, offered)
        let tip = try StoredTip(report.tip, home: station.home)
        do {
            return try await publish(report, tip, in: parent)
        } catch let error as any Explained where Self.isLasting(error) {
            try tip.forget()
            throw error
        }
    }

    /// - Returns: nil if the folder is there already.
    private func publish(
        _ report: CheckedReport, _ tip: StoredTip, in parent: String
    ) async throws -> Opening? {
        let inclusions = (
            tip: try await station.inclusion(of: report.tip, "tip of report \(report.name)"),
            report: try await station.inclusion(of: report.entry, "report \(report.name)")
        )
        for (inclusion, entry) in [
            (inclusions.tip, report.tip), (inclusions.report, report.entry),
        ] {
            try station.expectProof(after: inclusion, of: entry, in: report.name)
        }
        let opened = try tipKeys(report, tip)
        let triage = try Triage.open(
            report.triage, reportSecret: opened.reportSecret, tip: report.body.tip)
        try await tip.fetch(from: station.staffClient)
        return try await CustodyFolder.publish(report.name, in: parent) { path in
            let unpacked = try tip.unpack(
                into: path, with: try tip.reader(secret: opened.bodySecret)
            ) { _ in try opened.tipKey.copy() }
            let answer = try await station.standing(of: unpacked) { name in
                try await document(ofReport: name)
            }
            var sheet = CustodySheet(
                report.tip, inclusion: inclusions.tip, files: unpacked.files, answer: answer)
            sheet.report = report.entry.offered
            sheet.reportTick = EntryTick(of: report.entry)
            sheet.reportProof = CustodySheet.text(inclusions.report)
            try CustodyFolder.write("report.note", report.note.encoded, in: path)
            try CustodyFolder.write("triage.json", triage, in: path)
            try CustodyFolder.write("tip.json", unpacked.json, in: path)
            try CustodyFolder.write("text.txt", unpacked.text, in: path)
            try CustodyFolder.write(CustodySheet.file, json: sheet, in: path)
            // Before the folder is there, with which nothing is done a second time: a body that is left beside it would
            // never be asked for, and a mailbox that nobody remembers leaves its answers unchecked.
            try station.remember(unpacked.document, as: report.name)
            try tip.forget()
            return (report, "\(parent)/\(report.name)", answer)
        }
    }

    /// The JSON of a pulled report's tip, read in memory.
    private func document(ofReport name: String) async throws -> TipDocument {
        let report = try report(named: name)
        let tip = try StoredTip(report.tip, home: station.home)
        let opened = try tipKeys(report, tip)
        try await tip.fetch(from: station.staffClient)
        let document = try tip.document(with: try tip.reader(secret: opened.bodySecret)) { _ in
            try opened.tipKey.copy()
        }
        try tip.forget()
        return document
    }

    /// What a report's wrap for this unit holds.
    private func tipKeys(_ report: CheckedReport, _ tip: StoredTip) throws -> TipKeys {
        guard let recipient = report.body.recipients.first(where: { key($0) != nil }),
            let id = key(recipient)
        else { throw CustodyProblem.notForUs }
        return try ReportWrap.open(
            recipient.wrap, keyID: id, keys: keys, tip: report.body.tip,
            expecting: ExpectedCommitments(
                body: tip.record.commitS.bytes, tip: tip.record.commit.bytes,
                report: report.body.commitR))
    }

    // MARK: Originals

    /// Opens the originals of a report's cleaned copies into a folder beside the report's: a
    /// deliberate act, which the home counts.
    ///
    /// - Parameters:
    ///   - name: the name of a report that was pulled, or a path that ends in it.
    ///   - parent: where the folder goes.
    public func openOriginals(
        _ name: String, into parent: String
    ) async throws -> OriginalsOpening {
        let report = try report(named: name)
        let tip = try StoredTip(report.tip, home: station.home)
        let opened = try tipKeys(report, tip)
        try await tip.fetch(from: station.staffClient)
        let opening = try await tip.openOriginals(
            as: "\(report.name)-originals", in: parent, for: station
        ) {
            try tip.reader(secret: opened.bodySecret)
        } tipKey: { _ in
            try opened.tipKey.copy()
        }
        try tip.forget()
        return opening
    }

    /// This unit's key among a report's recipients.
    private func key(_ recipient: ReportNote.Recipient) -> KeyID? {
        KeyID(recipient.keyID).flatMap { keys.key($0) == nil ? nil : $0 }
    }

    private func count(_ report: SignedReport, _ options: PullOptions) throws {
        let sequence = try station.home.state().received[report.sender] ?? NumberSequence()
        do {
            _ = try sequence.check(
                report.body.number, is: Base64.encode(report.hash),
                name: "the reports from \(report.sender)")
        } catch {
            guard options.isDespiteGap, error.canBeBridged else { throw error }
        }
    }

    /// A report that was pulled, by its name or a path that ends in it, checked again.
    func report(named name: String) throws -> CheckedReport {
        let last = name.split(separator: "/").last.map(String.init) ?? ""
        let isPlain = last.utf8.allSatisfy { byte in
            byte == UInt8(ascii: "-") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
        }
        guard isPlain,
            let offered = try station.home.load(
                "entries/\(last).json", as: OfferedReport.self)
        else { throw CustodyProblem.unknownEntry(name: name) }
        return try ReportChecker(station: station).check(offered)
    }
}

/// What a report was refused for before, and for good.
private struct LastingRefusal: Explained {
    let sentence: String
    var exit: ExitKind { .badInput }
}
