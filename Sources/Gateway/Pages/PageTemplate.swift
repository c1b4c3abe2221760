/// A rendered page with places left open, to be filled with bytes when somebody asks.
///
/// The open places are written `⟦name argument⟧` in the templates. Filling one is concatenation: no template engine, no
/// String and no parsing runs while a person's words are in memory.
struct PageTemplate: Sendable {
    /// Puts into a place what belongs there.
    typealias Filling = (Slot, inout [UInt8]) -> Void

    /// What a place takes.
    enum Slot: Sendable, Hashable {
        /// The text that was typed into a field.
        case value(String)
        /// ` checked` or ` selected`, if the key was chosen.
        case chosen(field: String, key: String, word: String)
        /// The message beside a field.
        case message(String)
        /// ` aria-invalid="true"`, if the field was refused.
        case invalid(String)
        /// Something the renderer makes: `summary`, `open`, `digits`, `messages`.
        case part(String)
    }

    /// The page as it stands when nobody has asked for more.
    let standing: [UInt8]
    /// What can be filled otherwise, in the order of the page, and where in the standing page it is.
    private let places: [(slot: Slot, range: Range<Int>)]

    /// - Parameter fill: fills the standing page's places; most stay empty.
    init(_ text: String, standing fill: Filling = { _, _ in }) throws(PageError) {
        let bytes = Array(text.utf8)
        let (opening, closing) = (Array("⟦".utf8), Array("⟧".utf8))
        var page: [UInt8] = []
        page.reserveCapacity(bytes.count)
        var places: [(slot: Slot, range: Range<Int>)] = []
        var rest = bytes[...]
        while let open = Self.first(opening, in: rest) {
            guard let close = Self.first(closing, in: rest[open.upperBound...]) else {
                throw .asset(name: "template", reason: "a place is not closed")
            }
            page += rest[..<open.lowerBound]
            let name = rest[open.upperBound..<close.lowerBound]
            let slot = try Self.slot(String(decoding: name, as: UTF8.self))
            let start = page.count
            fill(slot, &page)
            places.append((slot, start..<page.count))
            rest = rest[close.upperBound...]
        }
        standing = page + rest
        self.places = places
    }

    private static func first(_ sign: [UInt8], in bytes: ArraySlice<UInt8>) -> Range<Int>? {
        var rest = bytes
        while let start = sign.first.flatMap(rest.firstIndex(of:)) {
            if rest[start...].starts(with: sign) { return start..<start + sign.count }
            rest = rest[(start + 1)...]
        }
        return nil
    }

    private static func slot(_ text: String) throws(PageError) -> Slot {
        let words = text.split(separator: " ").map(String.init)
        switch (words.first, words.count) {
        case ("value", 2): return .value(words[1])
        case ("checked", 3), ("selected", 3):
            return .chosen(field: words[1], key: words[2], word: " " + words[0])
        case ("message", 2): return .message(words[1])
        case ("invalid", 2): return .invalid(words[1])
        case ("part", 2): return .part(words[1])
        default: throw .asset(name: "template", reason: "unknown place: \(text)")
        }
    }

    /// The names in the open places, for a check at start.
    var slots: [Slot] { places.map(\.slot) }

    /// The page with each open place filled.
    func filled(_ fill: Filling) -> [UInt8] {
        var page: [UInt8] = []
        page.reserveCapacity(Self.reserve)
        var end = 0
        for (slot, range) in places {
            page += standing[end..<range.lowerBound]
            fill(slot, &page)
            end = range.upperBound
        }
        page += standing[end...]
        return page
    }

    /// Below malloc's threshold for mapped blocks, so that the allocator overwrites the block when it is freed.
    private static let reserve = 96 << 10
}

/// Writing text into HTML as bytes.
enum HTML {
    /// Appends text with the five characters escaped that HTML gives a meaning; the rest is copied.
    ///
    /// Bytes that are not UTF-8 become U+FFFD: the page says that it is UTF-8, whatever was typed.
    static func append(_ text: some Sequence<UInt8>, to page: inout [UInt8]) {
        var decoder = UTF8()
        var bytes = text.makeIterator()
        while true {
            switch decoder.decode(&bytes) {
            case .emptyInput: return
            case .error: page += [0xEF, 0xBF, 0xBD]
            case .scalarValue(let scalar): append(scalar, to: &page)
            }
        }
    }

    private static func append(_ scalar: Unicode.Scalar, to page: inout [UInt8]) {
        switch scalar {
        case "&": page += Array("&amp;".utf8)
        case "<": page += Array("&lt;".utf8)
        case ">": page += Array("&gt;".utf8)
        case "\"": page += Array("&quot;".utf8)
        case "'": page += Array("&#39;".utf8)
        default: UTF8.encode(scalar) { page.append($0) }
        }
    }
}
