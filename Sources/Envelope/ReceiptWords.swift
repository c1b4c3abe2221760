/// A language's list of 2,048 words for receipts.
///
/// A word is found by its first four letters, in any case, with or without accents (formats §3).
public struct ReceiptWords: Sendable {
    let words: [[UInt8]]
    private let places: [[UInt8]: Int]
    private let spellings: [[UInt8]]

    /// Takes exactly 2,048 words, each of 1 to 32 bytes of UTF-8.
    ///
    /// Each word is one run of letters, and no two begin with the same four letters once accents are removed; a word
    /// of fewer letters is not the beginning of another. Anything else is `malformedReceipt`.
    public init(_ words: [String]) throws(EnvelopeError) {
        let bytes = words.map { Array($0.utf8) }
        let runs = bytes.map { ReceiptSpelling.words(of: $0) }
        guard bytes.count == 2_048, bytes.allSatisfy({ (1...32).contains($0.count) }),
            runs.allSatisfy({ $0.count == 1 })
        else { throw .malformedReceipt }
        let spellings = runs.flatMap(\.self)
        let places = Dictionary(
            zip(spellings.map(ReceiptSpelling.key), bytes.indices),
            uniquingKeysWith: { first, _ in first })
        let beginnings = Set(
            places.keys.flatMap { key in (1..<key.count).map { Array(key.prefix($0)) } })
        guard places.count == 2_048, beginnings.isDisjoint(with: places.keys) else {
            throw .malformedReceipt
        }
        self.words = bytes
        self.places = places
        self.spellings = spellings
    }

    /// The place of a typed word, of which only the first four letters count.
    func index(of word: [UInt8]) -> Int? { places[ReceiptSpelling.key(word)] }

    /// How many of the typed words are in the list letter by letter; nil if one is not in it by its first four.
    func matches(_ typed: [[UInt8]]) -> Int? {
        var whole = 0
        for word in typed {
            guard let place = index(of: word) else { return nil }
            if spellings[place] == word { whole += 1 }
        }
        return whole
    }
}
