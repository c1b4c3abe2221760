import Notes
import Sodium
import Testing

@Suite struct NoteTests {
    private let signer: NoteSigner
    private let other: NoteSigner
    private let promise = PromiseNote(
        origin: "gateway.example/ar", commitment: [UInt8](repeating: 7, count: 32), tick: 12)

    init() throws {
        signer = try NoteSigner(name: "gateway.example/ar", seed: SecretBytes(random: 32))
        other = try NoteSigner(name: "gateway.example/ar/b", seed: SecretBytes(random: 32))
    }

    /// The example of the C2SP document, whose key is not published.
    static let specification = """
        Ognuno sta solo sul cuor della terra
        trafitto da un raggio di sole:

        ed è subito sera.

        — quasimodo.example/salvatore NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrM\
        ouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=

        """

    @Test func theSpecificationsExampleIsCutAtItsLastBlankLine() throws {
        let note = try Note(parsing: Self.specification.bytes)
        #expect(String(decoding: note.text, as: UTF8.self).hasSuffix("\n\ned è subito sera.\n"))
        #expect(note.signatures.map(\.name) == ["quasimodo.example/salvatore"])
        #expect(note.signatures.map(\.keyHash) == [0x367b_a04b])
        #expect(note.encoded == Self.specification.bytes)
        #expect(throws: NoteError.unsigned) { try note.verify(by: signer.verifier) }
        #expect(throws: NoteError.wrongType) { _ = try note.type }
    }

    @Test func everyAlteredByteOfANoteIsRefused() throws {
        let bytes = try signer.sign(promise).encoded
        let verifier = signer.verifier
        for place in bytes.indices {
            var altered = bytes
            altered[place] ^= 1
            let isBelieved = (try? Note(parsing: altered).verify(by: verifier)) != nil
            #expect(!isBelieved, "byte \(place)")
        }
        for count in 0..<bytes.count {
            #expect(throws: NoteError.self, "\(count) bytes") {
                try Note(parsing: Array(bytes.prefix(count))).verify(by: verifier)
            }
        }
    }

    @Test func severalKeysSignOneText() throws {
        let first = try signer.sign(promise)
        let both = try other.countersign(first, as: PromiseNote.self)
        let known = [other.verifier, signer.verifier]
        #expect(try both.signers(among: known) == [signer.verifier, other.verifier])
        #expect(try both.signers(among: [other.verifier]) == [other.verifier])
        #expect(try Note(parsing: both.encoded) == both)
        #expect(throws: NoteError.furtherSignatures) {
            try both.verifySole(by: signer.verifier)
        }
        let apart = try first.merging(other.sign(promise))
        #expect(apart == both)
        #expect(try both.merging(both) == both)
        let another = PromiseNote(origin: promise.origin, commitment: promise.commitment, tick: 13)
        #expect(throws: NoteError.malformedNote) { _ = try first.merging(other.sign(another)) }
    }

    @Test func onlyWhatIsUnderstoodIsCountersigned() throws {
        let note = try signer.sign(promise)
        #expect(throws: NoteError.wrongType) {
            _ = try other.countersign(note, as: StatusNote.self)
        }
        let poem = try Note(parsing: Self.specification.bytes)
        #expect(throws: NoteError.self) { _ = try other.countersign(poem, as: PromiseNote.self) }
    }

    @Test func aFalseLineOfAKnownKeyRefusesTheNote() throws {
        let note = try signer.sign(promise)
        let another = PromiseNote(origin: promise.origin, commitment: promise.commitment, tick: 13)
        let line = try other.sign(another).encodedString.split(separator: "\n").last
        let forged = try Note(parsing: note.encoded + "\(try #require(line))\n".bytes)
        try forged.verify(by: signer.verifier)
        #expect(throws: NoteError.badSignature(name: "gateway.example/ar/b")) {
            _ = try forged.signers(among: [signer.verifier, other.verifier])
        }
    }

    @Test func theSameKeyUnderAnotherNameIsAnotherKey() throws {
        let seed = try SecretBytes(copying: [UInt8](repeating: 3, count: 32))
        let a = try NoteSigner(name: "x/a", seed: seed)
        let b = try NoteSigner(name: "x/b", seed: seed)
        #expect(a.verifier.keyHash != b.verifier.keyHash)
        #expect(throws: NoteError.unsigned) { try a.sign(promise).verify(by: b.verifier) }
    }

    @Test(arguments: [
        "", "a b", "a+b", "a\u{a0}b", "a\nb", "a\u{2003}b", String(repeating: "x", count: 257),
    ])
    func keyNamesAreChecked(name: String) throws {
        let seed = try SecretBytes(count: 32)
        #expect(throws: NoteError.malformedKeyName) { _ = try NoteSigner(name: name, seed: seed) }
    }

    @Test func tooManySignaturesAndTooLongNotesAreRefused() throws {
        let note = try signer.sign(promise).encodedString
        let line = try #require(note.split(separator: "\n").last)
        let many = note + String(repeating: "\(line)\n", count: NoteLimits.signaturesMax - 1)
        _ = try Note(parsing: many.bytes)
        #expect(throws: NoteError.malformedNote) {
            _ = try Note(parsing: "\(many)\(line)\n".bytes)
        }
        let long = [UInt8](repeating: 0x61, count: NoteLimits.noteBytesMax) + note.bytes
        #expect(throws: NoteError.malformedNote) { _ = try Note(parsing: long) }
    }

    @Test func aReportTakesSixteenRecipientsAndNoMore() throws {
        let recipient = ReportNote.Recipient(
            keyID: [UInt8](repeating: 1, count: 32),
            wrap: [UInt8](repeating: 2, count: ReportNote.wrapByteCount))
        func report(_ count: Int) -> ReportNote {
            ReportNote(
                origin: "g", tip: promise.commitment, number: 1, commitR: promise.commitment,
                triageHash: promise.commitment,
                recipients: Array(repeating: recipient, count: count))
        }
        #expect(try ReportNote(text: report(16).text) == report(16))
        #expect(throws: NoteError.malformedLine("end")) {
            _ = try ReportNote(text: report(17).text)
        }
        #expect(throws: NoteError.malformedLine("to")) { _ = try ReportNote(text: report(0).text) }
    }

    @Test func aTextWithoutEndOrWithMoreLinesIsRefused() {
        for text in [
            "", "\n", "resguardo/1 promise", "resguardo/1 promise\n", "resguardo/1 promise\ng\n",
        ] {
            #expect(throws: NoteError.self) { _ = try PromiseNote(text: text) }
        }
        let text = String(decoding: promise.text, as: UTF8.self)
        #expect(throws: NoteError.malformedLine("end")) { _ = try PromiseNote(text: text + "\n") }
        #expect(throws: NoteError.malformedLine("end")) {
            _ = try PromiseNote(text: String(text.dropLast()))
        }
    }
}
