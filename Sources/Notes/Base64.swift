/// Base64 (RFC 4648) with one spelling per value: no white space, no stray bits, padding as the alphabet has it.
public enum Base64 {
    /// Encodes in the standard alphabet with padding (section 4): in JSON, notes and records.
    public static func encode(_ bytes: some Collection<UInt8>) -> String {
        String(decoding: encodedBytes(Array(bytes)), as: UTF8.self)
    }

    /// Encodes in the URL-safe alphabet without padding (section 5): in paths and queries.
    public static func encodeURL(_ bytes: some Collection<UInt8>) -> String {
        String(decoding: encode(Array(bytes), Alphabet.url, isPadded: false), as: UTF8.self)
    }

    /// Decodes the standard alphabet with padding; anything but the one spelling of a value is refused.
    public static func decode(_ text: some StringProtocol) throws(NoteError) -> [UInt8] {
        try decode(ascii: Array(text.utf8)[...])
    }

    /// Decodes standard base64 of exactly `count` bytes.
    public static func decode(
        _ text: some StringProtocol, count: Int
    ) throws(NoteError) -> [UInt8] {
        let bytes = try decode(text)
        guard bytes.count == count else { throw .malformedBase64 }
        return bytes
    }

    /// Decodes the URL-safe alphabet without padding.
    public static func decodeURL(_ text: some StringProtocol) throws(NoteError) -> [UInt8] {
        try decode(Array(text.utf8)[...], Alphabet.urlValues)
    }

    /// Standard base64 as ASCII bytes.
    static func encodedBytes(_ bytes: [UInt8]) -> [UInt8] {
        encode(bytes, Alphabet.standard, isPadded: true)
    }

    /// Decodes standard base64 given as ASCII bytes.
    static func decode(ascii text: ArraySlice<UInt8>) throws(NoteError) -> [UInt8] {
        guard text.count % 4 == 0 else { throw .malformedBase64 }
        let padding = text.suffix(2).reversed().prefix { $0 == UInt8(ascii: "=") }.count
        return try decode(text.dropLast(padding), Alphabet.standardValues)
    }

    private static func encode(
        _ bytes: [UInt8], _ alphabet: [UInt8], isPadded: Bool
    ) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity((bytes.count + 2) / 3 * 4)
        var index = 0
        while index < bytes.count {
            let present = min(3, bytes.count - index)
            var group = UInt32(bytes[index]) << 16
            if present > 1 { group |= UInt32(bytes[index + 1]) << 8 }
            if present > 2 { group |= UInt32(bytes[index + 2]) }
            for character in 0..<4 {
                if character <= present {
                    out.append(alphabet[Int(group >> UInt32(18 - 6 * character)) & 63])
                } else if isPadded {
                    out.append(UInt8(ascii: "="))
                }
            }
            index += 3
        }
        return out
    }

    private static func decode(
        _ text: ArraySlice<UInt8>, _ values: [UInt8]
    ) throws(NoteError) -> [UInt8] {
        guard text.count % 4 != 1 else { throw .malformedBase64 }
        var out: [UInt8] = []
        out.reserveCapacity(text.count / 4 * 3 + 2)
        var group: UInt32 = 0
        var bits: UInt32 = 0
        for character in text {
            let value = values[Int(character)]
            guard value != Alphabet.invalid else { throw .malformedBase64 }
            group = group << 6 | UInt32(value)
            bits += 6
            if bits >= 8 {
                bits -= 8
                out.append(UInt8(truncatingIfNeeded: group >> bits))
            }
        }
        // Bits left over must be zero, or a second spelling of the same value would exist.
        guard group & ((1 << bits) - 1) == 0 else { throw .malformedBase64 }
        return out
    }

    private enum Alphabet {
        static let invalid: UInt8 = 0xff
        private static let common =
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
        static let standard = Array((common + "+/").utf8)
        static let url = Array((common + "-_").utf8)
        static let standardValues = values(standard)
        static let urlValues = values(url)

        private static func values(_ alphabet: [UInt8]) -> [UInt8] {
            var values = [UInt8](repeating: invalid, count: 256)
            for (value, character) in alphabet.enumerated() {
                values[Int(character)] = UInt8(value)
            }
            return values
        }
    }
}
