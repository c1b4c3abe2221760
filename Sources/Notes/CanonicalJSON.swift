/// JSON as this project hashes and signs it: RFC 8785 (JCS), without fractions and with integers below 2^53.
///
/// Keys that Unicode holds to be equal in two spellings count as one key.
public enum CanonicalJSON: Hashable, Sendable {
    /// `null`.
    case null
    /// `true` or `false`.
    case bool(Bool)
    /// A whole number, |n| < 2^53.
    case integer(Int)
    /// A text.
    case string(String)
    /// A list.
    case array([CanonicalJSON])
    /// Members by key.
    case object([String: CanonicalJSON])

    /// Greatest magnitude of an integer: 2^53 - 1 (RFC 7493 section 2.2).
    public static let integerMax = 9_007_199_254_740_991

    /// Reads any spelling of a document; duplicate keys, fractions, great numbers and what follows the value are refused.
    public init(parsing bytes: [UInt8]) throws(NoteError) {
        var parser = JSONParser(bytes: bytes)
        self = try parser.document()
    }

    /// Reads a document that has to be in its canonical spelling, byte for byte.
    public init(parsingCanonical bytes: [UInt8]) throws(NoteError) {
        try self.init(parsing: bytes)
        guard encoded == bytes else { throw .notCanonical }
    }

    /// The canonical spelling (RFC 8785), as UTF-8.
    public var encoded: [UInt8] {
        var writer = JSONWriter()
        writer.write(self)
        return writer.bytes
    }

    /// The canonical spelling as a string.
    public var encodedString: String { String(decoding: encoded, as: UTF8.self) }

    /// The members, if this is an object.
    public var object: [String: CanonicalJSON]? {
        if case .object(let members) = self { members } else { nil }
    }

    /// The items, if this is an array.
    public var array: [CanonicalJSON]? {
        if case .array(let items) = self { items } else { nil }
    }

    /// The text, if this is a string.
    public var string: String? {
        if case .string(let text) = self { text } else { nil }
    }

    /// The number, if this is an integer.
    public var integer: Int? {
        if case .integer(let number) = self { number } else { nil }
    }

    /// The truth value, if this is one.
    public var bool: Bool? {
        if case .bool(let value) = self { value } else { nil }
    }

    /// A member of an object; nil if absent, or if this is no object.
    public subscript(key: String) -> CanonicalJSON? { object?[key] }
}

extension CanonicalJSON: ExpressibleByStringLiteral {
    /// A string.
    public init(stringLiteral value: String) { self = .string(value) }
}

extension CanonicalJSON: ExpressibleByIntegerLiteral {
    /// An integer.
    public init(integerLiteral value: Int) { self = .integer(value) }
}

/// Writes JCS.
private struct JSONWriter {
    private(set) var bytes: [UInt8] = []

    mutating func write(_ value: CanonicalJSON) {
        switch value {
        case .null: append("null")
        case .bool(let value): append(value ? "true" : "false")
        case .integer(let number): integer(number)
        case .string(let text): string(text)
        case .array(let items): array(items)
        case .object(let members): object(members)
        }
    }

    private mutating func append(_ ascii: StaticString) {
        bytes.append(contentsOf: ascii.description.utf8)
    }

    private mutating func integer(_ number: Int) {
        // A greater number has no spelling that every JSON reader takes for the same: a mistake of the program.
        precondition(
            number.magnitude <= CanonicalJSON.integerMax.magnitude,
            "an integer of 2^53 or more has no canonical JSON")
        bytes.append(contentsOf: String(number).utf8)
    }

    private mutating func array(_ items: [CanonicalJSON]) {
        bytes.append(UInt8(ascii: "["))
        for (index, item) in items.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            write(item)
        }
        bytes.append(UInt8(ascii: "]"))
    }

    private mutating func object(_ members: [String: CanonicalJSON]) {
        bytes.append(UInt8(ascii: "{"))
        let ordered = members.sorted { Self.precedes($0.key, $1.key) }
        for (index, member) in ordered.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            string(member.key)
            bytes.append(UInt8(ascii: ":"))
            write(member.value)
        }
        bytes.append(UInt8(ascii: "}"))
    }

    /// RFC 8785 section 3.2.3: by UTF-16 code units, which for ASCII is by bytes.
    private static func precedes(_ a: String, _ b: String) -> Bool {
        let isASCII = a.utf8.allSatisfy { $0 < 0x80 } && b.utf8.allSatisfy { $0 < 0x80 }
        return isASCII
            ? a.utf8.lexicographicallyPrecedes(b.utf8)
            : a.utf16.lexicographicallyPrecedes(b.utf16)
    }

    private mutating func string(_ text: String) {
        // As an array: looking through a string's UTF-8 byte by byte costs several times as much.
        let utf8 = Array(text.utf8)
        var start = 0
        bytes.append(UInt8(ascii: "\""))
        for (index, byte) in utf8.enumerated() where Self.isEscaped(byte) {
            bytes.append(contentsOf: utf8[start..<index])
            escape(byte)
            start = index + 1
        }
        bytes.append(contentsOf: utf8[start...])
        bytes.append(UInt8(ascii: "\""))
    }

    private static func isEscaped(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    private mutating func escape(_ byte: UInt8) {
        if byte < 0x20 {
            control(byte)
        } else {
            bytes.append(UInt8(ascii: "\\"))
            bytes.append(byte)
        }
    }

    private mutating func control(_ byte: UInt8) {
        switch byte {
        case 0x08: append("\\b")
        case 0x09: append("\\t")
        case 0x0a: append("\\n")
        case 0x0c: append("\\f")
        case 0x0d: append("\\r")
        default:
            let digits = Array("0123456789abcdef".utf8)
            append("\\u00")
            bytes.append(digits[Int(byte >> 4)])
            bytes.append(digits[Int(byte & 15)])
        }
    }
}
