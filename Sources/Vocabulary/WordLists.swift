public import Foundation

/// A language's list of words for receipts, as its file has it.
///
/// `Tests/Words/make_words.py` makes the files. A list in use is never changed: a receipt is the places of its words.
public struct WordList: Sendable {
    /// The languages whose receipts are words; the others' are digits.
    public static let languages = ["es", "pt", "en", "fr", "nl", "ht"]

    /// The language's code.
    public let language: String
    /// The file's bytes, which the page fetches.
    ///
    /// One word a line in UTF-8, each line ended by a line feed.
    public let file: Data
    /// The 2,048 words in the file's order.
    public let words: [String]

    /// Reads every language's list, in the order of `languages`.
    ///
    /// Opens files: at start, before a process confines itself.
    /// - Throws: `VocabularyError` naming the first file that is missing or has not 2,048 lines.
    public static func load() throws(VocabularyError) -> [WordList] {
        let folder = Bundle.module.bundleURL.appendingPathComponent(
            "Data/words", isDirectory: true)
        var lists: [WordList] = []
        for language in languages {
            let name = "\(language).txt"
            guard let file = try? Data(contentsOf: folder.appendingPathComponent(name)) else {
                throw .missing(file: "words/\(name)")
            }
            lists.append(try WordList(language: language, file: file))
        }
        return lists
    }

    init(language: String, file: Data) throws(VocabularyError) {
        let lines = String(decoding: file, as: UTF8.self).split(
            separator: "\n", omittingEmptySubsequences: false)
        guard lines.count == 2_049, lines.last?.isEmpty == true else {
            throw .malformed(file: "words/\(language).txt", reason: "not 2,048 lines")
        }
        self.language = language
        self.file = file
        words = lines.dropLast().map(String.init)
    }
}
