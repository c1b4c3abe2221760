import Foundation
import Testing
import Vocabulary

@testable import Gateway

/// Translators edit data files; these rules hold whatever they write.
@Suite struct CatalogueTests {
    let source: PageSource

    init() throws { source = try PageSource.load() }

    private func catalogue(_ language: String) throws -> Catalogue {
        try #require(source.catalogues[language])
    }

    @Test func allLanguagesHaveTheSameStringsWithTheSamePlaceholders() throws {
        let spanish = try catalogue("es").strings
        for language in Vocabulary.completeLanguages {
            let strings = try catalogue(language).strings
            #expect(Set(strings.keys) == Set(spanish.keys), "\(language)")
            for (key, entry) in strings {
                let names = Set(entry.text.matches(of: /\{[a-z]+\}/).map { String($0.output) })
                let wanted = Set(
                    (spanish[key]?.text ?? "").matches(of: /\{[a-z]+\}/).map { String($0.output) })
                #expect(names == wanted, "\(language) \(key)")
            }
        }
    }

    @Test func everyStringSaysWhoWroteItAndThatNobodyReviewedItYet() throws {
        for language in Vocabulary.formLanguages {
            for (key, entry) in try catalogue(language).strings {
                #expect(!entry.translator.isEmpty && !entry.reviewer.isEmpty, "\(language) \(key)")
                #expect(Day(iso: entry.date) != nil, "\(language) \(key)")
            }
        }
    }

    /// Terms that blame, or that name a crime as if it were a trade (Luxembourg Guidelines; domain research 1.3).
    private static let avoided: [String: [String]] = [
        "es": [
            "pornografía infantil", "porno", "prostitución infantil", "prostituta", "cliente",
            "consumidor", "usuario", "turismo sexual", "sextorsión", "pedófilo", "consintió",
            "sedujo",
            "romance", "provocativa", "menor de edad", "menores", "por qué no",
        ],
        "pt": [
            "pornografia infantil", "porno", "prostituição infantil", "cliente", "consumidor",
            "turismo sexual", "sextorsão", "pedófilo", "consentiu", "seduziu", "provocativa",
            "de menor", "por que não",
        ],
        "en": [
            "child porn", "prostitute", "client", "customer", "consumer", "sex tourism",
            "sextortion", "paedophile", "consented", "seduced", "affair", "provocative", "underage",
            "minor", "why did you not",
        ],
    ]

    @Test(arguments: Vocabulary.formLanguages)
    func noStringUsesATermToAvoid(language: String) throws {
        var texts = try catalogue(language).strings.mapValues(\.text)
        for field in IntakeField.allCases {
            for choice in source.vocabulary.choices(for: field) {
                texts["\(field).\(choice.key)"] = choice.labels(language)
            }
        }
        for (key, text) in texts {
            for term in Self.avoided[language, default: []] {
                #expect(!text.lowercased().contains(term), "\(key): \(term)")
            }
        }
    }

    @Test(arguments: Vocabulary.formLanguages)
    func sentencesAreShort(language: String) throws {
        for (key, entry) in try catalogue(language).strings {
            for sentence in entry.text.split(whereSeparator: { ".!?:".contains($0) }) {
                let words = sentence.split(separator: " ").count
                #expect(words <= 23, "\(language) \(key): \(words) words")
            }
        }
    }
}
