/// A language that people write tips in, and its own name for itself.
public struct Language: Sendable, Equatable, Decodable {
    /// The short code used in paths and in a tip's JSON, such as `es`.
    public let code: String
    /// The BCP 47 tag for the `lang` attribute, such as `pt-BR`.
    public let tag: String
    /// The language's name in the language itself.
    public let name: String
    /// The direction of its script.
    public let direction: Direction
    /// The complete language that its speakers most likely read, for what is not in this one yet; nil if all is.
    public let fallback: String?
    /// The word for "language" in the language itself, by which its readers find the switch.
    public let word: String
    /// Other primary subtags that browsers send for it; absent if there are none.
    public let aliases: [String]?

    /// The direction of a script, as HTML's `dir` names it.
    public enum Direction: String, Sendable, Equatable, Decodable {
        case leftToRight = "ltr"
        case rightToLeft = "rtl"
    }
}

/// A text in several languages, by language code.
public struct Labels: Sendable, Equatable, Decodable {
    private let texts: [String: String]

    /// The text in `language`, or in English where that language has none yet.
    public func callAsFunction(_ language: String) -> String {
        texts[language] ?? texts["en"] ?? ""
    }

    /// The text in a language or in the one that it falls back to, and the code of the language that it is in.
    public func text(in language: Language) -> (text: String, language: String) {
        for code in [language.code, language.fallback] {
            if let code, let text = texts[code] { return (text, code) }
        }
        return (texts["en"] ?? "", "en")
    }

    /// The codes of the languages that have a text which is not empty.
    public var languages: Set<String> { Set(texts.filter { !$0.value.isEmpty }.keys) }

    /// Reads an object of language codes and texts.
    public init(from decoder: any Decoder) throws {
        texts = try decoder.singleValueContainer().decode([String: String].self)
    }
}

/// One answer that can be chosen: the key that a tip carries, and what people read.
public struct Choice: Sendable, Equatable, Decodable {
    /// The key in a tip's JSON, lower case with underscores.
    public let key: String
    /// The words on the page.
    public let labels: Labels
}

/// A kind of sexual exploitation or abuse, named as the Luxembourg Guidelines do.
public struct Offence: Sendable, Equatable, Decodable {
    /// The key in tips, reports and the roster's competence.
    public let key: String
    /// The term for offices and statistics.
    public let labels: Labels
    /// The same in words that a child would use, for the public form.
    public let plain: Labels
}

/// How soon an office has to act on a tip; the first listed is the most urgent.
public struct Priority: Sendable, Equatable, Decodable {
    /// The key in a report's triage, `p0` to `p4`.
    public let key: String
    /// The words on the desk's screen.
    public let labels: Labels
    /// The target for the first action, in minutes from reading.
    public let firstActionMinutes: Int

    private enum CodingKeys: String, CodingKey {
        case key, labels
        case firstActionMinutes = "first_action_minutes"
    }
}
