import Compression

/// Reading `Accept-Encoding` (RFC 9110 §12.5.3).
enum AcceptEncoding {
    /// Codings beyond this many are not looked at.
    static let codingsMax = 16

    /// The coding that is liked best among those that there are, the shorter one (Brotli) where both are liked alike;
    /// nil for none.
    ///
    /// Who refuses even `identity` gets it all the same, as the RFC allows: an answer is worth more than a 406.
    static func choose(header: String?) -> ContentCoding? {
        let wishes = (header ?? "").split(separator: ",").prefix(codingsMax).compactMap(Wish.init)
        var best: (coding: ContentCoding?, quality: Int) = (nil, identity(wishes))
        for coding in ContentCoding.allCases.reversed() {
            let quality = wishes.quality(of: [coding.rawValue, "x-\(coding.rawValue)", "*"]) ?? 0
            if quality > 0, quality >= best.quality { best = (coding, quality) }
        }
        return best.coding
    }

    /// Without compression is what stays when nobody says a word against it, and no wish.
    private static func identity(_ wishes: [Wish]) -> Int {
        wishes.quality(of: ["identity"]) ?? 0
    }

    /// One coding of the header with its weight in thousandths.
    fileprivate struct Wish {
        let coding: String
        let quality: Int

        init?(_ text: Substring) {
            let parts = text.split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" } }
            guard let name = parts.first, !name.isEmpty else { return nil }
            coding = name.lowercased()
            let weight = parts.dropFirst().first { $0.lowercased().hasPrefix("q=") }
            quality = weight.map { QualityValue.thousandths($0.dropFirst(2)) } ?? 1_000
        }
    }
}

extension [AcceptEncoding.Wish] {
    /// The weight of the first name that is in the header.
    fileprivate func quality(of names: [String]) -> Int? {
        for name in names {
            if let wish = first(where: { $0.coding == name }) { return wish.quality }
        }
        return nil
    }
}

/// The weights of RFC 9110 §12.4.2.
enum QualityValue {
    /// `0.8` as 800; anything else that is not a weight counts as refused.
    static func thousandths(_ text: Substring) -> Int {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count <= 2, let whole = parts.first, whole == "0" || whole == "1" else {
            return 0
        }
        guard parts.count == 2 else { return whole == "1" ? 1_000 : 0 }
        let digits = parts[1].prefix(3)
        guard let fraction = Int(digits.isEmpty ? "0" : digits), fraction >= 0 else { return 0 }
        let scale = [1_000, 100, 10, 1][digits.count]
        return min(1_000, (whole == "1" ? 1_000 : 0) + fraction * scale)
    }
}
