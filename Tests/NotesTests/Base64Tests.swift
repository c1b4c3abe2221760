import Foundation
import Notes
import Sodium
import Testing

@Suite struct Base64Tests {
    /// RFC 4648 section 10.
    static let published = [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="),
        ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy"),
    ]

    @Test(arguments: published)
    func publishedValues(plain: String, encoded: String) throws {
        #expect(Base64.encode(plain.bytes) == encoded)
        #expect(try Base64.decode(encoded) == plain.bytes)
        let bare = encoded.replacing("=", with: "")
        #expect(Base64.encodeURL(plain.bytes) == bare)
        #expect(try Base64.decodeURL(bare) == plain.bytes)
    }

    @Test func everyLengthAgreesWithFoundation() throws {
        for count in 0..<200 {
            let bytes = Randomness.bytes(count)
            let text = Base64.encode(bytes)
            #expect(text == Data(bytes).base64EncodedString())
            #expect(try Base64.decode(text) == bytes)
            #expect(try Base64.decodeURL(Base64.encodeURL(bytes)) == bytes)
        }
    }

    @Test(arguments: [
        "Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "Zm9v\n", " Zm9v", "Zm 9", "Zm9_", "Zm-v", "=",
        "====",
        "A", "AA=A", "Zg==Zg==", "Zmé=", "Z===",
    ])
    func otherSpellingsAreRefused(text: String) {
        #expect(throws: NoteError.malformedBase64) { _ = try Base64.decode(text) }
    }

    @Test(arguments: ["Zg==", "Zh", "Zm9", "A", "Zm9+", "Zm9/", "Zg="])
    func otherURLSpellingsAreRefused(text: String) {
        #expect(throws: NoteError.malformedBase64) { _ = try Base64.decodeURL(text) }
    }

    @Test func theAlphabetsDifferInTwoCharacters() throws {
        #expect(Base64.encode([0xfb, 0xff]) == "+/8=")
        #expect(Base64.encodeURL([0xfb, 0xff]) == "-_8")
        #expect(throws: NoteError.malformedBase64) { _ = try Base64.decode("Zm9v", count: 4) }
        #expect(try Base64.decode("Zm9v", count: 3) == "foo".bytes)
    }
}
