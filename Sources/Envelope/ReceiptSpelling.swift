/// What a person typed for a receipt of words, brought to the form that lists are searched in.
///
/// The rule, which the page's script shares: canonical decomposition, combining marks dropped, lower case; every
/// run of a to z is a word, and all else stands between words. Decomposition is done for U+00C0 to U+017F, which
/// holds the letters of every list. The text stays bytes: a `String` would leave copies that nobody wipes.
enum ReceiptSpelling {
    /// How many letters of a word suffice.
    static let keyLetters = 4

    /// The base letters of U+00C0 to U+017F in order; `-` where there is none.
    private static let bases = Array(
        ("aaaaaa-ceeeeiiii-nooooo--uuuuy--" + "aaaaaa-ceeeeiiii-nooooo--uuuuy-y"
            + "aaaaaaccccccccdd--eeeeeeeeeegggggggghh--iiiiiiiii---jjkk-llllll----nnnnnn"
            + "---oooooo--rrrrrrsssssssstttt--uuuuuuuuuuuuwwyyyzzzzzz-").utf8)

    /// The words of a text, each in lower-case ASCII letters; empty if there is none.
    static func words(of text: some Collection<UInt8>) -> [[UInt8]] {
        var words: [[UInt8]] = []
        var word: [UInt8] = []
        var lead: UInt8?
        for byte in text {
            switch part(byte, after: lead) {
            case .letter(let letter): word.append(letter)
            case .mark, .lead: break
            case .gap:
                if !word.isEmpty { words.append(word) }
                word = []
            }
            lead = (0xc3...0xc5).contains(byte) || byte == 0xcc || byte == 0xcd ? byte : nil
        }
        if !word.isEmpty { words.append(word) }
        return words
    }

    /// What has to be typed of a word.
    static func key(_ word: [UInt8]) -> [UInt8] { Array(word.prefix(keyLetters)) }

    private enum Part {
        case letter(UInt8)
        case mark
        case lead
        case gap
    }

    private static func part(_ byte: UInt8, after lead: UInt8?) -> Part {
        switch (lead, byte) {
        case (nil, UInt8(ascii: "A")...UInt8(ascii: "Z")): return .letter(byte | 0x20)
        case (nil, UInt8(ascii: "a")...UInt8(ascii: "z")): return .letter(byte)
        case (nil, 0xc3...0xc5), (nil, 0xcc), (nil, 0xcd): return .lead
        case (.some(let lead), 0x80...0xbf) where lead <= 0xc5:
            let base = bases[Int(lead - 0xc3) << 6 | Int(byte & 0x3f)]
            return base == UInt8(ascii: "-") ? .gap : .letter(base)
        // The combining marks U+0300 to U+036F.
        case (0xcc, 0x80...0xbf), (0xcd, 0x80...0xaf): return .mark
        case (.some, _): return part(byte, after: nil)
        default: return .gap
        }
    }
}
