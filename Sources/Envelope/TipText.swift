/// Why a text is refused.
public enum TipTextError: Error, Equatable, Sendable {
    /// Nothing but white space.
    case empty
    /// More Unicode scalars than `limit`.
    case tooLong(limit: Int)
    /// Not UTF-8.
    case invalidUTF8
    /// A control character other than line feed and tab.
    case controlCharacter
    /// A bidirectional override, embedding or isolate (U+202A to U+202E, U+2066 to U+2069): it can make a text show
    /// something else than it says.
    case bidirectionalControl
}

/// The rules for a person's text, on bytes: neither the edge nor this file makes a `String` of it.
public enum TipText {
    /// Checks a text of UTF-8, whose line breaks are line feeds, against at most `scalarsMax` Unicode scalars.
    public static func validate(
        _ text: some Sequence<UInt8>, scalarsMax: Int = EnvelopeLimits.textScalarsMax
    ) throws(TipTextError) {
        var scalars = 0
        var hasInk = false
        var decoder = UTF8()
        var bytes = text.makeIterator()
        decoding: while true {
            switch decoder.decode(&bytes) {
            case .emptyInput: break decoding
            case .error: throw .invalidUTF8
            case .scalarValue(let scalar):
                try check(scalar)
                scalars += 1
                guard scalars <= scalarsMax else { throw .tooLong(limit: scalarsMax) }
                hasInk = hasInk || !scalar.properties.isWhitespace
            }
        }
        guard hasInk else { throw .empty }
    }

    /// Turns the CR LF that a form sends for a line break into LF; a lone CR stays, and `validate` refuses it.
    public static func normalizingLineBreaks(_ text: ArraySlice<UInt8>) -> [UInt8] {
        var normalized: [UInt8] = []
        normalized.reserveCapacity(text.count)
        var pendingReturn = false
        for byte in text {
            if pendingReturn, byte != 0x0a { normalized.append(0x0d) }
            pendingReturn = byte == 0x0d
            if !pendingReturn { normalized.append(byte) }
        }
        if pendingReturn { normalized.append(0x0d) }
        return normalized
    }

    private static func check(_ scalar: Unicode.Scalar) throws(TipTextError) {
        switch scalar.value {
        case 0x09, 0x0a: return
        case 0x00..<0x20, 0x7f..<0xa0: throw .controlCharacter
        case 0x202a...0x202e, 0x2066...0x2069: throw .bidirectionalControl
        default: return
        }
    }
}
