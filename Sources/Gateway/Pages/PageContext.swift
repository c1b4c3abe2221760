import Foundation
import Vocabulary

/// What the templates of one language are rendered with.
struct PageContext {
    let language: Language
    let catalogue: Catalogue
    let source: PageSource
    let settings: PageSettings

    /// What every page needs; `hasScript` for the pages with the form.
    func common(title: String, hasScript: Bool) throws(PageError) -> [String: Any] {
        var context: [String: Any] = [
            "t": catalogue.strings.mapValues(\.text),
            "code": language.code, "tag": language.tag,
            "direction": language.direction.rawValue,
            "title": try catalogue.text(title),
            "exit": catalogue.exit,
            "style": source.style, "exit_script": source.exitScript,
            "languages": languages, "switch": true,
        ]
        if hasScript { context["script"] = source.script }
        if !catalogue.isReviewed { context["unreviewed"] = true }
        return context
    }

    private var languages: [[String: Any]] {
        settings.languages.compactMap { code in
            source.vocabulary.language(code).map { language in
                [
                    "code": language.code, "tag": language.tag, "name": language.name,
                    "current": language.code == self.language.code,
                ]
            }
        }
    }

    /// What the form's page needs.
    func form() throws(PageError) -> [String: Any] {
        var context = try common(title: "title_form", hasScript: true)
        context["origin"] = settings.origin
        context["log"] = settings.logVerifierKey
        context["keys"] = keys
        context["numbers"] = try numbers()
        context["receipt"] = true
        context["words"] = try words()
        try addFiles(to: &context)
        for (name, field) in Self.choiceBlocks {
            var block = try choiceBlock(field)
            block["is_danger"] = field == .dangerNow
            context[name] = block
        }
        context["country"] = try territoryBlock()
        for (name, field) in Self.textBlocks {
            var block = try labelled(field)
            block["short"] = field != .whatHappened
            context[name] = block
        }
        return context
    }

    private static let choiceBlocks: [(String, IntakeField)] = [
        ("danger", .dangerNow), ("who", .whoAmI), ("category", .category), ("when", .when),
        ("still", .stillHappening), ("age", .childAgeBand), ("exploiter", .exploiterKnown),
        ("consent", .consentShare),
    ]

    private static let textBlocks: [(String, IntakeField)] = [
        ("what", .whatHappened), ("where", .whereText), ("online", .online),
    ]

    /// `AR:<base64 of the key file's hash>`, one desk after another.
    private var keys: String {
        settings.desks.map { "\($0.state):\(Data($0.keyFileHash).base64EncodedString())" }
            .joined(separator: " ")
    }

    private func labelled(_ field: IntakeField) throws(PageError) -> [String: Any] {
        var block: [String: Any] = [
            "field": field.rawValue, "label": try catalogue.text(field.rawValue),
            "required": field.isRequired,
        ]
        if let hint = catalogue.strings["\(field.rawValue)_hint"]?.text { block["hint"] = hint }
        return block
    }

    private func choiceBlock(_ field: IntakeField) throws(PageError) -> [String: Any] {
        var block = try labelled(field)
        block["empty"] = try catalogue.text("no_answer")
        block["kind"] = field.answer == .several ? "checkbox" : "radio"
        let choices = source.vocabulary.choices(for: field)
        block["choices"] = choices.map { choice in
            // The first choice has the field's own id, so that a message can lead to it.
            let isFirst = choice.key == choices.first?.key
            return [
                "field": field.rawValue, "key": choice.key, "label": choice.labels(language.code),
                "id": isFirst ? field.rawValue : "\(field.rawValue)-\(choice.key)",
            ] as [String: Any]
        }
        return block
    }

    private func territoryBlock() throws(PageError) -> [String: Any] {
        var block = try labelled(.whereCountry)
        block["empty"] = try catalogue.text("where_country_empty")
        block["choices"] = sortedTerritories.map { territory in
            [
                "field": IntakeField.whereCountry.rawValue, "key": territory.code,
                "label": territory.names(language.code),
            ] as [String: Any]
        }
        return block
    }

    private var sortedTerritories: [Territory] {
        source.vocabulary.territories.sorted {
            SortKey.of($0.names(language.code)) < SortKey.of($1.names(language.code))
        }
    }

    /// The emergency numbers that may be shown today, as one line; nil if there is none.
    private func numbers() throws(PageError) -> String? {
        let shown = sortedTerritories.compactMap { territory in
            territory.numbers.first { $0.kind == .emergency && $0.canBeShown(on: settings.today) }
                .map { "\(territory.names(language.code))\u{A0}\($0.value)" }
        }
        guard !shown.isEmpty else { return nil }
        let text = try catalogue.text("numbers")
        return text.replacing("{numbers}", with: shown.joined(separator: " · "))
    }

    private func addFiles(to context: inout [String: Any]) throws(PageError) {
        guard !settings.statesWithAttachments.isEmpty else { return }
        let states = settings.statesWithAttachments.sorted()
        let elsewhere = try catalogue.text("where_country_empty")
        let names = states.map { code in
            source.vocabulary.territory(code)?.names(language.code) ?? elsewhere
        }
        context["files"] = true
        context["files_states"] = states.joined(separator: " ")
        context["files_most"] = settings.attachmentBytesMax
        context["files_where"] = try catalogue.text("attachments_where")
            .replacing("{states}", with: names.joined(separator: ", "))
            .replacing("{most}", with: "\(settings.attachmentBytesMax >> 20) MiB")
    }

    /// The sentences that the script shows.
    private func words() throws(PageError) -> [[String: Any]] {
        var words: [[String: Any]] = []
        for key in Self.wordKeys {
            words.append(["key": key, "text": try catalogue.text(key)])
        }
        for problem in Self.scriptProblems {
            let key = "\(problem.field.rawValue).\(problem.reason.rawValue)"
            words.append(["key": key, "text": try message(problem)])
        }
        return words
    }

    /// The message beside a field: the field's own, or the general one for the reason.
    func message(_ problem: FieldProblem) throws(PageError) -> String {
        let own = "error.\(problem.field.rawValue).\(problem.reason.rawValue)"
        if let entry = catalogue.strings[own] { return entry.text }
        return try catalogue.text("error.\(problem.reason.rawValue)")
    }

    static let wordKeys = [
        "working", "sending", "line", "busy", "keys", "check", "refused", "failed", "digits",
        "opening", "no_replies",
    ]

    private static let scriptProblems: [FieldProblem] = [
        .init(.dangerNow, .missing), .init(.whatHappened, .missing),
        .init(.whatHappened, .tooLong), .init(.whereText, .tooLong), .init(.online, .tooMany),
        .init(.online, .tooLong), .init(.consentShare, .missing), .init(.attachments, .tooMany),
        .init(.attachments, .filesTooLarge), .init(.attachments, .filesNotHere),
    ]
}

/// The order of names in a list, without a locale: accents do not count, and case does not.
enum SortKey {
    private static let plain: [Character: Character] = [
        "á": "a", "â": "a", "ã": "a", "à": "a", "é": "e", "ê": "e", "í": "i", "ó": "o", "ô": "o",
        "õ": "o", "ú": "u", "ü": "u", "ç": "c", "ñ": "n",
    ]

    static func of(_ name: String) -> String {
        String(name.lowercased().map { plain[$0] ?? $0 })
    }
}
