import Mustache
import Vocabulary

/// Making, at start, the pages of one language and the templates of those that wait for a request.
extension PageSet {
    static func render(
        _ name: String, _ context: [String: Any], _ source: PageSource,
        standing fill: PageTemplate.Filling = { _, _ in }
    ) throws(PageError) -> PageTemplate {
        guard let text = source.templates.render(context, withTemplate: name) else {
            throw .asset(name: name, reason: "there is no such template")
        }
        return try PageTemplate(text, standing: fill)
    }

    static func page(_ template: PageTemplate, _ policy: String) -> Page {
        Page(bytes: template.standing, contentSecurityPolicy: policy)
    }

    static func checkSlots(of template: PageTemplate) throws(PageError) {
        for slot in template.slots {
            switch slot {
            case .value(let name), .chosen(let name, _, _), .invalid(let name):
                if IntakeField(rawValue: name) == nil {
                    throw .asset(name: "form", reason: "there is no field \(name)")
                }
            case .message, .part: break
            }
        }
    }

    static func receipt(
        _ context: PageContext, hasDigits: Bool
    ) throws(PageError) -> PageTemplate {
        var values = try context.common(title: "title_receipt")
        values["receipt"] = hasDigits
        values["in_words"] = context.source.receipts.file(of: context.language.code) != nil
        // A receipt is shown once: nothing beside it should lead away by a slip of the thumb.
        values["switch"] = false
        return try render("receipt", values, context.source)
    }

    static func mailbox(
        _ context: PageContext, takesAnswer: Bool
    ) throws(PageError) -> PageTemplate {
        var values = try context.common(title: "title_mailbox")
        values["write"] = takesAnswer
        return try render("mailbox", values, context.source)
    }

    static func safety(_ context: PageContext) throws(PageError) -> PageTemplate {
        var values = try context.common(title: "title_safety")
        var sections: [[String: Any]] = []
        for (heading, paragraphs) in [(1, [1, 2, 11, 10, 3, 4]), (2, [5, 6]), (3, [7, 8, 9])] {
            var texts: [[String: Any]] = []
            let keys = paragraphs.map { "safety_\($0)" }
            for key in keys {
                let words = try context.wording.words(key)
                texts.append(["text": words.text, "mark": words.mark])
            }
            let title = try context.wording.words("safety_\(heading)_heading")
            sections.append([
                "heading": title.text, "heading_mark": title.mark, "paragraphs": texts,
                "also": context.also(keys),
            ])
        }
        values["sections"] = sections
        let numbers = try context.allNumbers()
        values["numbers"] = numbers.own
        values["elsewhere"] = !numbers.others.isEmpty
        values["others"] = numbers.others
        values["numbers_also"] = context.also(["danger_elsewhere"])
        return try render("safety", values, context.source)
    }

    /// The page that says what went wrong, with what it says left open.
    static func problem(_ context: PageContext) throws(PageError) -> PageTemplate {
        try render("problem", context.common(title: "title_problem"), context.source)
    }

    /// What pages may that send: start the one worker, by the one address that their script gives for any.
    static let sending = ["worker-src 'self'", "trusted-types default"]

    static func policy(
        _ source: PageSource, scripts: [String], more: [String] = ["trusted-types 'none'"]
    ) -> String {
        let hashes = scripts.map(Shrinking.policyHash).joined(separator: " ")
        let directives = [
            "default-src 'none'", "script-src \(hashes)",
            "style-src \(Shrinking.policyHash(source.style))", "connect-src 'self'",
            "img-src data:", "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
        ]
        return (directives + more).joined(separator: "; ")
    }
}
