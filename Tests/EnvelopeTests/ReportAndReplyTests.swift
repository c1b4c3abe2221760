import Foundation
import Sodium
import TestSupport
import Testing

@testable import Envelope

struct ReportTests {
    struct File: Decodable {
        struct Accepted: Decodable {
            let body: String
            let key: String
            let tip: Base64Bytes
            let s: Base64Bytes
            let k: Base64Bytes
            let r: Base64Bytes
            let commit: Base64Bytes
            let commitR: Base64Bytes
            let commitS: Base64Bytes
            let note: String
            let triage: String?
            let sealedTriage: Base64Bytes?
            let sealedTriageLength: Int

            /// The note's line `to <keyId> <wrap>`.
            func addressed() throws -> (KeyID, [UInt8]) {
                let line = try #require(note.split(separator: "\n").first { $0.hasPrefix("to ") })
                let fields = line.split(separator: " ").map(String.init)
                return (
                    try #require(KeyID(base64: fields[1])),
                    try #require(Base64Text.decode(fields[2]))
                )
            }

            var expected: ExpectedCommitments {
                ExpectedCommitments(
                    body: commitS.bytes, tip: commit.bytes, report: commitR.bytes)
            }
        }
        struct RefusedWrap: Decodable {
            let name: String
            let base: String
            let edits: [Edit]?
            let expect: String
            let tipIs: Base64Bytes?
            let commitRIs: Base64Bytes?
            let key: String?
            let wrap: Base64Bytes?
        }
        struct RefusedTriage: Decodable {
            let name: String
            let base: String
            let edits: [Edit]?
            let expect: String
            let sealedTriage: Base64Bytes?
        }
        struct RefusedReport: Decodable {
            let name: String
            let base: String
            let expect: String
            let commitSIs: Base64Bytes?
            let commitIs: Base64Bytes?
        }
        let accepted: [Accepted]
        let refusedWraps: [RefusedWrap]
        let refusedTriages: [RefusedTriage]
        let refusedReports: [RefusedReport]
        let keys: [String: KeyVector]

        func base(_ name: String) throws -> Accepted {
            try #require(accepted.first { $0.body == name && $0.sealedTriage != nil })
        }
    }

    let file: File

    init() throws {
        file = try vectors("resguardo-report.json", as: File.self)
    }

    private func keys(_ name: String) throws -> OfficeSecretKeys {
        OfficeSecretKeys([try #require(file.keys[name]).secretKey()])
    }

    @Test func vectorsOpen() throws {
        #expect(file.accepted.count == 4)
        for vector in file.accepted {
            let (keyID, wrap) = try vector.addressed()
            let opened = try ReportWrap.open(
                wrap, keyID: keyID, keys: keys(vector.key), tip: vector.tip.bytes,
                expecting: vector.expected)
            #expect(opened.bodySecret.withWorkingCopy { $0 } == vector.s.bytes)
            #expect(opened.tipKey.withWorkingCopy { $0 } == vector.k.bytes)
            #expect(opened.reportSecret.withWorkingCopy { $0 } == vector.r.bytes)
            #expect(opened.reportCommitment() == vector.commitR.bytes)
            guard let triage = vector.triage, let sealed = vector.sealedTriage else { continue }
            #expect(
                try Triage.open(
                    sealed.bytes, reportSecret: opened.reportSecret, tip: vector.tip.bytes)
                    == Array(triage.utf8))
            // No randomness enters a triage but R: so the bytes are the second program's.
            #expect(
                try Triage.seal(
                    Array(triage.utf8), reportSecret: opened.reportSecret, tip: vector.tip.bytes)
                    == sealed.bytes)
        }
    }

    @Test func refusedWraps() throws {
        #expect(file.refusedWraps.count == 7)
        for vector in file.refusedWraps {
            let base = try file.base(vector.base)
            let (keyID, wrap) = try base.addressed()
            let expected = ExpectedCommitments(
                body: base.commitS.bytes, tip: base.commit.bytes,
                report: vector.commitRIs?.bytes ?? base.commitR.bytes)
            let error = envelopeError {
                _ = try ReportWrap.open(
                    (vector.edits ?? []).applied(to: vector.wrap?.bytes ?? wrap), keyID: keyID,
                    keys: keys(vector.key ?? base.key), tip: vector.tipIs?.bytes ?? base.tip.bytes,
                    expecting: expected)
            }
            if vector.key != nil {
                #expect(error == .notForTheseKeys)
            } else {
                #expect(try #require(error).isFault(vector.expect), "\(vector.name)")
            }
        }
    }

