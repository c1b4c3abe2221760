internal import Confinement
public import Envelope
public import Roster

/// A tip that says inside that it is a probe, and what its sender keeps of it.
public struct SentProbe: Codable, Equatable, Sendable {
    /// Promise, record and salt.
    public let offered: OfferedEntry
    /// The receipt's digits.
    public let receipt: String
    /// The State whose desk it was for.
    public let state: String
}

/// What the desk makes of probes, and what their senders look for.
public enum ProbeAnswer {
    /// The status word of an answer to a probe.
    static let status = "probe-answered"

    /// The answer to the probe with this entry.
    ///
    /// Only who opened the tip can seal anything that its receipt opens, and naming the entry binds the answer to it.
    static func document(to commitment: [UInt8]) -> ReplyDocument {
        ReplyDocument(text: "probe \(EntryName.text(commitment))", status: status)
    }

    /// The same as JSON.
    public static func json(to commitment: [UInt8]) throws -> [UInt8] {
        try document(to: commitment).encoded()
    }
}

/// Does from outside what a visitor's page does: sends a tip, keeps the promise, and waits for the answer.
public struct Probe: Sendable {
    /// What a probe says, for whoever opens it.
    static let text = """
        This is a probe of the gateway (resguardo probe). Nobody needs help.
        Esto es una prueba de la pasarela (resguardo probe). Nadie necesita ayuda.
        """

    private let client: PublicClient
    private let roster: PublicRoster
    private let checker: EntryChecker
    private let now: @Sendable () -> UInt64
    private let pause: @Sendable () async throws -> Void

    /// - Parameters:
    ///   - client: the way to the gateway.
    ///   - roster: the public roster, verified.
    ///   - now: seconds since 1970.
    ///   - findings: is told of a promise that is for a time that is far off.
    ///   - pause: what is waited between two looks.
    public init(
        _ client: PublicClient, roster: PublicRoster, now: @escaping @Sendable () -> UInt64,
        findings: Findings, pause: @escaping @Sendable () async throws -> Void
    ) throws {
        self.client = client
        self.roster = roster
        self.now = now
        self.pause = pause
        checker = try EntryChecker(roster, now: now, findings: findings)
    }

    /// Sends a probe to the desk of a State, under the key that a page finds for it, and checks the promise against the
    /// envelope's own bytes.
    public func send(state: String, suite: EnvelopeSuite) async throws -> SentProbe {
        let receipt = try Receipt()
        let mailbox = try ReceiptKeys(receipt, origin: roster.origin).mailbox()
        var content = Submission.Content(
            text: Array(Self.text.utf8), attachments: [], state: state, suite: suite)
        content.channel = .probe
        let key = try await client.pageKey(for: state, suite, roster: roster)
        let entry = try await Submission(
            client, roster: roster, now: now, findings: checker.findings
        )
        .deliver(content, mailbox: mailbox, to: key)
        return SentProbe(
            offered: entry.offered, receipt: String(decoding: receipt.digits(), as: UTF8.self),
            state: state)
    }

    /// The name of a probe's entry.
    public func name(of probe: SentProbe) throws -> String {
        EntryName.text(try checker.check(probe.offered, "probe").commitment)
    }

    /// Waits until the log holds the probe, and checks the proof.
    ///
    /// The wait ends soon after the promise's tick.
    ///
    /// - Returns: its place, and the signed tree in which it is there; nil at once if that tick is far off, which is among
    ///   the findings.
    /// - Throws: `notIncluded` when its tick is over and it is not there.
    public func awaitInclusion(
        of probe: SentProbe
    ) async throws -> (index: UInt64, under: SeenCheckpoint)? {
        let what = "probe"
        let entry = try checker.check(probe.offered, what)
        guard !checker.isFarAhead(entry.tick) else { return nil }
        while true {
            let proof = try await client.proof(of: entry.commitment)
            switch try checker.inclusion(proof, of: entry, what) {
            case .included(let index, _, let tree): return (index, tree)
            case .missing: throw CustodyProblem.notIncluded(what: what, tick: entry.tick)
            case .tooEarly: try await pause()
            }
        }
    }

    /// Waits until the desk's answer is in the mailbox, at most so many seconds.
    ///
    /// - Throws: an `unreachable` complaint if it did not come.
    public func awaitAnswer(to probe: SentProbe, seconds: UInt64) async throws {
        let entry = try checker.check(probe.offered, "probe")
        let receipt = try Receipt(digits: Array(probe.receipt.utf8))
        let keys = try ReceiptKeys(receipt, origin: roster.origin)
        let wanted = ProbeAnswer.document(to: entry.commitment)
        let end = now() + seconds
        while true {
            let slots = try await client.mailbox(id: keys.id, cursor: 0).slots
            let isThere = slots.contains { slot in
                guard let json = try? Reply.open(slot, keys: keys) else { return false }
                return (try? ReplyDocument(json: json)) == wanted
            }
            if isThere { return }
            guard now() < end else {
                throw Complaint(.unreachable, "The desk has not answered the probe yet.")
            }
            try await pause()
        }
    }
}

extension Home {
    /// Keeps a probe, so that a later look goes on with it.
    public func keep(probe: SentProbe) throws {
        try DurableFile.makeFolder(path)
        try save("probe.json", probe)
    }

    /// The probe that was sent and is not answered yet.
    public func waitingProbe() throws -> SentProbe? {
        try load("probe.json", as: SentProbe.self)
    }

    /// Forgets the probe that was answered.
    public func forgetProbe() throws {
        try remove("probe.json")
    }
}
