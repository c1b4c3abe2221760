import Foundation
import Notes
import Sodium
import Testing

/// Every note of the file that the independent program made.
@Suite struct NoteVectorTests {
    private let all: NoteVectors

    init() throws {
        all = try NoteVectors.load()
    }

    private func signer(_ key: String) throws -> NoteSigner {
        let vector = try #require(all.keys[key])
        return try NoteSigner(
            name: vector.name, seed: SecretBytes(copying: Array(vector.seed)))
    }

    @Test func keysAreTheSame() throws {
        #expect(all.keys.count >= 5)
        for (name, vector) in all.keys {
            let verifier = try signer(name).verifier
            #expect(verifier.vkey == vector.vkey)
            #expect(verifier.name == vector.name)
            #expect(try NoteVerifier(vkey: vector.vkey) == verifier)
        }
    }

    /// Reads, verifies and writes a note as one type, and signs the same bytes again (Ed25519 is deterministic).
    private func roundTrip<Body: NoteBody>(
        _ vector: NoteVectors.Accepted, as type: Body.Type
    ) throws -> Body {
        let note = try Note(parsing: vector.note.bytes)
        #expect(note.encoded == vector.note.bytes)
        #expect(SmallHash.sha256(note.encoded) == Array(vector.noteSha256))
        #expect(try note.type.rawValue == vector.type)
        let key = try signer(vector.signer)
        try note.verifySole(by: key.verifier)
        let body = try note.body(type, origin: all.origin)
        #expect(body.text == note.text)
        #expect(try key.sign(body).encoded == vector.note.bytes)
        return body
    }

    @Test func acceptedNotesReadAndWriteAlike() throws {
        #expect(all.accepted.count >= 10)
        for vector in all.accepted {
            switch vector.type {
            case "promise": try checkPromise(vector)
            case "request": try checkRequest(vector)
            case "report", "transfer": try checkReport(vector)
            case "acknowledgement": try checkAcknowledgement(vector)
            case "status": try checkStatus(vector)
            default: Issue.record("a type without a test: \(vector.type)")
            }
        }
    }

    private func checkPromise(_ vector: NoteVectors.Accepted) throws {
        let note = try roundTrip(vector, as: PromiseNote.self)
        #expect(Data(note.commitment) == vector.fields.commitment)
        #expect(note.tick == vector.fields.tick)
    }

    private func checkRequest(_ vector: NoteVectors.Accepted) throws {
        let note = try roundTrip(vector, as: RequestNote.self)
        #expect(note.method == vector.fields.method)
        #expect(note.target == vector.fields.target)
        #expect(Data(note.bodyHash) == vector.fields.bodyHash)
        #expect(note.seconds == vector.fields.seconds)
        #expect(Data(note.nonce) == vector.fields.nonce)
    }

    private func checkReport(_ vector: NoteVectors.Accepted) throws {
        let note = try roundTrip(vector, as: ReportNote.self)
        #expect(note.isTransfer == (vector.type == "transfer"))
        #expect(Data(note.tip) == vector.fields.tip)
        #expect(note.number == vector.fields.number)
        #expect(Data(note.commitR) == vector.fields.commitR)
        #expect(Data(note.triageHash) == vector.fields.triageHash)
        let wraps = try #require(vector.fields.wraps)
        #expect(note.recipients.map { Data($0.keyID) } == wraps.map(\.keyId))
        #expect(note.recipients.map { Data($0.wrap) } == wraps.map(\.wrap))
    }

    private func checkAcknowledgement(_ vector: NoteVectors.Accepted) throws {
        let note = try roundTrip(vector, as: AcknowledgementNote.self)
        #expect(Data(note.reportHash) == vector.fields.reportHash)
        #expect(note.outcome.line == vector.fields.outcome)
    }