    @Test func otherCommitmentsAreRefused() throws {
        for vector in file.refusedReports {
            let base = try file.base(vector.base)
            let (keyID, wrap) = try base.addressed()
            let expected = ExpectedCommitments(
                body: vector.commitSIs?.bytes ?? base.commitS.bytes,
                tip: vector.commitIs?.bytes ?? base.commit.bytes, report: base.commitR.bytes)
            #expect(throws: EnvelopeError.commitmentMismatch, "\(vector.name)") {
                _ = try ReportWrap.open(
                    wrap, keyID: keyID, keys: keys(base.key), tip: base.tip.bytes,
                    expecting: expected)
            }
        }
    }

    @Test func refusedTriages() throws {
        for vector in file.refusedTriages where vector.expect != "triage-hash" {
            let base = try file.base(vector.base)
            let good = try #require(base.sealedTriage).bytes
            let sealed = (vector.edits ?? []).applied(to: vector.sealedTriage?.bytes ?? good)
            let secret = try SecretBytes(copying: base.r.bytes)
            let error = envelopeError {
                _ = try Triage.open(sealed, reportSecret: secret, tip: base.tip.bytes)
            }
            #expect(try #require(error, "\(vector.name)").isFault(vector.expect), "\(vector.name)")
        }
    }

    @Test func aReportGoesFromDeskToUnit() throws {
        let desk = try makeDesk()
        let unit = try OfficeSecretKeys.generate(
            origin: "gateway.example/ar", office: "unit-ar-1", state: "AR", uses: [.sealXWing])
        let (wire, summary) = try makeEnvelope(sampleDocument(), to: desk.line(.envelopeXWing))
        let (body, commitment, _) = try SealedBodyTests.seal(wire, 1, to: desk.sealKeys())
        let reader = try SealedBodyReader(
            firstRow: Array(body.prefix(1_248)), commitment: commitment, keys: desk)
        let keys = try TipKeys(
            bodySecret: reader.copySecret(),
            tipKey: desk.openEnvelope(EnvelopeHeader(wire[...])))
        let tip = Randomness.bytes(32)
        let line = try unit.line(.sealXWing)
        let wrap = try ReportWrap.seal(keys, to: line, tip: tip)
        #expect(wrap.count == 1_232)
        let triage = Array(#"{"priority":"urgent"}"#.utf8)
        let sealed = try Triage.seal(triage, reportSecret: keys.reportSecret, tip: tip)
        #expect(sealed.count == 4_112)

        let opened = try ReportWrap.open(
            wrap, keyID: line.id, keys: unit, tip: tip,
            expecting: ExpectedCommitments(
                body: commitment, tip: summary.commitment, report: keys.reportCommitment()))
        #expect(
            try Triage.open(sealed, reportSecret: opened.reportSecret, tip: tip) == triage)
        var bodyReader = try SealedBodyReader(
            firstRow: Array(body.prefix(1_248)), commitment: commitment,
            secret: opened.bodySecret)
        let (envelope, _, _) = try SealedBodyTests.read(body, &bodyReader)
        let header = try EnvelopeHeader(envelope[...])
        let read = try openTip(envelope, header: header, key: opened.tipKey)
        #expect(read.document == sampleDocument())
        #expect(throws: EnvelopeError.wrongKeyUse(needed: .sealXWing, actual: .envelopeXWing)) {
            try ReportWrap.seal(keys, to: desk.line(.envelopeXWing), tip: tip)
        }
    }

    @Test(arguments: [(2, 1), (4_096, 1), (4_097, 2), (65_536, 16), (65_537, 17), (262_144, 64)])
    func triagesArePadded(_ size: Int, _ steps: Int) throws {
        let secret = try SecretBytes(random: 32)
        let tip = Randomness.bytes(32)
        let triage = [UInt8](repeating: 0x20, count: size)
        let sealed = try Triage.seal(triage, reportSecret: secret, tip: tip)
        let padded = steps * 4_096
        #expect(sealed.count == padded + 16 * ((padded + 65_535) / 65_536))
        #expect(try Triage.open(sealed, reportSecret: secret, tip: tip) == triage)
        #expect(throws: EnvelopeError.cannotOpen) {
            try Triage.open(sealed, reportSecret: secret, tip: Randomness.bytes(32))
        }
    }

    @Test func triagesOutsideTheLimitsAreRefused() throws {
        let secret = try SecretBytes(random: 32)
        for size in [0, 1, 262_145] {
            #expect(throws: EnvelopeError.self) {
                try Triage.seal(
                    [UInt8](repeating: 0x20, count: size), reportSecret: secret,
                    tip: Randomness.bytes(32))
            }
        }
        #expect(throws: EnvelopeError.malformedDocument) {
            try Triage.seal([0x7b, 0, 0x7d], reportSecret: secret, tip: Randomness.bytes(32))
        }
    }
}

struct ReplyTests {
    struct File: Decodable {
        struct Accepted: Decodable {
            let blob: Base64Bytes?
            let content: String?
        }
        struct Refused: Decodable {
            let name: String
            let edits: [Edit]?
            let expect: String
            let receipt: String?
            let psk: Base64Bytes?
            let blob: Base64Bytes?
        }
        struct Holder: Decodable {
            let id: Base64Bytes
            let psk: Base64Bytes
            let replyPublic: Base64Bytes
            let replySecret: Base64Bytes

