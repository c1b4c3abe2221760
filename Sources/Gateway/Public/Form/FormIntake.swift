import Envelope
import HTTPTypes
import Hummingbird
import NIOCore
import Vault
import Vocabulary

/// Takes one form that was sent without JavaScript: reads it as bytes, makes the envelope that the page would have
/// made, and keeps nothing.
///
/// Files are encrypted as they arrive, before the rest of the form is known; if the form is then refused, what was
/// staged of them is dropped with its upload.
struct FormIntake {
    /// What came of a form.
    enum Outcome {
        /// It is durable; the receipt's words or groups of digits, with a space between, if the person wanted one; and
        /// its entry.
        case accepted(receipt: [UInt8]?, Promised)
        /// The same was kept some minutes ago.
        case repeated
        /// It needs correcting.
        case refused(SubmittedForm, [FieldProblem])
    }

    private let site: Site.State
    private let vault: VaultClient
    private let receipts: ReceiptWorker
    private let recent: RecentForms
    private let language: String
    private var answers = IntakeAnswers()
    private var sender: EnvelopeSender
    private var attachments: [IntakeAnswers.Attachment] = []
    private var file: (name: [UInt8], type: [UInt8])?
    private var fileBytes = 0
    /// What a page's script drew for one form, by which it is known when it comes again; empty without scripts.
    private var once: [UInt8] = []
    private var valuesBytes = 0
    private var skipsFile = false
    private var isWhole = false

    init(
        site: Site.State, vault: VaultClient, receipts: ReceiptWorker, recent: RecentForms,
        language: String
    ) {
        self.site = site
        self.vault = vault
        self.receipts = receipts
        self.recent = recent
        self.language = language
        sender = EnvelopeSender(vault: vault)
    }

    /// What was typed, as far as it was read.
    ///
    /// The wish for a receipt, which stands behind the files, is taken for granted until it has been read.
    var typed: SubmittedForm {
        var form = answers.form
        if !isWhole, !form.values.isEmpty, form.values[.mailbox] == nil {
            form.values[.mailbox] = SubmittedForm.blank.values[.mailbox]
        }
        return form
    }

    /// Reads the whole request.
    ///
    /// - Parameter hold: counts what is held of it.
    /// - Throws: `Problem` when the body is not a form within its limits, or the vault refuses.
    mutating func take(_ request: Request, _ hold: BodyHold) async throws -> Outcome {
        var writer: Writer?
        switch request.mediaType {
        case "application/x-www-form-urlencoded":
            let body = try await request.bodyBytes(max: FormLimits.urlencodedBytesMax, hold)
            try await handle(try Self.reading { try URLEncodedForm.fields(body) }, &writer)
        case "multipart/form-data": try await takeMultipart(request, hold, &writer)
        default: throw Problem.wrongType
        }
        isWhole = true
        answers.check(site.vocabulary)
        if site.desk(for: answers.state) == nil {
            answers.note(FieldProblem(.whereCountry, .noDesk))
        }
        guard answers.problems.isEmpty else { return .refused(answers.form, answers.problems) }
        return try await finish(&writer)
    }

    private mutating func takeMultipart(
        _ request: Request, _ hold: BodyHold, _ writer: inout Writer?
    ) async throws {
        let type = request.headers[.contentType] ?? ""
        var form = try Self.reading { try MultipartForm(contentType: type) }
        let bytesMax = site.attachmentBytesMax + FormLimits.passedOverBytesMax
        var bytes = 0
        var pieces = request.body.makeAsyncIterator()
        while let piece = try await pieces.piece() {
            bytes += piece.readableBytes
            guard bytes <= bytesMax else { throw Problem.tooLarge }
            let events = try Self.reading { try form.feed(piece.readableBytesView) }
            try await handle(events, &writer)
            let envelopeBytes = writer == nil ? 0 : WireLimits.uploadChunkBytes
            let heldBytes = form.heldBytes + valuesBytes + envelopeBytes + sender.pending.count
            try hold.keep(heldBytes, arrived: piece.readableBytes)
        }
        try hold.isWhole()
        try Self.reading { try form.finish() }
    }

    private static func reading<Result>(_ body: () throws -> Result) throws(Problem) -> Result {
        do {
            return try body()
        } catch FormError.tooLarge {
            throw .tooLarge
        } catch {
            throw .malformed
        }
    }

    private mutating func handle(_ events: [FormEvent], _ writer: inout Writer?) async throws {
        for event in events {
            switch event {
            case .field(let name, let value): try takeValue(name, value)
            case .fileBegan(let name, let type): try beginFile(name, type, &writer)
            case .filePiece(let piece): try writePiece(piece, &writer)
            case .fileEnded: try endFile(&writer)
            }
            try await sender.flush()
        }
    }

