import Foundation
import Notes
import TestSupport
import Testing

@Suite struct CheckpointTests {
    /// The value after a word at the beginning of a line of `tlog-vectors.txt`.
    private func vector() throws -> (vkey: String, checkpoint: String) {
        let file = String(decoding: try vectorFile("tlog-vectors.txt"), as: UTF8.self)
        let vkey = try #require(file.split(separator: "\n").first { $0.hasPrefix("vkey ") })
        let after = try #require(file.range(of: "--checkpoint--\n")).upperBound
        let end = try #require(file.range(of: "wvkey")).lowerBound
        return (String(vkey.dropFirst(5)), String(file[after..<end]))
    }

    @Test func thePublishedCheckpointVerifiesAndWritesAlike() throws {
        let (vkey, text) = try vector()
        let note = try Note(parsing: text.bytes)
        let verifier = try NoteVerifier(vkey: vkey)
        #expect(verifier.vkey == vkey)
        try note.verifySole(by: verifier)
        let checkpoint = try note.body(Checkpoint.self, origin: "gateway.example/ar-log")
        #expect(checkpoint.size == 7)
        #expect(Base64.encode(checkpoint.root) == "mMl/C6MXXNCLAx3QhLncTmSbZNGijm6mlGRlAxc6tYc=")
        #expect(checkpoint.text == note.text)
        #expect(throws: NoteError.wrongOrigin) {
            _ = try note.body(Checkpoint.self, origin: "gateway.example/ar")
        }
    }

    @Test func aWitnessesLineIsPassedOver() throws {
        let (vkey, text) = try vector()
        let cosigned =
            text
            + "— witness.example/w1 IDJKvgAAAABqjDJA+Zrsyvdiv7bU6X6DLLvUGM5cYEI3iyacBbuTECtHnm6D"
            + "VT6GrRRVHpCy1eea2ACs3Cn5Wiipa2tIzHWCniDlAw==\n"
        let note = try Note(parsing: cosigned.bytes)
        try note.verify(by: NoteVerifier(vkey: vkey))
        #expect(note.encoded == cosigned.bytes)
        // The witness's own key is of another signature type, which nothing here believes.
        #expect(throws: NoteError.unknownAlgorithm) {
            _ = try NoteVerifier(
                vkey: "witness.example/w1+20324abe+BCmsuuFBvMrwsi4alNNNC8c2HlJtC/4SyJeUvJMilm3X")
        }
    }

    static let root = String(repeating: "A", count: 43) + "="

    @Test func furtherLinesAreTakenButNeverEmpty() throws {
        let checkpoint = try Checkpoint(text: "log\n0\n\(Self.root)\nmore\n")
        #expect(checkpoint.extensions == ["more"])
        #expect(checkpoint.text == "log\n0\n\(Self.root)\nmore\n".bytes)
        for wrong in [
            "log\n00\n\(Self.root)\n", "log\n-1\n\(Self.root)\n", "log\n\n\(Self.root)\n",
            "log\n1\nAAAA\n", "log\n1\n", "log\n1\n\(Self.root)", "log\n1\n\(Self.root)\n\n",
            "a b\n1\n\(Self.root)\n", "log\n9007199254740992\n\(Self.root)\n",
        ] {
            #expect(throws: NoteError.self, "\(wrong)") { _ = try Checkpoint(text: wrong) }
        }
    }

    @Test func noNoteOfATypeIsACheckpoint() throws {
        let promise = PromiseNote(
            origin: "log", commitment: [UInt8](repeating: 0, count: 32), tick: 1)
        #expect(throws: NoteError.self) { _ = try Checkpoint(text: promise.text) }
        let checkpoint = Checkpoint(origin: "log", size: 1, root: promise.commitment)
        #expect(throws: NoteError.wrongType) { _ = try PromiseNote(text: checkpoint.text) }
    }
}
