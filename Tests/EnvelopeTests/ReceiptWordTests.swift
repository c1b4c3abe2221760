import Foundation
import Sodium
import TestSupport
import Testing
import Vocabulary

@testable import Envelope

/// The word lists as they are served, and reading receipts back from what people type.
struct ReceiptWordTests {
    static let files: [WordList] = (try? WordList.load()) ?? []

    static func lists() throws -> ReceiptLists {
        ReceiptLists(try files.map { ($0.language, try ReceiptWords($0.words)) })
    }

    struct File: Decodable {
        struct Words: Decodable {
            let language: String
            let secret: Base64Bytes
            let text: String
            let alsoRead: [String]
        }
        let words: [Words]
    }

    @Test func everyLanguageHasAList() throws {
        #expect(Self.files.map(\.language) == ["es", "pt", "en", "fr", "nl", "ht"])
        for file in Self.files { _ = try ReceiptWords(file.words) }
    }

    @Test(arguments: files)
    func wordsAreSortedAndOfTheLanguagesLetters(_ list: WordList) {
        let folded = list.words.map { word in
            ReceiptSpelling.words(of: word.utf8).map { String(decoding: $0, as: UTF8.self) }
                .joined()
        }
        #expect(folded == folded.sorted())
        #expect(Set(folded.map { $0.prefix(4) }).count == 2_048)
        let shortest = list.language == "ht" ? 3 : 4
        for (word, plain) in zip(list.words, folded) {
            #expect((shortest...8).contains(word.count), "\(word)")
            #expect(word.count == plain.count, "\(word) has a letter that cannot be folded")
            #expect(word == word.lowercased() && word.allSatisfy(\.isLetter), "\(word)")
        }
    }

    /// Foundation's own decomposition, in the range that the table covers.
    @Test func foldingIsDecompositionWithoutMarks() throws {
        for value in UInt32(0xc0)...0x17f {
            let scalar = try #require(Unicode.Scalar(value))
            let base = String(scalar).decomposedStringWithCanonicalMapping.unicodeScalars.first
            let letter = base.map { String($0).lowercased() } ?? ""
            let expected = letter.utf8.count == 1 ? [Array(letter.utf8)] : []
            #expect(
                ReceiptSpelling.words(of: String(scalar).utf8)
                    == expected.filter {
                        $0.allSatisfy { (0x61...0x7a).contains($0) }
                    }, "U+\(String(value, radix: 16))")
        }
    }

    @Test func vectorsOfEveryLanguage() throws {
        let vectors = try vectors("resguardo-receipt.json", as: File.self).words
        let lists = try Self.lists()
        #expect(vectors.map(\.language) == Self.files.map(\.language))
        for vector in vectors {
            let receipt = try Receipt(secret: SecretBytes(copying: vector.secret.bytes))
            #expect(lists.text(of: receipt, for: vector.language) == Array(vector.text.utf8))
            for text in [vector.text] + vector.alsoRead {
                let reading = ReceiptLists.Reading.words(language: vector.language)
                #expect(lists.readings(of: text.utf8).contains(reading), "\(text)")
                let read = try lists.receipt(text.utf8, as: reading)
                #expect(read.secret.withWorkingCopy { $0 } == vector.secret.bytes)
            }
        }
    }

    @Test func aLanguageWithoutAListHasDigits() throws {
        let lists = try Self.lists()
        let receipt = try Receipt()
        let text = lists.text(of: receipt, for: "gn")
        #expect(text == receipt.digits())
        #expect(lists.readings(of: text) == [.digits])
        let read = try lists.receipt(text, as: .digits)
        #expect(read.digits() == text)
    }

    /// Random receipts come back from their first four letters in their own language, whichever other lists the same
    /// letters happen to fit.
    @Test(arguments: files.map(\.language))
    func fourLettersSuffice(language: String) throws {
        let lists = try Self.lists()
        for _ in 0..<50 {
            let receipt = try Receipt()
            let text = String(decoding: lists.text(of: receipt, for: language), as: UTF8.self)
            let short = text.split(separator: " ").map { $0.prefix(4).uppercased() }
                .joined(separator: ", ")
            let reading = ReceiptLists.Reading.words(language: language)
            #expect(lists.readings(of: short.utf8, typedIn: language).contains(reading))
            let read = try lists.receipt(short.utf8, as: reading)
            #expect(read.digits() == receipt.digits())
        }
    }

    /// Eight words that two lists have: both readings are offered, the one with the whole words first.
    @Test func wordsOfSeveralListsAreTriedInEach() throws {
        let spanish = try #require(Self.files.first { $0.language == "es" })
        let portuguese = try #require(Self.files.first { $0.language == "pt" })
        let beginnings = Set(portuguese.words.map { Self.folded($0).prefix(4) })
        let whole = Set(portuguese.words.map(Self.folded))
        let common = spanish.words.filter {
            let word = Self.folded($0)
            return beginnings.contains(word.prefix(4)) && !whole.contains(word)
        }
        let text = common.prefix(8).joined(separator: " ")
        let lists = try Self.lists()
        let readings = lists.readings(of: text.utf8, typedIn: "pt")
        #expect(readings.prefix(1) == [.words(language: "es")])
        #expect(readings.contains(.words(language: "pt")))
        let short = common.prefix(8).map { $0.prefix(4) }.joined(separator: " ")
        #expect(
            lists.readings(of: short.utf8, typedIn: "pt").prefix(1) == [.words(language: "pt")])
    }

    /// Words carry no check group: seven words, nine, or one that is in no list are refused, another word of the list
    /// is another receipt.
    @Test func whatIsNoReceiptIsRefused() throws {
        let lists = try Self.lists()
        let words = try #require(Self.files.first).words.prefix(8)
        for wrong in [
            Array(words.dropLast()), words + ["agua"], words.dropLast() + ["zzzz"],
            words.dropLast() + ["aba"], [],
        ] {
            #expect(lists.readings(of: wrong.joined(separator: " ").utf8).isEmpty, "\(wrong)")
        }
        let long = words.joined(separator: String(repeating: " ", count: 80))
        #expect(lists.readings(of: long.utf8).isEmpty)
        #expect(throws: EnvelopeError.malformedReceipt) {
            _ = try lists.receipt("".utf8, as: .words(language: "gn"))
        }
        let list = try #require(lists.words(of: "es"))
        let one = try Receipt(words: words.joined(separator: " ").utf8, list: list)
        let other = try Receipt(
            words: (words.dropLast() + ["zurcir"]).joined(separator: " ").utf8, list: list)
        #expect(one.digits() != other.digits())
    }

    private static func folded(_ word: String) -> String {
        String(decoding: ReceiptSpelling.words(of: word.utf8).flatMap(\.self), as: UTF8.self)
    }
}