            func keys(psk other: Base64Bytes? = nil) throws -> ReceiptKeys {
                try ReceiptKeys(
                    id: id.bytes, replySecret: SecretBytes(copying: replySecret.bytes),
                    psk: SecretBytes(copying: (other ?? psk).bytes),
                    answerKey: SecretBytes(count: 32))
            }
        }
        let accepted: [Accepted]
        let refused: [Refused]
        let receipt: Holder
        let otherReceipt: Holder
    }

    @Test func vectorsOpen() throws {
        let file = try vectors("resguardo-reply.json", as: File.self)
        let keys = try file.receipt.keys()
        #expect(keys.replyPublicKey == file.receipt.replyPublic.bytes)
        var opened = 0
        for vector in file.accepted {
            guard let blob = vector.blob, let content = vector.content else { continue }
            #expect(try Reply.open(blob.bytes, keys: keys) == Array(content.utf8))
            opened += 1
        }
        #expect(opened >= 1)
    }

    @Test func refusedVectors() throws {
        let file = try vectors("resguardo-reply.json", as: File.self)
        let good = try #require(file.accepted.first?.blob).bytes
        #expect(file.refused.count == 11)
        for vector in file.refused {
            let holder = vector.receipt == "other_receipt" ? file.otherReceipt : file.receipt
            let keys = try holder.keys(psk: vector.psk)
            let blob = (vector.edits ?? []).applied(to: vector.blob?.bytes ?? good)
            let error = envelopeError { _ = try Reply.open(blob, keys: keys) }
            #expect(try #require(error, "\(vector.name)").isFault(vector.expect), "\(vector.name)")
        }
    }

    @Test func onlyTheReceiptOpensAReply() throws {
        let keys = try ReceiptKeys(Receipt(), origin: "gateway.example/ar")
        let mailbox = try keys.mailbox()
        for text in [[UInt8]](
            arrayLiteral: Array("{}".utf8), [UInt8](repeating: 0x78, count: 4_096))
        {
            let blob = try Reply.seal(text, to: mailbox)
            #expect(blob.count == 4_144)
            #expect(try Reply.open(blob, keys: keys) == text)
            let other = try ReceiptKeys(
                id: mailbox.id, replySecret: SecretBytes(random: 32),
                psk: SecretBytes(copying: mailbox.psk), answerKey: SecretBytes(count: 32))
            #expect(throws: EnvelopeError.cannotOpen) { try Reply.open(blob, keys: other) }
        }
        // The mailbox's random filling.
        #expect(throws: EnvelopeError.cannotOpen) {
            try Reply.open(Randomness.bytes(4_144), keys: keys)
        }
        #expect(throws: EnvelopeError.self) {
            try Reply.seal([UInt8](repeating: 0x78, count: 4_097), to: mailbox)
        }
        #expect(throws: EnvelopeError.malformedDocument) {
            try Reply.seal([0x7b, 0, 0x7d], to: mailbox)
        }
    }

    @Test func replyDocuments() throws {
        let file = try vectors("resguardo-reply.json", as: File.self)
        let content = try #require(file.accepted.first?.content)
        let read = try ReplyDocument(json: Array(content.utf8))
        #expect(try read.encoded() == Array(content.utf8))
        let status = ReplyDocument(text: "received", status: "received")
        #expect(try ReplyDocument(json: status.encoded()) == status)
        for wrong in [
            #"{"v":1}"#, #"{"v":2,"text":"a"}"#, #"{"v":1,"text":""}"#,
            #"{"v":1,"text":"a\u202e"}"#,
            #"{"v":1,"text":"a","more":1}"#, #"{"v":1,"text":"a","status":"a b"}"#, "a",
        ] {
            #expect(throws: EnvelopeError.malformedDocument) {
                try ReplyDocument(json: Array(wrong.utf8))
            }
        }
        #expect(throws: EnvelopeError.self) {
            try ReplyDocument(text: String(repeating: "ñ", count: 2_100)).encoded()
        }
    }

    @Test func anAnswerCarriesItsTag() throws {
        let desk = try makeDesk()
        let keys = try ReceiptKeys(Receipt(), origin: "gateway.example/ar")
        var wire: [UInt8] = []
        var writer = try TipWriter(to: desk.line(.envelopeXWing), appendingTo: &wire)
        var answer = TipDocument()
        answer.whatHappened = "Sí."
        answer.answerTo = keys.id
        answer.answerTag = keys.answerTag(headerSealHash: writer.headerSealHash)
        try writer.writeDocument(answer.encoded()[...], appendingTo: &wire)
        _ = try writer.finish(appendingTo: &wire)
        let header = try EnvelopeHeader(wire[...])
        let opened = try #require(openTip(wire, keys: desk).document)
        let tag = try #require(opened.answerTag)
        #expect(Answer.isValid(tag: tag, header: header, mailbox: try keys.mailbox()))
        let (other, _) = try makeEnvelope(sampleDocument(), to: desk.line(.envelopeXWing))
        #expect(
            !Answer.isValid(
                tag: tag, header: try EnvelopeHeader(other[...]), mailbox: try keys.mailbox()))
    }
}
