/// Reads the lines of a note's text one after the other.
struct NoteLines {
    private var lines: ArraySlice<ArraySlice<UInt8>>
    let type: NoteType
    let origin: String

    /// Takes type and origin from the first two lines; the type has to be one of `expected`.
    init(_ text: [UInt8], _ expected: NoteType...) throws(NoteError) {
        let type = try NoteType(of: text)
        guard expected.contains(type) else { throw .wrongType }
        self.type = type
        guard text.last == 0x0a else { throw .malformedLine("end") }
        lines = text.dropLast().split(separator: 0x0a, omittingEmptySubsequences: false)
            .dropFirst()
        guard let first = lines.popFirst(), let origin = String(validating: first, as: UTF8.self),
            NoteVerifier.isKeyName(origin)
        else { throw .malformedLine("origin") }
        self.origin = origin
    }

    /// True if no line is left.
    var isAtEnd: Bool { lines.isEmpty }

    /// The next line as it is.
    mutating func line(_ what: String) throws(NoteError) -> ArraySlice<UInt8> {
        guard let line = lines.popFirst() else { throw .malformedLine(what) }
        return line
    }

    /// The next line as text.
    mutating func word(_ what: String) throws(NoteError) -> String {
        guard let word = String(validating: try line(what), as: UTF8.self) else {
            throw .malformedLine(what)
        }
        return word
    }

    /// The next line as base64 of `count` bytes.
    mutating func base64(_ what: String, count: Int) throws(NoteError) -> [UInt8] {
        try Self.base64(line(what), what, count: count)
    }

    /// The next line as a decimal number.
    mutating func decimal(_ what: String) throws(NoteError) -> UInt64 {
        try Self.decimal(line(what), what)
    }

    /// Throws if a line is left.
    func end() throws(NoteError) {
        guard isAtEnd else { throw .malformedLine("end") }
    }

    static func base64(
        _ field: ArraySlice<UInt8>, _ what: String, count: Int
    ) throws(NoteError) -> [UInt8] {
        guard let bytes = try? Base64.decode(ascii: field), bytes.count == count else {
            throw .malformedLine(what)
        }
        return bytes
    }

    /// A decimal below 2^53 without sign or leading zero.
    static func decimal(_ field: ArraySlice<UInt8>, _ what: String) throws(NoteError) -> UInt64 {
        guard (1...16).contains(field.count), field.first != UInt8(ascii: "0") || field.count == 1
        else { throw .malformedLine(what) }
        var number: UInt64 = 0
        for byte in field {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else {
                throw .malformedLine(what)
            }
            number = number * 10 + UInt64(byte - UInt8(ascii: "0"))
        }
        guard number <= UInt64(CanonicalJSON.integerMax) else { throw .malformedLine(what) }
        return number
    }

    /// Joins the lines of a text: type, origin, and what follows.
    static func text(_ type: NoteType, _ origin: String, _ rest: [String]) -> [UInt8] {
        Array(([type.line, origin] + rest).map { $0 + "\n" }.joined().utf8)
    }
}
