import Foundation
import Testing

@testable import Envelope

struct TipTextTests {
    @Test(arguments: [
        "a", "Qué pasó\n\tmañana", String(repeating: "\u{1F6A8}", count: 4_000), "\u{200F}עברית",
        "e\u{301}",
    ])
    func goodTexts(_ text: String) throws {
        try TipText.validate(text.utf8)
    }

    @Test func textsAreCountedInScalars() {
        #expect(throws: TipTextError.tooLong(limit: 4_000)) {
            try TipText.validate(String(repeating: "ñ", count: 4_001).utf8)
        }
        #expect(throws: TipTextError.empty) { try TipText.validate([UInt8]()) }
        #expect(throws: TipTextError.empty) { try TipText.validate(" \n\t\u{3000}".utf8) }
    }

    @Test(
        arguments: Array(0x00...0x08) + Array(0x0b...0x1f) + Array(0x7f...0x9f)
            + Array(0x202a...0x202e) + Array(0x2066...0x2069))
    func forbiddenScalars(_ value: Int) throws {
        let scalar = try #require(Unicode.Scalar(UInt32(value)))
        let expected: TipTextError = value < 0x2000 ? .controlCharacter : .bidirectionalControl
        #expect(throws: expected) { try TipText.validate("a\(scalar)b".utf8) }
    }

    @Test(
        arguments: [
            [0x61, 0xff], [0xc3], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80],
            [0xe2, 0x80], [0x80],
        ] as [[UInt8]])
    func invalidUTF8(_ bytes: [UInt8]) {
        #expect(throws: TipTextError.invalidUTF8) { try TipText.validate(bytes) }
    }

    @Test func formsLineBreaks() {
        let normalized = TipText.normalizingLineBreaks(Array("a\r\nb\rc\r\r\n\r".utf8)[...])
        #expect(normalized == Array("a\nb\rc\r\n\r".utf8))
        #expect(throws: TipTextError.controlCharacter) { try TipText.validate("a\rb".utf8) }
    }
}

struct JSONTests {
    /// What is written from bytes is what Foundation reads.
    @Test func bytesAreEscapedAsJSON() throws {
        let text = String(String.UnicodeScalarView((0..<0x300).compactMap(Unicode.Scalar.init)))
        var json = JSONBytes()
        json.beginObject()
        json.key("text")
        json.string(Array((text + "\u{1F6A8}\u{2028}").utf8))
        json.key("list")
        json.beginArray()
        json.integer(-12)
        json.bool(true)
        json.beginObject()
        json.endObject()
        json.string("")
        json.base64([0xff, 0xfe])
        json.endArray()
        json.endObject()
        let value = try #require(
            JSONSerialization.jsonObject(with: Data(json.bytes)) as? [String: Any])
        #expect(value["text"] as? String == text + "\u{1F6A8}\u{2028}")
        #expect((value["list"] as? [Any])?.count == 5)
        guard case .object(let members) = JSONValue.parse(json.bytes) else {
            Issue.record("own reader refuses own writer")
            return
        }
        #expect(members["text"] == .string(text + "\u{1F6A8}\u{2028}"))
        #expect(
            members["list"]
                == .array([.integer(-12), .bool(true), .object([:]), .string(""), .string("//4=")]))
    }

    @Test(arguments: [
        "", " ", "{", "}", "[1,]", "{\"a\":1,}", "{\"a\":1,\"a\":2}", "{a:1}", "01", "-", "-0",
        "1.0",
        "1e3", "9007199254740992", "\"\\x\"", "\"\\ud800\"", "\"\\udc00\\ud800\"", "\"\\u12g4\"",
        "\"a", "\"\u{1}\"", "tru", "nul", "1 2", "[1 2]", "{\"a\" 1}", "'a'",
        "[[[[[[[[[[1]]]]]]]]]]",
        "\"\\u00e", "+1", "NaN", "\u{feff}1",
    ])
    func refusedTexts(_ text: String) {
        #expect(JSONValue.parse(Array(text.utf8)) == nil)
    }

    @Test func acceptedTexts() {
        #expect(
            JSONValue.parse(Array(" { \"a\" : [ -1 , 0, 9007199254740991 ] } \n".utf8))
                == .object([
                    "a": .array([.integer(-1), .integer(0), .integer(9_007_199_254_740_991)])
                ])
        )
        #expect(
            JSONValue.parse(Array(#""\ud83d\udea8\/\b\f\n\r\t\"\\\u00E9""#.utf8))
                == .string("\u{1F6A8}/\u{8}\u{c}\n\r\t\"\\é"))
        #expect(JSONValue.parse([0x22, 0xff, 0x22]) == nil)
    }
}

struct TipDocumentTests {
    static func full() throws -> TipDocument {
        var document = sampleDocument("Una \"frase\" con \\ y\nsalto")
        document.whoAmI = "neighbour_or_witness"
        document.category = ["grooming", "other_unsure"]
        document.whereCountry = "AR"
        document.whereText = "Rosario"
        document.when = "last_7_days"
        document.whenText = "Los domingos, de noche"
        document.online = ["https://example.org/a?b=c", "@usuario"]
        document.childAgeBand = "13_15"
        document.childCount = "two_to_five"
        document.childSexOrGender = "girl"
        document.stillHappening = .yes
        document.crossesBorder = .unsure
        document.otherCountry = "España"
        document.safeContactNote = "De noche no."
        document.consentShare = ["police_unit"]
        document.attachments = [
            .init(
                name: "foto ñ.jpg", type: "image/jpeg", size: 3,
                sha256: [UInt8](repeating: 1, count: 32))
        ]
        let key = [UInt8](repeating: 9, count: 32)
        document.mailbox = try Mailbox(id: key, replyKey: key, psk: key, answer: key)
        return document
    }