    private func checkStatus(_ vector: NoteVectors.Accepted) throws {
        let note = try roundTrip(vector, as: StatusNote.self)
        #expect(Data(note.keyID) == vector.fields.keyId)
        #expect(note.highest == vector.fields.deskSeq)
    }

    @Test func unknownAndRepeatedSignersAreCountedRightly() throws {
        #expect(!all.acceptedSignatures.isEmpty)
        for vector in all.acceptedSignatures {
            let note = try Note(parsing: vector.note.bytes)
            let known = try vector.vkeys.map { try NoteVerifier(vkey: $0) }
            #expect(try note.signers(among: known).count == vector.signedBy, "\(vector.name)")
            #expect(throws: NoteError.furtherSignatures) { try note.verifySole(by: known[0]) }
        }
    }

    /// The first objection to a whole note, read as `type` with the given keys.
    private func objection(_ vector: NoteVectors.Refused) -> NoteError? {
        do throws(NoteError) {
            let note = try Note(parsing: vector.note.bytes)
            guard vector.type == "promise" else { return nil }
            _ = try note.body(PromiseNote.self, origin: all.origin)
            for vkey in vector.vkeys { try note.verify(by: NoteVerifier(vkey: vkey)) }
            return nil
        } catch {
            return error
        }
    }

    @Test func refusedNotesAreRefusedForTheirReason() throws {
        #expect(all.refusedNotes.count >= 17)
        for vector in all.refusedNotes {
            let error = objection(vector)
            switch vector.expect {
            case "note": #expect(error == .malformedNote, "\(vector.name)")
            case "note-type": #expect(error == .wrongType, "\(vector.name)")
            case "origin": #expect(error == .wrongOrigin, "\(vector.name)")
            case "unsigned": #expect(error == .unsigned, "\(vector.name)")
            case "signature":
                #expect(error == .badSignature(name: all.origin), "\(vector.name)")
            default: Issue.record("an expectation without a test: \(vector.expect)")
            }
        }
    }

    @Test func refusedTextsAreRefused() throws {
        #expect(all.refusedTexts.count >= 20)
        for vector in all.refusedTexts {
            var error: NoteError?
            do throws(NoteError) {
                switch vector.type {
                case "promise": _ = try PromiseNote(text: vector.text)
                case "request": _ = try RequestNote(text: vector.text)
                case "report": _ = try ReportNote(text: vector.text)
                case "acknowledgement": _ = try AcknowledgementNote(text: vector.text)
                default: Issue.record("a type without a test: \(vector.type)")
                }
            } catch let thrown {
                error = thrown
            }
            guard case .malformedLine = error else {
                Issue.record(
                    "\(vector.name) was not refused for a line: \(String(describing: error))")
                continue
            }
        }
    }

    @Test func refusedKeysAreRefused() {
        #expect(all.refusedVkeys.count >= 6)
        for vector in all.refusedVkeys {
            #expect(throws: NoteError.self, "\(vector.name)") {
                _ = try NoteVerifier(vkey: vector.vkey)
            }
        }
    }

    @Test func thePublishedNoteVerifies() throws {
        let note = try Note(parsing: all.published.note.bytes)
        try note.verifySole(by: NoteVerifier(vkey: all.published.vkey))
        #expect(note.encoded == all.published.note.bytes)
    }

    @Test func canonicalJSONReadsAndWritesAlike() throws {
        #expect(!all.jcs.accepted.isEmpty)
        for vector in all.jcs.accepted {
            let value = try CanonicalJSON(parsing: vector.json.bytes)
            #expect(value.encoded == vector.jcs.bytes)
            #expect(try CanonicalJSON(parsingCanonical: vector.jcs.bytes) == value)
        }
    }

    @Test func otherJSONIsRefused() {
        #expect(!all.jcs.refused.isEmpty)
        for vector in all.jcs.refused {
            #expect(throws: NoteError.self, "\(vector.name)") {
                _ = try CanonicalJSON(parsingCanonical: vector.json.bytes)
            }
        }
    }
}
