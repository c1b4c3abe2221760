/// The word lists of all languages, and what a typed receipt can be read as.
public struct ReceiptLists: Sendable {
    /// One way to read a typed receipt.
    public enum Reading: Hashable, Sendable {
        /// Ten groups of three digits.
        case digits
        /// Eight words of this language's list.
        case words(language: String)
    }

    private let lists: [(language: String, words: ReceiptWords)]

    /// Takes each language's list once; their order decides between readings that fit equally well.
    public init(_ lists: [(language: String, words: ReceiptWords)]) {
        self.lists = lists
    }

    /// The list that receipts of this language are written with; nil if they are written in digits.
    public func words(of language: String) -> ReceiptWords? {
        lists.first { $0.language == language }?.words
    }

    /// A receipt as it is shown to a reporter of this language.
    ///
    /// Eight words, or ten groups of digits, with a space between; UTF-8.
    public func text(of receipt: borrowing Receipt, for language: String) -> [UInt8] {
        guard let list = words(of: language) else { return receipt.digits() }
        return receipt.words(of: list)
    }

    /// Every way to read a typed receipt, the likeliest first; empty if it is no receipt at all.
    ///
    /// Words may be shortened to four letters, so the same eight can fit several lists: each is another receipt, and
    /// all of them have to be tried. The list that has most of the words in full comes first, then `language`, then
    /// the order of the lists. Words carry no check: a wrong word of the list is another receipt.
    public func readings(
        of text: some Collection<UInt8>, typedIn language: String? = nil
    ) -> [Reading] {
        if (try? Receipt(digits: text)) != nil { return [.digits] }
        let typed = ReceiptSpelling.words(of: text)
        guard text.count <= Receipt.textBytesMax, typed.count == Receipt.wordCount else {
            return []
        }
        let fitting = lists.enumerated().compactMap { place, list in
            list.words.matches(typed).map { whole in
                (list.language, whole, list.language == language ? -1 : place)
            }
        }
        return fitting.sorted { $0.1 == $1.1 ? $0.2 < $1.2 : $0.1 > $1.1 }
            .map { .words(language: $0.0) }
    }

    /// The receipt that a text is in one of its readings; `malformedReceipt` if it cannot be read so.
    public func receipt(
        _ text: some Collection<UInt8>, as reading: Reading
    ) throws(EnvelopeError) -> Receipt {
        switch reading {
        case .digits:
            return try Receipt(digits: text)
        case .words(let language):
            guard let list = words(of: language) else { throw .malformedReceipt }
            return try Receipt(words: text, list: list)
        }
    }
}
