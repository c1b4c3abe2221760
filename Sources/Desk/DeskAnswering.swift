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

extension DeskWork {
    /// Seals a reply to the mailbox named in a tip.
    ///
    /// Only the receipt opens it.
    ///
    /// - Parameters:
    ///   - name: the tip.
    ///   - answer: what is said.
    ///   - despiteGap: go on after a gap in the desk's numbers was named; it is remembered.
    /// - Returns: the name of the reply's entry.
    public func reply(
        _ name: String, _ answer: Answering, despiteGap: Bool = false
    ) async throws -> String {
        let document = try await document(ofTip: name, despiteGap: despiteGap)
        guard let mailbox = document.mailbox else {
            throw Complaint(.badInput, "The tip names no mailbox: its sender wants no answer.")
        }
        try station.remember(
            document, as: EntryName.text(try tip(named: name).entry.commitment))
        return try await send(try json(answer), to: mailbox)
    }

    /// Seals a reply's JSON to a mailbox.
    ///
    /// - Returns: the name of the reply's entry.
    func send(_ json: [UInt8], to mailbox: Mailbox) async throws -> String {
        let blob = try Reply.seal(json, to: mailbox)
        let offered = try await station.staffClient.reply(id: mailbox.id, blob: blob)
        let entry = try station.checker.check(offered, "reply")
        guard case .reply(let hash, let id) = entry.body, hash == Hash256(hashing: blob),
            id.bytes == mailbox.id
        else { throw CustodyProblem.recordDiffers(what: "reply") }
        try station.awaitInclusion(of: entry, "reply")
        return EntryName.text(entry.commitment)
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
