import Envelope
import Vocabulary

/// All pages of one language.
struct PageSet: Sendable {
    let form: Page
    let mailbox: Page
    let safety: Page

    private let formTemplate: PageTemplate
    private let receiptTemplate: PageTemplate
    private let doneTemplate: PageTemplate
    private let mailboxTemplate: PageTemplate
    private let answeringTemplate: PageTemplate
    private let problemTemplate: PageTemplate
    private let formPolicy: String
    private let plainPolicy: String
    private let messages: [String: [UInt8]]
    private let words: Words

    /// The pieces of markup that filling puts together.
    private struct Words: Sendable {
        let summary: [UInt8]
        let summaryFiles: [UInt8]
        let notKept: [UInt8]
        /// What stands over what is wrong with a receipt.
        let refused: [UInt8]
        /// What is said above a form that comes back, where it is not that nothing was kept.
        let again: [PageProblem: [UInt8]]
        let noReplies: [UInt8]
        let digits: [UInt8]
        let kept: [UInt8]
        /// What is said beside the field for an answer.
        let answer: [FieldProblem.Reason: [UInt8]]
        let statuses: [StatusWord: [UInt8]]
        /// What the page of a problem says.
        let problems: [PageProblem: (heading: Wording.Words, text: Wording.Words)]
        /// Label of each field, escaped, for the summary.
        let labels: [IntakeField: [UInt8]]
    }

    init(_ context: PageContext) throws(PageError) {
        let source = context.source
        formPolicy = Self.policy(
            source, scripts: [source.exitScript, source.script], more: Self.sending)
        plainPolicy = Self.policy(source, scripts: [source.exitScript])
        let formTemplate = try Self.render(
            "form", context.form(), source, standing: Self.filling(.blank, [:]))
        try Self.checkSlots(of: formTemplate)
        self.formTemplate = formTemplate
        form = Self.page(formTemplate, formPolicy)
        mailbox = Self.page(
            try Self.render("return", context.mailbox(), source),
            Self.policy(
                source, scripts: [source.exitScript, source.mailboxScript], more: Self.sending))
        receiptTemplate = try Self.receipt(context, hasDigits: true)
        doneTemplate = try Self.receipt(context, hasDigits: false)
        mailboxTemplate = try Self.mailbox(context, takesAnswer: false)
        answeringTemplate = try Self.mailbox(context, takesAnswer: true)
        safety = Self.page(try Self.safety(context), plainPolicy)
        problemTemplate = try Self.problem(context)
        messages = try Self.messages(context)
        words = try Self.words(context)
    }

    // MARK: Pages that wait for a request

    func refusal(_ submitted: SubmittedForm, _ problems: [FieldProblem]) -> Page {
        var beside: [String: [UInt8]] = [:]
        for problem in problems where beside[problem.field.rawValue] == nil {
            beside[problem.field.rawValue] = message(problem)
        }
        return formAgain(submitted, beside) { appendSummary(problems, to: &$0) }
    }

    func again(_ submitted: SubmittedForm, saying kind: PageProblem) -> Page {
        formAgain(submitted, [:]) { page in
            page += Array(Self.summaryStart.utf8) + (words.again[kind] ?? words.notKept)
            page += Array("</h2></section>".utf8)
        }
    }

    private func formAgain(
        _ submitted: SubmittedForm, _ beside: [String: [UInt8]],
        summary: (inout [UInt8]) -> Void
    ) -> Page {
        let fill = Self.filling(submitted, beside)
        let bytes = formTemplate.filled { slot, page in
            if slot == .part("summary") {
                summary(&page)
            } else {
                fill(slot, &page)
            }
        }
        return Page(bytes: bytes, contentSecurityPolicy: formPolicy)
    }

    func problem(_ kind: PageProblem) -> Page {
        let said = words.problems[kind]
        let bytes = problemTemplate.filled { slot, page in
            switch slot {
            case .part("heading"): HTML.append((said?.heading.text ?? "").utf8, to: &page)
            case .part("heading_mark"): page += Array((said?.heading.mark ?? "").utf8)
            case .part("text"): HTML.append((said?.text.text ?? "").utf8, to: &page)
            case .part("mark"): page += Array((said?.text.mark ?? "").utf8)
            default: break
            }
        }
        return Page(bytes: bytes, contentSecurityPolicy: plainPolicy)
    }

    func receipt(_ groups: [[UInt8]]?, _ proof: ProofOffer) -> Page {
        let template = groups == nil ? doneTemplate : receiptTemplate
        let bytes = template.filled { slot, page in
            switch slot {
            case .part("digits"):
                for group in groups ?? [] {
                    page += Array("<span>".utf8)
                    HTML.append(group, to: &page)
                    page += Array(" </span>".utf8)
                }
            case .part("commitment"): HTML.append(proof.commitment.utf8, to: &page)
            case .part("entry"): HTML.append(proof.entry, to: &page)
            default: break
            }
        }
        return padded(bytes, to: Self.receiptStepBytes)
    }

