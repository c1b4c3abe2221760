/// Reads `application/x-www-form-urlencoded` (WHATWG URL Standard §5.1) from bytes to bytes.
enum URLEncodedForm {
    /// The fields in order.
    ///
    /// - Throws: `FormError` for a broken escape, a field too long, or too many fields.
    static func fields(_ body: [UInt8]) throws(FormError) -> [FormEvent] {
        guard body.count <= FormLimits.urlencodedBytesMax else { throw .tooLarge }
        var events: [FormEvent] = []
        for pair in body.split(separator: UInt8(ascii: "&")) {
            guard events.count < FormLimits.partsMax else { throw .tooLarge }
            let parts = pair.split(
                separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            let name = try decoded(parts[0])
            let value = parts.count > 1 ? try decoded(parts[1]) : []
            guard name.count <= FormLimits.nameBytesMax, value.count <= FormLimits.valueBytesMax
            else { throw .tooLarge }
            events.append(.field(name: String(decoding: name, as: UTF8.self), value: value))
        }
        return events
    }

    private static func decoded(_ bytes: ArraySlice<UInt8>) throws(FormError) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(bytes.count)
        var index = bytes.startIndex
        while index < bytes.endIndex {
            switch bytes[index] {
            case UInt8(ascii: "+"): out.append(UInt8(ascii: " "))
            case UInt8(ascii: "%"):
                guard index + 2 < bytes.endIndex, let high = nibble(bytes[index + 1]),
                    let low = nibble(bytes[index + 2])
                else { throw .malformed }
                out.append(high << 4 | low)
                index += 2
            case let byte: out.append(byte)
            }
            index += 1
        }
        return out
    }

    private static func nibble(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
