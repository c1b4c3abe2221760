import Crypto
import Envelope
import Foundation
import Vocabulary

/// What the templates of one language are rendered with.
struct PageContext {
    let language: Language
    let wording: Wording
    let source: PageSource
    let settings: PageSettings
    /// The territories in the order of their names in the page's language.
    let sortedTerritories: [Territory]
    /// What every page needs, but for its title and script.
    private var base: [String: Any] = [:]

    init(
        language: Language, source: PageSource, settings: PageSettings
    ) throws(PageError) {
        self.language = language
        self.source = source
        self.settings = settings
        let wording = try Wording(language, source)
        self.wording = wording
        sortedTerritories = source.vocabulary.territories
            .map { (SortKey.of(wording.words($0.names, source.vocabulary).text), $0) }
            .sorted { $0.0 < $1.0 }
            .map(\.1)
        base = everywhere
    }

    /// What every page needs; `script` for the pages that have one beside the way out.
    func common(title: String, script: String? = nil) throws(PageError) -> [String: Any] {
        let words = try wording.words(title)
        var context = base
        context["title"] = words.text
        context["title_mark"] = words.mark
        if let script { context["script"] = script }
        return context
    }

    private var everywhere: [String: Any] {
        var context: [String: Any] = [
            "t": wording.texts, "l": wording.marks,
            "code": language.code, "tag": language.tag,
            "direction": language.direction.rawValue,
            "exit": exit, "origin": settings.origin,
            "style": source.style, "exit_script": source.exitScript,
            "languages": languages, "switch": true, "switch_words": switchWords,
        ]
        if !wording.own.isReviewed || !source.vocabulary.isReviewed(language.code) {
            // A page in two languages says at its top why it is in two.
            context[language.fallback == nil ? "unreviewed" : "unreviewed_first"] = true
        }
        return context
    }

    /// Where the way out leads: to the page of the one State that the gateway serves, if that is read there in this
    /// language, else to the language's.
    ///
    /// Not by the State that was chosen: that is where the child is, and the reader may be elsewhere. And what looks odd
    /// in a browser is a page in a language that its owner does not read.
    private var exit: String {
        let territory = settings.state.flatMap(source.vocabulary.territory)
        guard let territory, territory.languages.include(language), let exit = territory.exit else {
            return wording.own.exit
        }
        return exit
    }

