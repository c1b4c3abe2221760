import Sodium

/// A SHA-256 as people compare it over the telephone: sixteen groups of four hexadecimal digits.
public enum Fingerprint {
    private static let groupDigits = 4

    /// The groups of a hash of 32 bytes, a space between them.
    public static func text(_ hash: [UInt8]) -> String {
        let digits = Array(hexadecimal(hash))
        return stride(from: 0, to: digits.count, by: groupDigits)
            .map { String(digits[$0..<min($0 + groupDigits, digits.count)]) }
            .joined(separator: " ")
    }

    /// The groups of the SHA-256 of a public line: a key line, whose key_id that is, or a verifier key.
    public static func text(of line: String) -> String {
        text(SmallHash.sha256(Array(line.utf8)))
    }

    /// The 32 bytes that `text` was made of, wherever the spaces are; nil for anything else.
    public static func bytes(_ text: String) -> [UInt8]? {
        let digits = text.utf8.filter { $0 != UInt8(ascii: " ") }
            .map { Character(Unicode.Scalar($0)).hexDigitValue }
        guard digits.count == 2 * SmallHash.byteCount else { return nil }
        let bytes = stride(from: 0, to: digits.count, by: 2).compactMap { place -> UInt8? in
            guard let high = digits[place], let low = digits[place + 1] else { return nil }
            return UInt8(16 * high + low)
        }
        return bytes.count == SmallHash.byteCount ? bytes : nil
    }

    /// Lower-case hexadecimal, two digits a byte.
    public static func hexadecimal(_ bytes: [UInt8]) -> String {
        bytes.map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }.joined()
    }
}
