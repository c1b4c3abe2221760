internal import Crypto
public import Envelope
internal import Ledger
internal import Notes
internal import Office
internal import Roster

/// What a desk says to a reporter.
public enum Answering: Sendable, Equatable {
    /// Words.
    case text(String)
    /// A status word.
    case status(StatusWord)
}

/// A reply that was sent.
public struct Answered: Sendable, Equatable {
    /// The tip's name.
    public let tip: String
    /// Its entry's name.
    public let name: String
    /// By which the same words are known again.
    let words: String
    /// Whether an earlier command has made it.
    public internal(set) var isEarlier = false
}

extension DeskWork {
    /// Seals a reply to the mailbox named in a tip.
    ///
    /// Only the receipt opens it. What earlier commands could not finish is sent again first; was it a reply of these
    /// words to this tip, no second one is made.
    ///
    /// - Parameters:
    ///   - name: the tip.
    ///   - answer: what is said.
    ///   - despiteGap: go on after a gap in the desk's numbers was named; it is remembered.
    ///   - tell: told what became of what earlier commands could not finish.
    public func reply(
        _ name: String, _ answer: Answering, despiteGap: Bool = false,
        tell: (EarlierWork) -> Void = { _ in }
    ) async throws -> Answered {
        let tip = EntryName.text(try tip(named: name).entry.commitment)
        let earlier = try await finishEarlier(tell)
        let document = try await document(ofTip: name, despiteGap: despiteGap)
        guard let mailbox = document.mailbox else {
            throw Complaint(.badInput, "The tip names no mailbox: its sender wants no answer.")
        }
        try station.remember(document, as: tip)
        let json = try json(answer)
        let words = Self.mark(of: json, mailbox)
        for case .reply(var answered) in earlier
        where answered.tip == tip && answered.words == words {
            answered.isEarlier = true
            return answered
        }
        return try await send(json, to: mailbox, of: tip)
    }

    /// Seals a reply's JSON to the mailbox of a tip, keeps it, sends it; one of the same words that is kept already is
    /// sent in its place.
    ///
    /// - Parameters:
    ///   - json: what it says.
    ///   - mailbox: the tip's mailbox.
    ///   - tip: the tip's name.
    ///   - isProbe: whether it answers a probe.
    ///   - settled: called when it has its promise, before it is forgotten.
    func send(
        _ json: [UInt8], to mailbox: Mailbox, of tip: String, isProbe: Bool = false,
        settled: () throws -> Void = {}
    ) async throws -> Answered {
        let words = Self.mark(of: json, mailbox)
        if let kept = try pendingReply(to: tip, words) {
            return try await finish(kept.reply, kept.number, settled: settled)
        }
        let reply = PendingReply(
            tip: tip, id: Base64.encode(mailbox.id),
            blob: Base64.encode(try Reply.seal(json, to: mailbox)), words: words,
            isProbe: isProbe)
        return try await finish(reply, try pending.keep(.reply(reply)), settled: settled)
    }

    /// By which the same words to the same mailbox are known again, base64.
    ///
    /// Under a key from inside the tip: a plain hash in the home would give a status word, or a few words, away.
    private static func mark(of json: [UInt8], _ mailbox: Mailbox) -> String {
        let label = Array("resguardo pending reply".utf8) + [0]
        let code = HMAC<SHA256>.authenticationCode(
            for: label + json, using: SymmetricKey(data: mailbox.psk))
        return Base64.encode(Array(code))
    }

    /// Signs into the log the highest number that this desk has of each of its keys.
    ///
    /// - Returns: key_id (base64) and number of each key that has tips.
    public func postStatus() async throws -> [(key: String, highest: UInt64)] {
        let state = try station.home.state()
        var posted: [(key: String, highest: UInt64)] = []
        for key in state.tips.keys.sorted() {
            guard let numbering = state.tips[key] else { continue }
            let note = try station.member.signer.sign(
                StatusNote(
                    origin: station.settings.origin, keyID: try Base64.decode(key, count: 32),
                    highest: numbering.highest))
            let offered = try await station.staffClient.status(note: note.encoded)
            let entry = try station.checker.check(offered, "status")
            guard entry.body == .status(note: Hash256(hashing: note.encoded)) else {
                throw CustodyProblem.recordDiffers(what: "status")
            }
            try station.awaitInclusion(of: entry, "status")
            posted.append((key, numbering.highest))
        }
        return posted
    }

    /// The JSON of the tip of this name, fetched if it has to be.
    func document(
        ofTip name: String, despiteGap: Bool = false
    ) async throws -> TipDocument {
        let tip = try tip(named: name)
        try await tip.fetch(from: station.staffClient)
        return try document(of: tip, despiteGap: despiteGap)
    }

    /// The tip's JSON, read in memory; attachments are decrypted and dropped.
    func document(of tip: StoredTip, despiteGap: Bool = false) throws -> TipDocument {
        try tip.document(with: try reader(of: tip, despiteGap: despiteGap)) { header in
            try keys.openEnvelope(header)
        }
    }

    private func json(_ answer: Answering) throws -> [UInt8] {
        var document =
            switch answer {
            case .text(let text): ReplyDocument(text: text)
            case .status(let word): ReplyDocument(word)
            }
        document.state = try station.office(.desk).state
        do {
            return try document.encoded()
        } catch EnvelopeError.malformedDocument {
            throw Complaint(
                .badInput, "A reply needs a text without control or bidirectional characters.")
        }
    }
}