    /// "Language" in each language offered, each word once, so that a reader of any of them finds the switch.
    private var switchWords: [[String: Any]] {
        var seen: Set<String> = []
        return settings.languages.compactMap { source.vocabulary.language($0) }
            .filter { seen.insert($0.word).inserted }
            .map { ["tag": $0.tag, "word": $0.word] }
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
        var context = try common(title: "title_form", script: source.script)
        // The form leads to the advice from where it explains the way out.
        context["advice"] = true
        context["log"] = settings.logVerifierKey
        context["keys"] = deskListHash
        context["list"] = source.receipts.file(of: language.code).map {
            Data($0.hash).base64EncodedString()
        }
        context["in_words"] = context["list"] != nil
        context["numbers"] = try numbers()
        context["also"] = also(["danger_call", "danger_elsewhere"])
        context["receipt"] = true
        context["words"] = try words(Self.wordKeys) + problemWords()
        try addFiles(to: &context)
        for (name, field) in Self.choiceBlocks {
            let block = try choiceBlock(field)
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
        ("still", .stillHappening), ("age", .childAgeBand), ("count", .childCount),
        ("gender", .childSexOrGender), ("exploiter", .exploiterKnown), ("border", .crossesBorder),
        ("consent", .consentShare),
    ]

    private static let textBlocks: [(String, IntakeField)] = [
        ("what", .whatHappened), ("where", .whereText), ("online", .online),
        ("date", .whenText), ("other", .otherCountry), ("note", .safeContactNote),
    ]

    /// What the page names the list of desks by, base64.
    private var deskListHash: String {
        Data(SHA256.hash(data: settings.deskList)).base64EncodedString()
    }

    private func labelled(_ field: IntakeField) throws(PageError) -> [String: Any] {
        let label = try wording.words(field.rawValue)
        var block: [String: Any] = [
            "field": field.rawValue, "label": label.text, "label_mark": label.mark,
            "required": field.isRequired,
        ]
        if let hint = wording.find("\(field.rawValue)_hint") {
            block["hint"] = hint.text
            block["hint_mark"] = hint.mark
        }
        if let duty = wording.find("\(field.rawValue)_duty") {
            block["duty"] = duty.text
            block["duty_mark"] = duty.mark
        }
        if let need = wording.find("\(field.rawValue)_need") {
            block["need"] = need.text
            block["need_mark"] = need.mark
        }
        // Where a language has no such words of its own, its own neutral ones are nearer to a child than another language's.
        block["you"] = wording.own.strings["\(field.rawValue)_you"]?.text
        return block
    }

    /// The texts again in the language that the page falls back to.
    func also(_ keys: [String]) -> [[String: Any]] {
        keys.compactMap { wording.also($0) }.map { ["text": $0.text, "mark": $0.mark] }
    }

    private func emptyChoice(_ key: String, in block: inout [String: Any]) throws(PageError) {
        let words = try wording.words(key)
        block["empty"] = words.text
        block["empty_mark"] = words.mark
    }

    private func choiceBlock(_ field: IntakeField) throws(PageError) -> [String: Any] {
        var block = try labelled(field)
        try emptyChoice("no_answer", in: &block)
        block["kind"] = field.answer == .several ? "checkbox" : "radio"
        let choices = source.vocabulary.choices(for: field)
        block["choices"] = choices.map { choice in
            // The first choice has the field's own id, so that a message can lead to it.
            let isFirst = choice.key == choices.first?.key
            let words = wording.words(choice.labels, source.vocabulary)
            return [
                "field": field.rawValue, "key": choice.key, "label": words.text,
                "mark": words.mark, "first": isFirst,
            ] as [String: Any]
        }
        return block
    }

    private func territoryBlock() throws(PageError) -> [String: Any] {
        var block = try labelled(.whereCountry)
        try emptyChoice("where_country_empty", in: &block)
        block["choices"] = sortedTerritories.map { territory in
            let words = wording.words(territory.names, source.vocabulary)
            return [
                "field": IntakeField.whereCountry.rawValue, "key": territory.code,
                "label": words.text + emergencyNumber(of: territory), "mark": words.mark,
            ] as [String: Any]
        }
        return block
    }

    func name(of territory: Territory) -> String {
        wording.words(territory.names, source.vocabulary).text
    }

    /// The States that take files are named while they are at most so many.
    private static let namedStatesMax = 8

    private func addFiles(to context: inout [String: Any]) throws(PageError) {
        guard !settings.statesWithAttachments.isEmpty else { return }
        let states = settings.statesWithAttachments.sorted()
        let elsewhere = try wording.words("where_country_empty").text
        let names = states.map { code in source.vocabulary.territory(code).map(name) ?? elsewhere }
        context["files"] = true
        context["files_states"] = states.joined(separator: " ")
        context["files_most"] = settings.attachmentBytesMax
        // A long list is read by nobody, and a refusal says it of the one State that was chosen.
        if names.count <= Self.namedStatesMax {
            context["files_where"] = try wording.words("attachments_where").text
                .replacing("{states}", with: names.joined(separator: ", "))
        }
        context["files_limit"] = try wording.words("attachments_most").text
            .replacing("{most}", with: "\(settings.attachmentBytesMax >> 20) MiB")
    }

    /// What the mailbox's page needs.
    func mailbox() throws(PageError) -> [String: Any] {
        var context = try common(title: "title_mailbox", script: source.mailboxScript)
        var sentences = try words(
            Self.mailboxWordKeys + StatusWord.allCases.map { key(of: $0) })
        for reason in [FieldProblem.Reason.missing, .tooLong] {
            let found = try answerMessage(reason)
            sentences.append([
                "key": reason.rawValue, "text": found.text, "mark": found.mark,
            ])
        }
        context["words"] = sentences
        context["scripted"] = true
        context["log"] = settings.logVerifierKey
        context["keys"] = deskListHash
        context["lists"] = source.receipts.hashes(first: language.code)
        return context
    }

    /// The message beside the field for an answer to a reply.
    func answerMessage(_ reason: FieldProblem.Reason) throws(PageError) -> Wording.Words {
        if let found = wording.find("error.answer.\(reason.rawValue)") { return found }
        return try wording.words("error.\(reason.rawValue)")
    }

    /// Where the catalogues have the sentence of a status word.
    func key(of word: StatusWord) -> String { "status.\(word.rawValue)" }

    /// The sentences that a script shows.
    private func words(_ keys: [String]) throws(PageError) -> [[String: Any]] {
        var words: [[String: Any]] = []
        for key in keys {
            let isForNobody = key == "keys" && !settings.servesEveryPlace
            let found = try wording.words(isForNobody ? Self.noDeskKey : key)
            words.append(["key": key, "text": found.text, "mark": found.mark])
        }
        return words
    }

    private func problemWords() throws(PageError) -> [[String: Any]] {
        var words: [[String: Any]] = []
        for problem in Self.scriptProblems {
            let key = "\(problem.field.rawValue).\(problem.reason.rawValue)"
            let found = try message(problem)
            words.append(["key": key, "text": found.text, "mark": found.mark])
        }
        // Every field says the same of a text that is too long.
        let long = try wording.words("error.too_long")
        return words + [["key": "too_long", "text": long.text, "mark": long.mark]]
    }

    /// The message beside a field: the field's own, or the general one for the reason.
    func message(_ problem: FieldProblem) throws(PageError) -> Wording.Words {
        let own = "error.\(problem.field.rawValue).\(problem.reason.rawValue)"
        if let found = wording.find(own) { return found }
        return try wording.words("error.\(problem.reason.rawValue)")
    }

    /// What is said where a script finds no key, because nobody reads for the place.
    private static let noDeskKey = "error.\(FieldProblem.Reason.noDesk.rawValue)"

    static let wordKeys = [
        "working", "sending", "stopped", "not_cleaned", "line", "busy", "keys", "check", "refused",
        "failed",
    ]

    static let mailboxWordKeys = [
        "opening", "line", "busy", "failed", "digits", "no_replies", "sending", "keys", "check",
        "refused", "answer_kept",
    ]

    private static let scriptProblems: [FieldProblem] = [
        .init(.dangerNow, .missing), .init(.whatHappened, .missing), .init(.online, .tooMany),
        .init(.consentShare, .missing), .init(.consentShare, .tooMany),
        .init(.attachments, .tooMany), .init(.attachments, .filesTooLarge),
        .init(.attachments, .filesNotHere),
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
