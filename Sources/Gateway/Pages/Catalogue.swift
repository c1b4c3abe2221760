import Foundation

/// The strings of one language, as a translator edits them: `Web/catalogues/<language>.json`.
struct Catalogue: Sendable, Decodable {
    /// One string with who wrote it and who checked it.
    struct Entry: Sendable, Decodable {
        let text: String
        let translator: String
        /// `none` until a native speaker has read it.
        let reviewer: String
        let date: String
    }

    /// The language's code.
    let language: String
    /// The neutral address that the exit leads to.
    let exit: String
    /// The strings by key.
    let strings: [String: Entry]

    /// The text of a key.
    func text(_ key: String) throws(PageError) -> String {
        guard let entry = strings[key] else { throw .string(language: language, key: key) }
        return entry.text
    }

    /// Whether somebody who speaks the language has read every string.
    var isReviewed: Bool { strings.values.allSatisfy { $0.reviewer != "none" } }
}
