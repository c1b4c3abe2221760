public import Sodium

/// A reporter's receipt: 88 random bits, shown as 27 digits and a check group, or as eight words (formats §3).
public struct Receipt: ~Copyable {
    /// Size of the secret in bytes.
    public static let secretBytes = 11
    /// Number of words in a receipt of words.
    public static let wordCount = 8
    /// The big-endian number: 11 bytes.
    let secret: SecretBytes

    /// Draws a new receipt.
    ///
    /// 11 random bytes are every number below 2^88 alike, so nothing is redrawn.
    public init() throws(EnvelopeError) {
        secret = try SecretBytes.drawing(Receipt.secretBytes)
    }

    /// Takes the secret's 11 bytes.
    public init(secret: consuming SecretBytes) throws(EnvelopeError) {
        guard secret.count == Receipt.secretBytes else { throw .malformedReceipt }
        self.secret = secret
    }

    /// Reads digits as a person types them: 30 ASCII digits, whatever stands between them.
    ///
    /// A wrong check group, a number of 2^88 or more, and anything else is `malformedReceipt`.
    public init(digits text: some Collection<UInt8>) throws(EnvelopeError) {
        guard text.count <= Receipt.textBytesMax else { throw .malformedReceipt }
        var number: UInt128 = 0
        var check = 0
        var count = 0
        for byte in text {
            guard let digit = Receipt.digit(byte) else { continue }
            // 27 digits stay below 10^27, far from overflow.
            if count < 27 {
                number = number * 10 + UInt128(digit)
            } else {
                check = check * 10 + digit
            }
            count += 1
            guard count <= 30 else { throw .malformedReceipt }
        }
        guard count == 30, number >> 88 == 0, Int(number % 997) == check else {
            throw .malformedReceipt
        }
        secret = try Receipt.secret(of: number)
    }

    /// Reads eight words of a list, in any case, with or without accents, of each the first four letters at least.
    ///
    /// All that is no letter stands between words.
    public init(
        words text: some Collection<UInt8>, list: ReceiptWords
    ) throws(EnvelopeError) {
        guard text.count <= Receipt.textBytesMax else { throw .malformedReceipt }
        var number: UInt128 = 0
        var count = 0
        for word in ReceiptSpelling.words(of: text) {
            guard count < Receipt.wordCount, let index = list.index(of: word) else {
                throw .malformedReceipt
            }
            number = number << 11 | UInt128(index)
            count += 1
        }
        guard count == Receipt.wordCount else { throw .malformedReceipt }
        secret = try Receipt.secret(of: number)
    }

    /// Ten groups of three ASCII digits with a space between: 39 bytes.
    public borrowing func digits() -> [UInt8] {
        let number = number()
        var rest = number
        var digits = [UInt8](repeating: 0, count: 27)
        for place in digits.indices.reversed() {
            digits[place] = UInt8(rest % 10)
            rest /= 10
        }
        let check = UInt16(number % 997)
        digits += [check / 100, check / 10 % 10, check % 10].map { UInt8($0) }
        var text: [UInt8] = []
        for (place, digit) in digits.enumerated() {
            if place > 0, place.isMultiple(of: 3) { text.append(UInt8(ascii: " ")) }
            text.append(UInt8(ascii: "0") + digit)
        }
        return text
    }

    /// Eight words of a list with a space between, as UTF-8.
    public borrowing func words(of list: ReceiptWords) -> [UInt8] {
        let number = number()
        let indices = (0..<Receipt.wordCount).map { place in
            Int(truncatingIfNeeded: number >> UInt128(77 - 11 * place)) & 2_047
        }
        return Array(indices.map { list.words[$0] }.joined(separator: [UInt8(ascii: " ")]))
    }

    /// Greatest typed receipt, in bytes: ten groups with generous separators, or eight long words.
    static let textBytesMax = 512

    private borrowing func number() -> UInt128 {
        var number: UInt128 = 0
        for place in 0..<Receipt.secretBytes {
            number = number << 8 | UInt128(secret.span[place])
        }
        return number
    }

    private static func secret(of number: UInt128) throws(EnvelopeError) -> SecretBytes {
        var bytes = (0..<secretBytes).map {
            UInt8(truncatingIfNeeded: number >> UInt128(80 - 8 * $0))
        }
        defer { LockedMemory.wipe(&bytes) }
        return try SecretBytes.holding(bytes)
    }

    private static func digit(_ byte: UInt8) -> Int? {
        let zero = UInt8(ascii: "0")
        return (zero...zero + 9).contains(byte) ? Int(byte - zero) : nil
    }
}