    /// With a receipt or without, and however long its words are.
    private static let receiptStepBytes = 12 << 10

    /// A mailbox that was opened.
    func mailbox(_ opened: OpenedMailbox) -> Page {
        mailbox(opened.takesAnswer ? answeringTemplate : mailboxTemplate) { slot, page in
            fill(slot, of: opened, &page)
        }
    }

    /// What was typed is no receipt: it is there again, with that said beside it and at the top.
    func mailboxRefusal(_ typed: [UInt8]) -> Page {
        mailbox(mailboxTemplate) { slot, page in
            switch slot {
            case .value("typed"): HTML.append(typed, to: &page)
            case .invalid("typed"): page += Array(Self.invalid.utf8)
            case .message("receipt"): page += words.digits
            case .part("summary"):
                page += Array(Self.summaryStart.utf8) + words.refused
                page += Array(##"</h2><p><a href="#receipt">"##.utf8) + words.digits
                page += Array("</a></p></section>".utf8)
            default: break
            }
        }
    }

    private func mailbox(
        _ template: PageTemplate, _ fill: PageTemplate.Filling
    ) -> Page {
        padded(template.filled(fill), to: Self.mailboxStepBytes)
    }

    /// With some replies or none.
    private static let mailboxStepBytes = 32 << 10

    /// An answer that has one length on the line, whatever is in it.
    private func padded(_ bytes: [UInt8], to step: Int) -> Page {
        let spaces = [UInt8](repeating: 0x20, count: (step - bytes.count % step) % step)
        return Page(bytes: bytes + spaces, contentSecurityPolicy: plainPolicy)
    }

    private func fill(
        _ slot: PageTemplate.Slot, of opened: OpenedMailbox, _ page: inout [UInt8]
    ) {
        switch slot {
        case .part("summary"):
            guard opened.isUnread, let said = words.problems[.busy]?.heading else { return }
            page += Array(Self.summaryStart.utf8) + Self.escaped(said)
            page += Array("</h2></section>".utf8)
        case .part("messages"):
            if !opened.isUnread { appendReplies(opened.replies, to: &page) }
        case .part("kept"):
            if opened.isKept { appendParagraph(words.kept, "lead", to: &page) }
        case .value("receipt"): HTML.append(opened.receipt, to: &page)
        case .value("typed"):
            // Where there are no replies, a word may be wrong; where there are some, it need not be seen again.
            if opened.replies.isEmpty { HTML.append(opened.receipt, to: &page) }
        case .value("answer"):
            guard let text = opened.refused?.text ?? opened.unsent?.text else { return }
            // HTML drops one line end at the start of a text area: this one, not the person's own.
            page.append(0x0A)
            HTML.append(text, to: &page)
        case .message("answer"):
            if let kind = opened.unsent?.kind { page += words.again[kind] ?? words.notKept }
            guard let reason = opened.refused?.reason else { return }
            page += words.answer[reason] ?? []
        case .invalid("answer"):
            if opened.refused != nil { page += Array(Self.invalid.utf8) }
        default: break
        }
    }

    private static let invalid = #" aria-invalid="true""#

    private func appendReplies(_ replies: [ReplyDocument], to page: inout [UInt8]) {
        if replies.isEmpty {
            page += Array(#"<p role="alert">"#.utf8) + words.noReplies + Array("</p>".utf8)
        }
        for reply in replies {
            let word = reply.status.flatMap(StatusWord.init)
            if let sentence = word.flatMap({ words.statuses[$0] }) {
                appendParagraph(sentence, to: &page)
                // The text of a bare status word is the word, for readers that do not know it.
                guard reply.text != reply.status else { continue }
            }
            var text: [UInt8] = []
            HTML.append(reply.text.utf8, to: &text)
            appendParagraph(text, to: &page)
        }
    }

    private func appendParagraph(
        _ markup: [UInt8], _ style: String? = nil, to page: inout [UInt8]
    ) {
        page += Array((style.map { "<p class=\"\($0)\">" } ?? "<p>").utf8)
        page += markup + Array("</p>".utf8)
    }

    private static let summaryStart = #"<section class="card sum" role="alert"><h2>"#

    private func appendSummary(_ problems: [FieldProblem], to page: inout [UInt8]) {
        page += Array(Self.summaryStart.utf8)
        page += words.summary
        page += Array("</h2><ul>".utf8)
        for problem in problems {
            page += Array("<li><a href=\"#\(problem.field.rawValue)\">".utf8)
            page += words.labels[problem.field] ?? []
            page += Array("</a>: ".utf8)
            page += message(problem)
            page += Array("</li>".utf8)
        }
        page += Array("</ul>".utf8)
        if formTemplate.slots.contains(.message(IntakeField.attachments.rawValue)) {
            page += Array("<p>".utf8) + words.summaryFiles + Array("</p>".utf8)
        }
        page += Array("</section>".utf8)
    }

    private func message(_ problem: FieldProblem) -> [UInt8] {
        messages["\(problem.field.rawValue).\(problem.reason.rawValue)"] ?? []
    }

    // MARK: Filling the form

    private static let folded: Set<IntakeField> = [
        .category, .whereText, .when, .whenText, .stillHappening, .childAgeBand,
        .childCount, .childSexOrGender, .exploiterKnown, .crossesBorder, .otherCountry, .online,
    ]

    private static func filling(
        _ form: SubmittedForm, _ messages: [String: [UInt8]]
    ) -> PageTemplate.Filling {
        { slot, page in
            switch slot {
            case .value(let name):
                guard let field = IntakeField(rawValue: name) else { return }
                let text = form.text(of: field)
                // HTML drops one line end at the start of a text area: this one, not the person's own.
                if !text.isEmpty { page.append(0x0A) }
                HTML.append(text, to: &page)
            case .chosen(let name, let key, let word):
                guard let field = IntakeField(rawValue: name), form.contains(key, in: field) else {
                    return
                }
                page += Array(word.utf8)
            case .message(let name):
                page += messages[name] ?? []
            case .invalid(let name):
                if messages[name] != nil { page += Array(invalid.utf8) }
            case .part("open"):
                let isUsed = folded.contains { field in
                    messages[field.rawValue] != nil
                        || form.values[field, default: []].contains { !$0.isEmpty }
                }
                if isUsed { page += Array(" open".utf8) }
            case .part:
                break
            }
        }
    }

    // MARK: The words of pages that wait

    private static func messages(_ context: PageContext) throws(PageError) -> [String: [UInt8]] {
        var messages: [String: [UInt8]] = [:]
        for field in IntakeField.allCases {
            for reason in FieldProblem.Reason.allCases {
                let words = try context.message(FieldProblem(field, reason))
                messages["\(field.rawValue).\(reason.rawValue)"] = escaped(words)
            }
        }
        return messages
    }

    private static func words(_ context: PageContext) throws(PageError) -> Words {
        var labels: [IntakeField: [UInt8]] = [:]
        for field in IntakeField.allCases {
            let own = field == .mailbox || field == .attachments
            labels[field] = escaped(
                try context.wording.words(own ? "\(field.rawValue)_label" : field.rawValue))
        }
        var statuses: [StatusWord: [UInt8]] = [:]
        for word in StatusWord.allCases {
            statuses[word] = escaped(try context.wording.words(context.key(of: word)))
        }
        var answer: [FieldProblem.Reason: [UInt8]] = [:]
        for reason in [FieldProblem.Reason.missing, .tooLong, .characters, .noDesk] {
            answer[reason] = escaped(try context.answerMessage(reason))
        }
        return Words(
            summary: escaped(try context.wording.words("summary_heading")),
            summaryFiles: escaped(try context.wording.words("summary_files")),
            notKept: escaped(try context.wording.words("refused")),
            refused: escaped(try context.wording.words(PageProblem.malformed.heading)),
            again: try again(context),
            noReplies: escaped(try context.wording.words("no_replies")),
            digits: escaped(try context.wording.words("digits")),
            kept: escaped(try context.wording.words("answer_kept")),
            answer: answer,
            statuses: statuses,
            problems: try problems(context),
            labels: labels)
    }

    private static func problems(
        _ context: PageContext
    ) throws(PageError) -> [PageProblem: (heading: Wording.Words, text: Wording.Words)] {
        var words: [PageProblem: (heading: Wording.Words, text: Wording.Words)] = [:]
        for kind in PageProblem.allCases {
            words[kind] = (
                try context.wording.words(kind.heading),
                try context.wording.words("problem_\(kind.rawValue)")
            )
        }
        return words
    }

    private static func again(_ context: PageContext) throws(PageError) -> [PageProblem: [UInt8]] {
        var words: [PageProblem: [UInt8]] = [:]
        // A page of its own says to go back; the form that came back holds what was typed.
        for (kind, key) in [
            (PageProblem.tooLarge, "again_too_large"), (.unclear, "problem_unclear"),
        ] {
            words[kind] = escaped(try context.wording.words(key))
        }
        return words
    }

    /// Words as markup, in an element of their own if they are in another language than the page.
    private static func escaped(_ words: Wording.Words) -> [UInt8] {
        var bytes: [UInt8] = []
        if !words.mark.isEmpty { bytes += Array("<span\(words.mark)>".utf8) }
        HTML.append(words.text.utf8, to: &bytes)
        if !words.mark.isEmpty { bytes += Array("</span>".utf8) }
        return bytes
    }
}
