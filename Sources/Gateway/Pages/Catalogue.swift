import Foundation
import Vocabulary

/// The strings of one language, as a translator edits them: `Web/catalogues/<language>.json`.
struct Catalogue: Sendable, Decodable {
    /// One string.
    ///
    /// Who wrote it, who checked it and when has to be there, for people: a page needs none of it.
    struct Entry: Sendable, Decodable {
        let text: String
        /// Whether a native speaker has read it: the file names who, or `none`.
        let isReviewed: Bool

        private enum CodingKeys: String, CodingKey {
            case text, translator, reviewer, date
        }

        init(from decoder: any Decoder) throws {
            let fields = try decoder.container(keyedBy: CodingKeys.self)
            text = try fields.decode(String.self, forKey: .text)
            isReviewed = try fields.decode(String.self, forKey: .reviewer) != "none"
            _ = try fields.decode(String.self, forKey: .translator)
            _ = try fields.decode(String.self, forKey: .date)
        }
    }

    /// The language's code.
    let language: String
    /// The neutral address that the exit leads to where the gateway's State has none (`PageContext.exit`).
    let exit: String
    /// The strings by key.
    let strings: [String: Entry]

    /// Whether somebody who speaks the language has read every string.
    var isReviewed: Bool { strings.values.allSatisfy(\.isReviewed) }
}

/// A catalogue with the one behind it: what the first lacks is taken from the second, and marked as its language.
struct Wording: Sendable {
    /// A text and the markup that goes with it.
    struct Words: Sendable {
        let text: String
        /// ` lang="…"` with the space before it, for the element that holds the text; empty in the page's language.
        let mark: String
    }

    let own: Catalogue
    private let behind: Catalogue?
    private let language: Language
    private let behindMark: String

    init(_ language: Language, _ source: PageSource) throws(PageError) {
        guard let own = source.catalogues[language.code] else {
            throw .setting("there is no catalogue for the language \(language.code)")
        }
        self.own = own
        self.language = language
        behind = language.fallback.flatMap { source.catalogues[$0] }
        let tag = language.fallback.flatMap { source.vocabulary.language($0)?.tag }
        behindMark = tag.map { #" lang="\#($0)""# } ?? ""
    }

    /// The words of a key.
    func words(_ key: String) throws(PageError) -> Words {
        guard let words = find(key) else { throw .string(language: own.language, key: key) }
        return words
    }

    /// The words of a key that not every catalogue has.
    func find(_ key: String) -> Words? {
        if let entry = own.strings[key] { return Words(text: entry.text, mark: "") }
        return behind?.strings[key].map { Words(text: $0.text, mark: behindMark) }
    }

    /// The same in the language behind this one, for what a slip in an unchecked text must not hide; nil in a
    /// complete language and in one that has been checked.
    func also(_ key: String) -> Words? {
        guard !own.isReviewed, own.strings[key] != nil else { return nil }
        return behind?.strings[key].map { Words(text: $0.text, mark: behindMark) }
    }

    /// The words of the vocabulary.
    func words(_ labels: Labels, _ vocabulary: Vocabulary) -> Words {
        let found = labels.text(in: language)
        guard found.language != language.code else { return Words(text: found.text, mark: "") }
        let tag = vocabulary.language(found.language)?.tag ?? found.language
        return Words(text: found.text, mark: #" lang="\#(tag)""#)
    }

    /// All texts by key, for the templates.
    var texts: [String: String] {
        var texts = behind?.strings.mapValues(\.text) ?? [:]
        for (key, entry) in own.strings { texts[key] = entry.text }
        return texts
    }

    /// The marks of the keys that fall back, for the templates.
    var marks: [String: String] {
        guard let behind else { return [:] }
        return behind.strings.filter { own.strings[$0.key] == nil }.mapValues { _ in behindMark }
    }
}