    @Test func roundTrip() throws {
        let document = try TipDocumentTests.full()
        let json = try document.encoded()
        #expect(try TipDocument(json: json) == document)
        // Sorted names and no spaces: the same bytes as Foundation's canonical form.
        let object = try JSONSerialization.jsonObject(with: Data(json))
        let sorted = try JSONSerialization.data(
            withJSONObject: object, options: [.sortedKeys, .withoutEscapingSlashes])
        #expect(Array(sorted) == json)
    }

    @Test(arguments: [
        #"{"v":1}"#, #"{"v":2,"what_happened":"a"}"#, #"{"what_happened":"a"}"#,
        #"{"v":1,"what_happened":""}"#, #"{"v":1,"what_happened":1}"#,
        #"{"v":1,"what_happened":"a","ip":"192.0.2.1"}"#,
        #"{"v":1,"what_happened":"a","danger_now":"maybe"}"#,
        #"{"v":1,"what_happened":"a","where_country":"ar"}"#,
        #"{"v":1,"what_happened":"a","category":["a b"]}"#,
        #"{"v":1,"what_happened":"a","category":"grooming"}"#,
        #"{"v":1,"what_happened":"a","online":["a\u202eb"]}"#,
        #"{"v":1,"what_happened":"a\u0007"}"#,
        #"{"v":1,"what_happened":"a","crosses_border":"maybe"}"#,
        #"{"v":1,"what_happened":"a","child_count":"a b"}"#,
        #"{"v":1,"what_happened":"a","child_sex_or_gender":["girl"]}"#,
        #"{"v":1,"what_happened":"a","other_country":"a\u202eb"}"#,
        #"{"v":1,"what_happened":"a","safe_contact_note":""}"#,
        #"{"v":1,"what_happened":"a","mailbox":{"id":"AA=="}}"#,
        #"{"v":1,"what_happened":"a","answer_tag":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}"#,
        #"{"v":1,"what_happened":"a","attachments":[{"name":"a"}]}"#, "[]", "",
    ])
    func refusedDocuments(_ json: String) {
        #expect(throws: EnvelopeError.malformedDocument) {
            try TipDocument(json: Array(json.utf8))
        }
    }

    @Test(arguments: [
        "../a", "a/b", "a\\b", ".", "..", "", "a\u{0}b", "a\nb", "a\u{202e}gpj.exe",
        String(repeating: "a", count: 256),
    ])
    func dangerousNames(_ name: String) throws {
        var document = sampleDocument()
        document.attachments = [
            .init(name: name, type: "a/b", size: 1, sha256: [UInt8](repeating: 1, count: 32))
        ]
        #expect(throws: EnvelopeError.malformedDocument) { try document.encoded() }
    }

    @Test(arguments: [
        ("a\tb.jpg", "a_b.jpg"), ("a\nb.jpg", "a_b.jpg"), ("../a", ".._a"), (".", "-"), ("", "-"),
        (" ", "-"), ("\u{202e}.", "_."), ("ñ", "ñ"),
        (String(repeating: "x", count: 300) + ".jpg", String(repeating: "x", count: 251) + ".jpg"),
        (String(repeating: "🌧", count: 64), String(repeating: "🌧", count: 63)),
    ])
    func aTipIsNotLostForTheNameOfAFile(_ sent: String, _ read: String) throws {
        var document = sampleDocument()
        document.attachments = [
            .init(name: "NAME", type: "TYPE", size: 1, sha256: [UInt8](repeating: 1, count: 32))
        ]
        var name = JSONBytes()
        name.string(sent)
        let text = String(decoding: try document.encoded(), as: UTF8.self)
            .replacing("\"NAME\"", with: String(decoding: name.bytes, as: UTF8.self))
            .replacing("TYPE", with: "image / jpeg")
        let found = try #require(try TipDocument(json: Array(text.utf8)).attachments.first)
        #expect(found.name == read)
        #expect(found.type == "application/octet-stream")
    }

    @Test func limits() throws {
        var document = sampleDocument()
        document.online = [String](repeating: "a", count: 11)
        #expect(throws: EnvelopeError.malformedDocument) { try document.encoded() }
        document.online = [String(repeating: "a", count: 1_001)]
        #expect(throws: EnvelopeError.malformedDocument) { try document.encoded() }
        document.online = [String(repeating: "\u{1F6A8}", count: 1_000)]
        #expect(try document.encoded().count < EnvelopeLimits.documentBytesMax)
        document.attachments = (0..<17).map { index in
            .init(
                name: "\(index)", type: "a/b", size: 1, sha256: [UInt8](repeating: 1, count: 32))
        }
        #expect(throws: EnvelopeError.malformedDocument) { try document.encoded() }
    }
}
