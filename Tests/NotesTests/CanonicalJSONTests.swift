import Notes
import Testing

@Suite struct CanonicalJSONTests {
    /// RFC 8785 section 3.2.3: the order of keys by UTF-16 code units.
    @Test func keysAreOrderedAsPublished() throws {
        let input = #"""
            {"\u20ac": "Euro Sign", "\r": "Carriage Return", "\ufb33": "Hebrew Letter Dalet With Dagesh",
            "1": "One", "\ud83d\ude00": "Emoji: Grinning Face", "\u0080": "Control",
            "\u00f6": "Latin Small Letter O With Diaeresis"}
            """#
        let value = try CanonicalJSON(parsing: input.bytes)
        let order = [
            "Carriage Return", "One", "Control", "Latin Small Letter O With Diaeresis",
            "Euro Sign", "Emoji: Grinning Face", "Hebrew Letter Dalet With Dagesh",
        ]
        let text = value.encodedString
        let places = try order.map { try #require(text.firstRange(of: $0)).lowerBound }
        #expect(places == places.sorted())
        #expect(try CanonicalJSON(parsingCanonical: value.encoded) == value)
    }

    /// RFC 8785 section 3.2.2.2: the string of the sample, and every control character.
    @Test func stringsAreEscapedAsPublished() throws {
        let sample = #""\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/""#
        let value = try CanonicalJSON(parsing: sample.bytes)
        #expect(value.encodedString == #""€$\u000f\nA'B\"\\\\\"/""#)
        let controls = String(String.UnicodeScalarView((0..<32).compactMap(Unicode.Scalar.init)))
        #expect(
            CanonicalJSON.string(controls).encodedString
                == #""\u0000\u0001\u0002\u0003\u0004\u0005\u0006\u0007\b\t\n\u000b\f\r\u000e\u000f"#
                + #"\u0010\u0011\u0012\u0013\u0014\u0015\u0016\u0017\u0018\u0019\u001a\u001b"#
                + #"\u001c\u001d\u001e\u001f""#)
        #expect(
            try CanonicalJSON(parsingCanonical: CanonicalJSON.string(controls).encoded).string
                == controls)
    }

    @Test(arguments: [
        "", " ", "nul", "tru", "truex", "{", "[", "\"", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{,}",
        "[1,]",
        "[,1]", "[1 2]", "{\"a\" 1}", "{a:1}", "'a'", "1 2", "+1", "-", "-0", "00", "1.", "1.0",
        ".5", "1e2",
        "1E2", "9007199254740992", "-9007199254740992", "99999999999999999999", "NaN", "Infinity",
        "\"\t\"", "\"\\x\"", "\"\\u12\"", "\"\\u12g4\"", "\"\\ud800\"", "\"\\ud800\\u0041\"",
        "\"\\udc00\"", "\"\\ud800x\"", "{\"a\":1,\"a\":1}", "{\"a\":1,\"\\u0061\":2}", "\u{feff}{}",
        "[1]]",
        "/**/1", "\"\\", "\"\\u",
    ])
    func whatIsNotThisJSONIsRefused(text: String) {
        #expect(throws: NoteError.self) { _ = try CanonicalJSON(parsing: text.bytes) }
    }

    @Test func bytesThatAreNotUTF8AreRefused() {
        for bytes in [
            [0x22, 0xff, 0x22], [0x22, 0xc3, 0x22], [0x22, 0xed, 0xa0, 0x80, 0x22],
            [0x22, 0xc0, 0x80, 0x22],
        ] as [[UInt8]] {
            #expect(throws: NoteError.self) { _ = try CanonicalJSON(parsing: bytes) }
        }
    }

    @Test func depthAndSizeAreLimited() throws {
        let depth = NoteLimits.jsonDepthMax
        let deepest = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        #expect(try CanonicalJSON(parsingCanonical: deepest.bytes).encoded == deepest.bytes)
        #expect(throws: NoteError.self) { _ = try CanonicalJSON(parsing: "[\(deepest)]".bytes) }
        let endless = String(repeating: "[", count: 1_000_000)
        #expect(throws: NoteError.self) { _ = try CanonicalJSON(parsing: endless.bytes) }
        let long = [UInt8](repeating: 0x20, count: NoteLimits.jsonBytesMax) + [0x31]
        #expect(throws: NoteError.malformedJSON(offset: 0)) {
            _ = try CanonicalJSON(parsing: long)
        }
    }

    @Test func integersReachTheirLimitsAndNoFurther() throws {
        for number in [0, 1, -1, CanonicalJSON.integerMax, -CanonicalJSON.integerMax] {
            let value = try CanonicalJSON(parsingCanonical: String(number).bytes)
            #expect(value == .integer(number))
            #expect(value.encodedString == String(number))
        }
    }

    @Test func anIntegerWithoutCanonicalFormEndsTheProcess() async {
        await #expect(processExitsWith: .failure) {
            _ = CanonicalJSON.integer(1 << 53).encoded
        }
    }

    @Test func spellingsOfOneKeyThatUnicodeHoldsEqualAreOneKey() {
        let twice = "{\"\u{e9}\":1,\"e\u{301}\":2}"
        #expect(throws: NoteError.self) { _ = try CanonicalJSON(parsing: twice.bytes) }
    }

    @Test func membersAreFoundByKindAndName() throws {
        let value = try CanonicalJSON(
            parsing: #"{"a":[true,null],"n":-3,"o":{"x":"y"},"s":"t"}"#.bytes)
        #expect(value["s"]?.string == "t")
        #expect(value["n"]?.integer == -3)
        #expect(value["a"]?.array?.first?.bool == true)
        #expect(value["a"]?.array?.last == .null)
        #expect(value["o"]?["x"]?.string == "y")
        #expect(value["absent"] == nil)
        #expect(value["s"]?.integer == nil)
        #expect(value["s"]?["x"] == nil)
    }
}
