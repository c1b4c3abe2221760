import Sodium
import TestSupport
import Testing

@testable import Envelope

struct KeyLineTests {
    struct File: Decodable {
        struct Accepted: Decodable {
            let line: String
            let keyId: Base64Bytes
            let origin: String
            let office: String
            let state: String
            let use: String
            let suite: String
            let publicKey: Base64Bytes
            let seed: Base64Bytes
        }
        struct Refused: Decodable {
            let name: String
            let line: String
        }
        let accepted: [Accepted]
        let refused: [Refused]
    }

    @Test func vectorsAreReadAndWritten() throws {
        let file = try vectors("resguardo-keylines.json", as: File.self)
        #expect(file.accepted.count == 8)
        for vector in file.accepted {
            let line = try KeyLine(parsing: vector.line)
            #expect(line.id.bytes == vector.keyId.bytes)
            #expect(line.origin == vector.origin && line.office == vector.office)
            #expect(line.state == vector.state && line.use.rawValue == vector.use)
            #expect(line.use.suiteName == vector.suite)
            #expect(line.publicKey == vector.publicKey.bytes)
            let key = try SecretKey(line: line, seed: SecretBytes(copying: vector.seed.bytes))
            let rebuilt = try KeyLine(
                origin: line.origin, office: line.office, state: line.state, use: line.use,
                publicKey: key.line.publicKey)
            #expect(rebuilt.line == vector.line)
            #expect(KeyID(base64: line.id.base64) == line.id)
        }
    }

    @Test func refusedVectors() throws {
        let file = try vectors("resguardo-keylines.json", as: File.self)
        #expect(file.refused.count == 12)
        for vector in file.refused {
            #expect(throws: EnvelopeError.malformedKeyLine, "\(vector.name)") {
                try KeyLine(parsing: vector.line)
            }
        }
    }

    @Test(arguments: [
        "gateway example", "", "gateway.example+ar", "gateway.example/\n", "gateway.example/ñ",
        String(repeating: "a", count: 129),
    ])
    func badOrigins(_ origin: String) {
        #expect(throws: EnvelopeError.malformedKeyLine) {
            try KeyLine(
                origin: origin, office: "desk-ar", state: "AR", use: .sealX25519,
                publicKey: [UInt8](repeating: 1, count: 32))
        }
    }

    @Test func aSeedOfAnotherKeyIsRefused() throws {
        for use in KeyUse.allCases {
            let key = try SecretKey(
                drawing: use, origin: "gateway.example/ar", office: "desk-ar", state: "AR")
            let again = try key.withSeed { seed in
                try SecretKey(line: key.line, seed: seed.copy())
            }
            #expect(again.line == key.line)
            #expect(throws: EnvelopeError.seedIsNotOfKeyLine) {
                try SecretKey(line: key.line, seed: SecretBytes(random: 32))
            }
        }
    }

    @Test func keyIDsAreThirtyTwoBytes() {
        #expect(KeyID([UInt8](repeating: 7, count: 31)) == nil)
        #expect(KeyID(base64: "AAAA") == nil)
        // The last character's spare bits have to be zero: one spelling per key.
        let zeros = String(repeating: "A", count: 42)
        #expect(KeyID(base64: zeros + "A=") != nil)
        #expect(KeyID(base64: zeros + "B=") == nil)
    }
}

struct ReceiptTests {
    struct File: Decodable {
        struct Accepted: Decodable {
            let name: String
            let origin: String
            let secret: Base64Bytes
            let digits: String
            let indices: [Int]
            let id: Base64Bytes
            let replyPublic: Base64Bytes
            let replySecret: Base64Bytes
            let psk: Base64Bytes
            let answer: Base64Bytes
        }
        struct Refused: Decodable {
            let name: String
            let digits: String
        }
        let accepted: [Accepted]
        let alsoReadAsRandom: [String]
        let refused: [Refused]
    }

    /// A list whose words spell their own place in the digits of base eight.
    static func list() throws -> ReceiptWords { try ReceiptWords((0..<2_048).map(word)) }

