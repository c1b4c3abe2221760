/// A strict reader of the JSON that `CanonicalJSON` allows (RFC 8259, less fractions and duplicate keys).
struct JSONParser {
    private let bytes: [UInt8]
    private var position = 0
    private var depth = 0

    init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// One value with nothing but white space around it.
    mutating func document() throws(NoteError) -> CanonicalJSON {
        guard bytes.count <= NoteLimits.jsonBytesMax else { throw malformed }
        skipSpace()
        let value = try value()
        skipSpace()
        guard position == bytes.count else { throw malformed }
        return value
    }

    private var malformed: NoteError { .malformedJSON(offset: position) }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipSpace() {
        while let byte = next, byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 {
            position += 1
        }
    }

    private mutating func take(_ character: UInt8) -> Bool {
        guard next == character else { return false }
        position += 1
        return true
    }

    private mutating func value() throws(NoteError) -> CanonicalJSON {
        switch next {
        case UInt8(ascii: "{"):
            return try nested { (parser) throws(NoteError) in
                try parser.object()
            }
        case UInt8(ascii: "["):
            return try nested { (parser) throws(NoteError) in
                try parser.array()
            }
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return .integer(try integer())
        }
    }

    private mutating func nested(
        _ body: (inout JSONParser) throws(NoteError) -> CanonicalJSON
    ) throws(NoteError) -> CanonicalJSON {
        guard depth < NoteLimits.jsonDepthMax else { throw malformed }
        depth += 1
        position += 1
        let value = try body(&self)
        depth -= 1
        return value
    }

    private mutating func word(
        _ word: String, _ value: CanonicalJSON
    ) throws(NoteError) -> CanonicalJSON {
        guard bytes[position...].starts(with: word.utf8) else { throw malformed }
        position += word.utf8.count
        return value
    }

    private mutating func object() throws(NoteError) -> CanonicalJSON {
        var members: [String: CanonicalJSON] = [:]
        skipSpace()
        if take(UInt8(ascii: "}")) { return .object(members) }
        while true {
            skipSpace()
            let key = try string()
            skipSpace()
            guard take(UInt8(ascii: ":")) else { throw malformed }
            skipSpace()
            guard members.updateValue(try value(), forKey: key) == nil else { throw malformed }
            skipSpace()
            if take(UInt8(ascii: "}")) { return .object(members) }
            guard take(UInt8(ascii: ",")) else { throw malformed }
        }
    }

    private mutating func array() throws(NoteError) -> CanonicalJSON {
        var items: [CanonicalJSON] = []
        skipSpace()
        if take(UInt8(ascii: "]")) { return .array(items) }
        while true {
            skipSpace()
            items.append(try value())
            skipSpace()
            if take(UInt8(ascii: "]")) { return .array(items) }
            guard take(UInt8(ascii: ",")) else { throw malformed }
        }
    }

    private mutating func integer() throws(NoteError) -> Int {
        let isNegative = take(UInt8(ascii: "-"))
        let start = position
        var number = 0
        while let byte = next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
            number = number * 10 + Int(byte - UInt8(ascii: "0"))
            guard number <= CanonicalJSON.integerMax else { throw malformed }
            position += 1
        }
        let digits = position - start
        let hasLeadingZero = digits > 1 && bytes[start] == UInt8(ascii: "0")
        // "-0" would be a second spelling of 0; a point or an exponent is a fraction's.
        guard digits > 0, !hasLeadingZero, !(isNegative && number == 0) else { throw malformed }
        return isNegative ? -number : number
    }

    private mutating func string() throws(NoteError) -> String {
        guard take(UInt8(ascii: "\"")) else { throw malformed }
        var content: [UInt8] = []
        var start = position
        while let byte = next {
            switch byte {
            case UInt8(ascii: "\""):
                content.append(contentsOf: bytes[start..<position])
                position += 1
                guard let text = String(validating: content, as: UTF8.self) else {
                    throw malformed
                }
                return text
            case UInt8(ascii: "\\"):
                content.append(contentsOf: bytes[start..<position])
                position += 1
                try escape(into: &content)
                start = position
            case 0..<0x20: throw malformed
            default: position += 1
            }
        }
        throw malformed
    }

    private mutating func escape(into content: inout [UInt8]) throws(NoteError) {
        guard let byte = next else { throw malformed }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): content.append(byte)
        case UInt8(ascii: "b"): content.append(0x08)
        case UInt8(ascii: "f"): content.append(0x0c)
        case UInt8(ascii: "n"): content.append(0x0a)
        case UInt8(ascii: "r"): content.append(0x0d)
        case UInt8(ascii: "t"): content.append(0x09)
        case UInt8(ascii: "u"): content.append(contentsOf: try scalar().utf8)
        default: throw malformed
        }
    }

    /// The character of a `\u` escape, or of two that are a surrogate pair.
    private mutating func scalar() throws(NoteError) -> Character {
        let first = try codeUnit()
        var code = UInt32(first)
        if (0xd800..<0xdc00).contains(first) {
            guard take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else { throw malformed }
            let second = try codeUnit()
            guard (0xdc00..<0xe000).contains(second) else { throw malformed }
            code = 0x10000 + (UInt32(first) - 0xd800) << 10 + (UInt32(second) - 0xdc00)
        }
        guard let scalar = Unicode.Scalar(code) else { throw malformed }
        return Character(scalar)
    }

    private mutating func codeUnit() throws(NoteError) -> UInt16 {
        var code: UInt16 = 0
        for _ in 0..<4 {
            guard let byte = next, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw malformed
            }
            code = code << 4 | UInt16(digit)
            position += 1
        }
        return code
    }
}
