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
    /// Labels in a language for which their file names neither translator nor source, or the other way round.
    case unattributed(file: String, language: String)
    /// A language falls back to one that is not complete, or a complete one falls back at all.
    case withoutFallback(language: String)
    /// A number is called verified but has no source, no day or nobody who verified it.
    case unsourced(territory: String, number: String)
}

extension VocabularyError: CustomStringConvertible {
    /// The error in one plain sentence, without a full stop.
    public var description: String {
        switch self {
        case .missing(let file): "\(file) is not beside the program"
        case .malformed(let file, let reason): "\(file) is malformed: \(reason)"
        case .duplicate(let file, let key): "\(file) has \(key) twice"
        case .illFormed(let file, let key): "\(file): \(key) is not written as keys are"
        case .unlabelled(let file, let key, let language):
            "\(file): \(key) has no label in \(language)"
        case .withoutChoices(let field): "\(field) offers no choice"
        case .unattributed(let file, let language):
            "\(file) does not say whose its labels in \(language) are, or has none"
        case .withoutFallback(let language): "\(language) falls back to no complete language"
        case .unsourced(let territory, let number):
            "\(number) of \(territory) is called verified, but not by whom, when or by what source"
        }
    }
}

/// The words that every part shares: languages, places, offences, priorities, and the answers of the form.
///
/// Read once, at start and before a process confines itself, because it opens files.
public struct Vocabulary: Sendable {
    /// The languages, in the order of the switch on the page.
    public let languages: [Language]
    /// The 33 States of Latin America and the Caribbean, then the territories, each by code.
    public let territories: [Territory]
    /// The categories of a tip and the offences of the roster's competence.
    public let offences: [Offence]
    /// The priorities of a triage, most urgent first.
    public let priorities: [Priority]

    private let intake: [String: [Choice]]
    /// Who wrote the labels of each file.
    let attributions: [String: Attributions]

    /// The languages that every label and every string is written in.
    public static let completeLanguages = ["es", "pt", "en", "fr", "nl", "ht"]
    /// The languages that the public form is offered in, in the order of the switch.
    ///
    /// Those that are not complete have the questions, the refusals and what safety needs; the rest falls back
    /// (`Language.fallback`).
    public static let formLanguages =
        completeLanguages + ["gn", "quy", "quz", "ay", "srn", "pap", "jam"]

    /// Reads and checks the data files of the module.
    /// - Throws: `VocabularyError` naming the first file and key that is wrong.
    public static func load() throws(VocabularyError) -> Vocabulary {
        let folder = Bundle.module.bundleURL.appendingPathComponent("Data", isDirectory: true)
        return try Vocabulary(files: files(in: folder))
    }

    /// Every JSON file of a folder and its folders, by its path below it.
    static func files(in folder: URL) throws(VocabularyError) -> [String: Data] {
        var files: [String: Data] = [:]
        for part in ["", territoryFolder] {
            let place = folder.appendingPathComponent(part, isDirectory: true)
            do {
                let names = try FileManager.default.contentsOfDirectory(atPath: place.path)
                for name in names where name.hasSuffix(".json") {
                    files[part + name] = try Data(contentsOf: place.appendingPathComponent(name))
                }
            } catch {
                throw .missing(file: part)
            }
        }
        return files
    }

    private static let territoryFolder = "territories/"

    init(files: [String: Data]) throws(VocabularyError) {
        let languages: LanguagesFile = try Self.decode("languages.json", files)
        let offences: OffencesFile = try Self.decode("offences.json", files)
        let priorities: PrioritiesFile = try Self.decode("priorities.json", files)
        let intake: IntakeFile = try Self.decode("intake.json", files)
        self.languages = languages.languages
        territories = try Self.territories(files)
        self.offences = offences.offences
        self.priorities = priorities.priorities
        self.intake = intake.choices
        attributions = [
            "languages.json": languages.namesBy, "offences.json": offences.labelsBy,
            "priorities.json": priorities.labelsBy, "intake.json": intake.labelsBy,
        ]
        try check()
    }

    /// One file a territory, named by its code, so that adding a State is adding a file.
    private static func territories(
        _ files: [String: Data]
    ) throws(VocabularyError) -> [Territory] {
        var territories: [Territory] = []
        for name in files.keys.sorted() where name.hasPrefix(territoryFolder) {
            let territory: Territory = try decode(name, files)
            guard name == "\(territoryFolder)\(territory.code).json" else {
                throw .illFormed(file: name, key: territory.code)
            }
            territories.append(territory)
        }
        return territories.filter { !$0.dependent } + territories.filter(\.dependent)
    }

    /// The choices of a field that is answered by key; empty for the other fields.
    public func choices(for field: IntakeField) -> [Choice] {
        guard field == .category else { return intake[field.rawValue] ?? [] }
        return offences.map { Choice(key: $0.key, labels: $0.plain) }
    }

    /// The answers to choose from by their field; what `choices(for:)` looks up, with what no field asks for.
    var allChoices: [Choice] { intake.values.flatMap(\.self) }

    /// Whether somebody who speaks the language has read every label that the public form has in it.
    public func isReviewed(_ language: String) -> Bool {
        let files = attributions.filter { $0.key != "priorities.json" }.map(\.value)
        return (files + territories.map(\.namesBy)).allSatisfy { $0[language]?.isReviewed != false }
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
        _ name: String, _ files: [String: Data]
    ) throws(VocabularyError) -> Content {
        guard let data = files[name] else { throw .missing(file: name) }
        do {
            return try JSONDecoder().decode(Content.self, from: data)
        } catch {
            throw .malformed(file: name, reason: "\(error)")
        }
    }
}

private struct LanguagesFile: Decodable {
    let languages: [Language]
    let namesBy: Attributions

    enum CodingKeys: String, CodingKey {
        case languages
        case namesBy = "names_by"
    }
}

private struct OffencesFile: Decodable {
    let offences: [Offence]
    let labelsBy: Attributions

    enum CodingKeys: String, CodingKey {
        case offences
        case labelsBy = "labels_by"
    }
}

private struct PrioritiesFile: Decodable {
    let priorities: [Priority]
    let labelsBy: Attributions

    enum CodingKeys: String, CodingKey {
        case priorities
        case labelsBy = "labels_by"
    }
}

private struct IntakeFile: Decodable {
    let choices: [String: [Choice]]
    let labelsBy: Attributions

    enum CodingKeys: String, CodingKey {
        case choices
        case labelsBy = "labels_by"
    }
}