    private mutating func takeValue(_ name: String, _ value: [UInt8]) throws(Problem) {
        valuesBytes += value.count
        guard valuesBytes <= FormLimits.valuesBytesMax else { throw .tooLarge }
        if name == Self.onceName {
            once = value
        } else {
            answers.take(name: name, value: value)
        }
    }

    private static let onceName = "once"

    private mutating func beginFile(
        _ name: [UInt8], _ type: [UInt8], _ writer: inout Writer?
    ) throws {
        // A browser sends a nameless, empty file where none was chosen.
        skipsFile = name.isEmpty
        guard !skipsFile else { return }
        guard site.takesAttachments(from: answers.state) else {
            answers.note(FieldProblem(.attachments, .filesNotHere))
            skipsFile = true
            return
        }
        guard site.desk(for: answers.state) != nil else {
            answers.note(FieldProblem(.whereCountry, .noDesk))
            skipsFile = true
            return
        }
        guard attachments.count < IntakeLimits.attachmentsMax else {
            answers.note(FieldProblem(.attachments, .tooMany))
            skipsFile = true
            return
        }
        file = (FileClaims.name(name), FileClaims.type(type))
        try open(&writer)
        try writer?.tip.beginAttachment()
    }

    private mutating func writePiece(_ piece: [UInt8], _ writer: inout Writer?) throws {
        guard !skipsFile else { return }
        fileBytes += piece.count
        guard fileBytes <= site.attachmentBytesMax else {
            answers.note(FieldProblem(.attachments, .filesTooLarge))
            return
        }
        try writer?.tip.writePiece(piece[...], appendingTo: &sender.pending)
    }

    private mutating func endFile(_ writer: inout Writer?) throws {
        guard !skipsFile, let file,
            let digest = try writer?.tip.endAttachment(appendingTo: &sender.pending)
        else { return }
        attachments.append(
            IntakeAnswers.Attachment(name: file.name, type: file.type, digest: digest))
        self.file = nil
    }

    private mutating func open(_ writer: inout Writer?) throws {
        guard writer == nil else { return }
        guard let desk = site.desk(for: answers.state) else { throw Problem.malformed }
        let tip = try TipWriter(to: desk.xwing, appendingTo: &sender.pending)
        writer = Writer(state: answers.state, tip: tip)
    }

    private mutating func finish(_ writer: inout Writer?) async throws -> Outcome {
        try open(&writer)
        guard let open = writer.take(), open.state == answers.state else {
            // The State came after the files, which went to another desk's key.
            throw Problem.malformed
        }
        guard answers.isUnmistakable || !once.isEmpty else { return try await send(open) }
        let wish = [UInt8(answers.wantsMailbox ? 1 : 0)]
        // A long story is known by itself, from whatever page it comes again; a short one as the same page's alone.
        let page = answers.isUnmistakable ? [] : once
        let mark = recent.mark(of: [document(nil), wish, page])
        guard await recent.begin(mark) else { return .repeated }
        do {
            let outcome = try await send(open)
            recent.end(mark, isKept: true)
            return outcome
        } catch {
            recent.end(mark, isKept: false)
            throw error
        }
    }

    private func document(_ mailbox: Mailbox?) -> [UInt8] {
        answers.document(language: language, attachments: attachments, mailbox: mailbox)
    }

    private mutating func send(_ open: consuming Writer) async throws -> Outcome {
        let receipt =
            answers.wantsMailbox
            ? try await receipts.draw(for: language, site.receipts.lists) : nil
        let document = document(receipt?.mailbox)
        try open.tip.writeDocument(document[...], appendingTo: &sender.pending)
        let summary = try open.tip.finish(appendingTo: &sender.pending)
        try await sender.flush()
        let promised = try await sender.finish(sha256: summary.sha256)
        return .accepted(receipt: receipt?.text, promised)
    }
}

/// An envelope under way, and the State whose desk it is for.
private struct Writer: ~Copyable {
    let state: String?
    var tip: TipWriter
}

/// What a sender claims about a file, made safe to carry: it stays inside the ciphertext, as a hint for the desk.
private enum FileClaims {
    /// Some browsers claim the whole path: its last part is the file's name.
    static func name(_ claimed: [UInt8]) -> [UInt8] {
        let last =
            claimed.split(
                omittingEmptySubsequences: false, whereSeparator: AttachmentClaim.isSeparator
            ).last.map(Array.init) ?? []
        return AttachmentClaim.isName(last) ? last : Array("attachment".utf8)
    }

    static func type(_ claimed: [UInt8]) -> [UInt8] {
        AttachmentClaim.isType(claimed) && claimed.contains(UInt8(ascii: "/"))
            ? claimed : Array("application/octet-stream".utf8)
    }
}
