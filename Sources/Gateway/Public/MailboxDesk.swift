import Envelope
import HTTPTypes
import Hummingbird
import Vault

/// Opens a mailbox, and takes an answer, for the one request of somebody without JavaScript (formats.md §3, §7).
struct MailboxDesk {
    let site: Site.State
    let vault: VaultClient
    let desk: FormDesk

    /// The page with what waits for the receipt.
    ///
    /// Whatever it says, the connection ends with it, so that no buffer of the network layer outlives what was typed.
    func answer(_ request: Request, _ language: String, _ hold: BodyHold) async -> Response {
        var response: Response
        do {
            try request.expect(mediaType: "application/x-www-form-urlencoded")
            let body = try await request.bodyBytes(max: FormLimits.urlencodedBytesMax, hold)
            response = try await page(MailboxForm(body), language)
        } catch {
            response = .page(for: error, site.pages, language)
        }
        response.headers[.connection] = "close"
        return response
    }

    private func page(_ form: MailboxForm, _ language: String) async throws -> Response {
        let found: MailboxReader.Found
        do {
            guard let reader = try await reader(of: form.receipt, language) else {
                let page = site.pages.mailboxRefusal(language, typed: form.receipt)
                return .page(page, status: .unprocessableContent)
            }
            found = try await vault.onceThereIsAVault(within: VaultClient.patienceForReturn) {
                try await reader.read(from: vault)
            }
        } catch {
            return unread(form, language, error)
        }
        var opened = OpenedMailbox(replies: found.replies, receipt: form.receipt)
        // Without a reply there is no desk that would know whose answer it is.
        guard let text = form.answer, let owner = found.owner else {
            return .page(site.pages.mailbox(language, opened))
        }
        if let reason = IntakeAnswers.reason(against: text[...]) {
            opened.refused = (text, reason)
            return .page(site.pages.mailbox(language, opened), status: .unprocessableContent)
        }
        guard let office = site.desk(for: found.state) else {
            opened.refused = (text, .noDesk)
            return .page(site.pages.mailbox(language, opened), status: .unprocessableContent)
        }
        let letter = AnswerLetter(text: text, language: language, owner: owner)
        do {
            let isNew = try await send(letter, to: office, after: found.replies)
            opened.isKept = true
            return .page(site.pages.mailbox(language, opened), status: isNew ? .created : .ok)
        } catch {
            let (kind, status) = PageProblem.of(error)
            opened.unsent = (text, kind)
            return .page(site.pages.mailbox(language, opened), status: status)
        }
    }

    /// The mailbox could not be read: what was typed comes back, because a browser keeps no form of such a page.
    private func unread(_ form: MailboxForm, _ language: String, _ error: any Error) -> Response {
        let (kind, status) = PageProblem.of(error)
        var opened = OpenedMailbox(replies: [], receipt: form.receipt)
        opened.isUnread = true
        opened.unsent = form.answer.map { ($0, kind) }
        return .page(site.pages.mailbox(language, opened), status: status)
    }

    /// False if the same answer to the same replies was kept some minutes ago: a short one may come to each.
    private func send(
        _ letter: AnswerLetter, to office: Site.Desk, after replies: [ReplyDocument]
    ) async throws -> Bool {
        let mark = desk.recent.mark(
            of: [letter.owner.keys.id, letter.text] + replies.map { Array($0.text.utf8) })
        guard await desk.recent.begin(mark) else { return false }
        do {
            try await letter.send(to: office, vault)
            desk.recent.end(mark, isKept: true)
            return true
        } catch {
            desk.recent.end(mark, isKept: false)
            throw error
        }
    }

    /// Nil if it cannot be a receipt.
    private func reader(
        of typed: [UInt8], _ language: String
    ) async throws -> MailboxReader? {
        let origin = site.origin
        let lists = site.receipts.lists
        do {
            return try await desk.mailboxes.run {
                try MailboxReader(typed: typed, in: language, lists, origin: origin)
            }
        } catch is EnvelopeError {
            return nil
        }
    }
}

/// The mailbox's form: a receipt, and perhaps an answer, as bytes.
private struct MailboxForm {
    var receipt: [UInt8] = []
    /// Nil where the form has no such field; empty if it was left empty.
    var answer: [UInt8]?

    init(_ body: [UInt8]) throws(Problem) {
        let fields: [FormEvent]
        do {
            fields = try URLEncodedForm.fields(body)
        } catch {
            throw error == .tooLarge ? .tooLarge : .malformed
        }
        for case .field(let name, let value) in fields {
            switch name {
            case "receipt": receipt = value
            case "answer": answer = TipText.normalizingLineBreaks(value[...])
            default: break
            }
        }
    }
}

/// An answer that the edge makes: a tip that names the mailbox, with the receipt's tag.
private struct AnswerLetter {
    let text: [UInt8]
    let language: String
    let owner: MailboxReader.Holder

    /// Encrypts it to a desk and waits until it is durable.
    func send(to desk: Site.Desk, _ vault: VaultClient) async throws {
        var sender = EnvelopeSender(vault: vault)
        var tip = try TipWriter(to: desk.xwing, appendingTo: &sender.pending)
        let tag = owner.keys.answerTag(headerSealHash: tip.headerSealHash)
        let json = try document(tag: tag)
        try tip.writeDocument(json[...], appendingTo: &sender.pending)
        let summary = try tip.finish(appendingTo: &sender.pending)
        _ = try await sender.finish(sha256: summary.sha256)
    }

    private func document(tag: [UInt8]) throws(EnvelopeError) -> [UInt8] {
        let mailbox = try owner.keys.mailbox()
        var json = JSONBytes(reservingCapacity: EnvelopeLimits.documentBytesMax)
        json.beginObject()
        json.member("answer_tag") { $0.base64(tag) }
        json.member("answer_to") { $0.base64(mailbox.id) }
        json.member("channel") { $0.string(TipDocument.Channel.web.rawValue) }
        json.member("language") { $0.string(language) }
        TipDocument.encode(mailbox, &json)
        json.member("v") { $0.integer(1) }
        json.member("what_happened") { $0.string(text) }
        json.endObject()
        return json.bytes
    }
}
