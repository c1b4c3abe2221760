/// Writes JSON (RFC 8259) from bytes: text that must not become a `String` goes in as UTF-8 and comes out escaped.
///
/// Strings are escaped as JCS (RFC 8785) does. Order, nesting and the validity of the UTF-8 are the caller's.
public struct JSONBytes: Sendable {
    /// What was written.
    public private(set) var bytes: [UInt8] = []
    private var needsComma = false

    /// An empty text, with room for `capacity` bytes so that growing leaves no copies behind.
    public init(reservingCapacity capacity: Int = 0) {
        bytes.reserveCapacity(capacity)
    }

    /// Writes `{`.
    public mutating func beginObject() { open(UInt8(ascii: "{")) }
    /// Writes `}`.
    public mutating func endObject() { close(UInt8(ascii: "}")) }
    /// Writes `[`.
    public mutating func beginArray() { open(UInt8(ascii: "[")) }
    /// Writes `]`.
    public mutating func endArray() { close(UInt8(ascii: "]")) }

    /// Writes a member's name.
    public mutating func key(_ name: String) {
        string(name)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    /// Writes a string given as valid UTF-8.
    public mutating func string(_ text: some Sequence<UInt8>) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        for byte in text { appendEscaped(byte) }
        bytes.append(UInt8(ascii: "\""))
        needsComma = true
    }

    /// Writes a string.
    public mutating func string(_ text: String) { string(text.utf8) }

    /// Writes binary data as a string of standard base64.
    public mutating func base64(_ data: [UInt8]) { string(Base64Text.encode(data)) }

    /// Writes an integer.
    public mutating func integer(_ value: Int) {
        separate()
        bytes.append(contentsOf: String(value).utf8)
        needsComma = true
    }

    /// Writes `true` or `false`.
    public mutating func bool(_ value: Bool) {
        separate()
        bytes.append(contentsOf: (value ? "true" : "false").utf8)
        needsComma = true
    }

    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
    }

    private mutating func open(_ bracket: UInt8) {
        separate()
        bytes.append(bracket)
        needsComma = false
    }

    private mutating func close(_ bracket: UInt8) {
        bytes.append(bracket)
        needsComma = true
    }

    private mutating func appendEscaped(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): append("\\", byte)
        case 0x08: append("\\", UInt8(ascii: "b"))
        case 0x09: append("\\", UInt8(ascii: "t"))
        case 0x0a: append("\\", UInt8(ascii: "n"))
        case 0x0c: append("\\", UInt8(ascii: "f"))
        case 0x0d: append("\\", UInt8(ascii: "r"))
        case 0x00..<0x20:
            bytes.append(contentsOf: "\\u00".utf8)
            bytes.append(hexDigit(byte >> 4))
            bytes.append(hexDigit(byte & 15))
        default: bytes.append(byte)
        }
    }

    private mutating func append(_ mark: Unicode.Scalar, _ byte: UInt8) {
        bytes.append(UInt8(ascii: mark))
        bytes.append(byte)
    }

    private func hexDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }
}
