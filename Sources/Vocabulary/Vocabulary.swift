import Foundation

/// Why the vocabulary's data files could not be used.
///
/// Each case names the file, so that a translator finds the slip.
public enum VocabularyError: Error, Equatable, Sendable {
    /// The file is not beside the program.
    case missing(file: String)
    /// The file is not the JSON that its type asks for.
    case malformed(file: String, reason: String)
    /// A key or code occurs twice.
    case duplicate(file: String, key: String)
    /// A key or code is not written as keys are.
    case illFormed(file: String, key: String)
    /// A label is missing in a language that the form is offered in.
    case unlabelled(file: String, key: String, language: String)
    /// A field that offers choices has none.
    case withoutChoices(field: String)
    /// A number is called verified but has no source or no day.
    case unsourced(territory: String, number: String)
}

/// The words that every part shares: languages, places, offences, priorities, and the answers of the form.
///
/// Read once, at start and before a process confines itself, because it opens files.
public struct Vocabulary: Sendable {
    /// The languages, in the order of the switch on the page.
    public let languages: [Language]
    /// The 33 States of Latin America and the Caribbean, then the territories, each by code in the file's order.
    public let territories: [Territory]
    /// The categories of a tip and the offences of the roster's competence.
    public let offences: [Offence]
    /// The priorities of a triage, most urgent first.
    public let priorities: [Priority]

    private let intake: [String: [Choice]]

    /// The languages that the public form is offered in, and that every label must have.
    public static let formLanguages = ["es", "pt", "en"]

    /// Reads and checks the data files of the module.
    /// - Throws: `VocabularyError` naming the first file and key that is wrong.
    public static func load() throws(VocabularyError) -> Vocabulary {
        let folder = Bundle.module.bundleURL.appendingPathComponent("Data", isDirectory: true)
        return try Vocabulary { name throws(VocabularyError) in
            do {
                return try Data(contentsOf: folder.appendingPathComponent(name))
            } catch {
                throw .missing(file: name)
            }
        }
    }

    init(read: (String) throws(VocabularyError) -> Data) throws(VocabularyError) {
        let languages: LanguagesFile = try Self.decode("languages.json", read)
        let territories: TerritoriesFile = try Self.decode("territories.json", read)
        let offences: OffencesFile = try Self.decode("offences.json", read)
        let priorities: PrioritiesFile = try Self.decode("priorities.json", read)
        let intake: IntakeFile = try Self.decode("intake.json", read)
        self.languages = languages.languages
        self.territories = territories.territories
        self.offences = offences.offences
        self.priorities = priorities.priorities
        self.intake = intake.choices
        try check()
    }

    /// The choices of a field that is answered by key; empty for the other fields.
    public func choices(for field: IntakeField) -> [Choice] {
        guard field == .category else { return intake[field.rawValue] ?? [] }
        return offences.map { Choice(key: $0.key, labels: $0.plain) }
    }

    /// The territory with this ISO 3166-1 alpha-2 code.
    public func territory(_ code: String) -> Territory? {
        territories.first { $0.code == code }
    }

    /// The language with this code.
    public func language(_ code: String) -> Language? {
        languages.first { $0.code == code }
    }

    /// True if `key` answers `field`: a listed choice or a known territory.
    public func accepts(_ key: String, for field: IntakeField) -> Bool {
        switch field.answer {
        case .one, .several: choices(for: field).contains { $0.key == key }
        case .territory: territory(key) != nil
        case .wish: key == "yes"
        case .text, .lines, .files: false
        }
    }

    private static func decode<Content: Decodable>(
        _ name: String, _ read: (String) throws(VocabularyError) -> Data
    ) throws(VocabularyError) -> Content {
        let data = try read(name)
        do {
            return try JSONDecoder().decode(Content.self, from: data)
        } catch {
            throw .malformed(file: name, reason: "\(error)")
        }
    }
}

private struct LanguagesFile: Decodable { let languages: [Language] }
private struct TerritoriesFile: Decodable { let territories: [Territory] }
private struct OffencesFile: Decodable { let offences: [Offence] }
private struct PrioritiesFile: Decodable { let priorities: [Priority] }
private struct IntakeFile: Decodable { let choices: [String: [Choice]] }