    static func word(_ place: Int) -> String {
        let letters = Array("bdfgklmn")
        return String([9, 6, 3, 0].map { letters[place >> $0 & 7] }) + "a"
    }

    @Test func digitsAndWordsOfTheVectors() throws {
        let file = try vectors("resguardo-receipt.json", as: File.self)
        let list = try ReceiptTests.list()
        #expect(file.accepted.count == 5)
        for vector in file.accepted {
            let receipt = try Receipt(secret: SecretBytes(copying: vector.secret.bytes))
            #expect(receipt.digits() == Array(vector.digits.utf8), "\(vector.name)")
            let read = try Receipt(digits: vector.digits.utf8)
            #expect(read.secret.withWorkingCopy { $0 } == vector.secret.bytes)
            let words = vector.indices.map(ReceiptTests.word).joined(separator: " ")
            #expect(receipt.words(of: list) == Array(words.utf8))
            let reread = try Receipt(words: words.uppercased().utf8, list: list)
            #expect(reread.secret.withWorkingCopy { $0 } == vector.secret.bytes)
        }
    }

    @Test func keysOfTheVectors() throws {
        let file = try vectors("resguardo-receipt.json", as: File.self)
        for vector in file.accepted {
            let receipt = try Receipt(secret: SecretBytes(copying: vector.secret.bytes))
            let keys = try ReceiptKeys(receipt, origin: vector.origin)
            let mailbox = try keys.mailbox()
            #expect(mailbox.id == vector.id.bytes, "\(vector.name)")
            #expect(mailbox.replyKey == vector.replyPublic.bytes)
            #expect(mailbox.psk == vector.psk.bytes)
            #expect(mailbox.answer == vector.answer.bytes)
            #expect(keys.replySecret.withWorkingCopy { $0 } == vector.replySecret.bytes)
        }
    }

    @Test func otherSpellingsAreRead() throws {
        let file = try vectors("resguardo-receipt.json", as: File.self)
        let random = try #require(file.accepted.first { $0.name == "random" })
        #expect(file.alsoReadAsRandom.count == 17)
        for text in file.alsoReadAsRandom {
            let receipt = try Receipt(digits: text.utf8)
            #expect(receipt.secret.withWorkingCopy { $0 } == random.secret.bytes, "\(text)")
        }
    }

    @Test func refusedVectors() throws {
        let file = try vectors("resguardo-receipt.json", as: File.self)
        #expect(file.refused.count == 10)
        for vector in file.refused {
            #expect(throws: EnvelopeError.malformedReceipt, "\(vector.name)") {
                _ = try Receipt(digits: vector.digits.utf8)
            }
        }
    }

    @Test func everySingleDigitErrorIsFound() throws {
        let digits = try Receipt().digits()
        for place in digits.indices where digits[place] != UInt8(ascii: " ") {
            var wrong = digits
            wrong[place] = UInt8(ascii: "0") + (wrong[place] - UInt8(ascii: "0") + 1) % 10
            #expect(throws: EnvelopeError.malformedReceipt) { _ = try Receipt(digits: wrong) }
        }
    }

    @Test func wordsOutOfTheListAreRefused() throws {
        let list = try ReceiptTests.list()
        let words = (0..<8).map(ReceiptTests.word)
        for wrong in [
            words.dropLast() + ["nnnna"], words.dropLast() + [], words + [ReceiptTests.word(1)],
            words.dropLast() + ["bbb"],
        ] {
            #expect(throws: EnvelopeError.malformedReceipt) {
                _ = try Receipt(words: wrong.joined(separator: " ").utf8, list: list)
            }
        }
    }

    @Test func listsThatCannotBeReadBackAreRefused() throws {
        let words = (0..<2_048).map(ReceiptTests.word)
        for last in [[], ["bbbbx"], ["bbb"], ["b\u{f8}x"], ["two words"], [""]] {
            #expect(throws: EnvelopeError.malformedReceipt, "\(last)") {
                try ReceiptWords(words.dropLast() + last)
            }
        }
    }

    @Test func twoReceiptsDiffer() throws {
        let first = try Receipt()
        let second = try Receipt()
        #expect(first.digits() != second.digits())
        #expect(first.digits().count == 39)
    }
}
