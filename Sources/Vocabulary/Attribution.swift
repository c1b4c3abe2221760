/// Who wrote the labels that a file has in one language, and who checked them.
///
/// Once a file and language, where a catalogue says it of each string: a label is a word or a few, and they are written and
/// read as one list, in which each shows what the others mean.
public struct Attribution: Sendable, Equatable, Decodable {
    /// Where the labels come from.
    public enum Origin: Sendable, Equatable {
        /// Somebody wrote them, and somebody else checked them; `none` until a native speaker has.
        case translator(String, reviewer: String)
        /// They are as a source publishes them, which has its own native speakers check them.
        case source(String)
    }

    /// Where the labels come from.
    public let origin: Origin
    /// The day they were written, or compared with their source.
    public let date: Day

    /// Whether somebody who speaks the language has read the labels.
    public var isReviewed: Bool {
        if case .translator(_, let reviewer) = origin { reviewer != "none" } else { true }
    }

    /// Reads an object with `date`, and either `source` or `translator` and `reviewer`.
    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        date = try fields.decode(Day.self, forKey: .date)
        let names = try [CodingKeys.translator, .reviewer, .source].map { key in
            try fields.decodeIfPresent(String.self, forKey: key)
        }
        switch (names[0], names[1], names[2]) {
        case (let translator?, let reviewer?, nil) where translator != reviewer:
            origin = .translator(translator, reviewer: reviewer)
        case (nil, nil, let source?): origin = .source(source)
        default:
            throw DecodingError.dataCorruptedError(
                forKey: .translator, in: fields,
                debugDescription: "a translator with another reviewer, or a source")
        }
    }

    private enum CodingKeys: String, CodingKey {
        case translator, reviewer, source, date
    }
}

/// What a file says of its labels, by language code.
typealias Attributions = [String: Attribution]

extension Attributions {
    /// Refuses labels that nobody answers for, and an attribution of labels that are not there.
    func check(
        _ labels: some Sequence<Labels>, in file: String
    ) throws(VocabularyError) {
        try check(labels.reduce(into: Set<String>()) { $0.formUnion($1.languages) }, in: file)
    }

    /// The same for a file that has labels in these languages.
    func check(_ languages: Set<String>, in file: String) throws(VocabularyError) {
        if let language = languages.symmetricDifference(keys).min() {
            throw .unattributed(file: file, language: language)
        }
    }
}
