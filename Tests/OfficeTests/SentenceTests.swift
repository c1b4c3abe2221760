import Confinement
import Envelope
import Ledger
import Notes
import Roster
import Sodium
import Testing

@testable import Office

/// What people read of errors: sentences, and never the names that the source has for them.
@Suite struct SentenceTests {
    private static let errors: [any Explained] = [
        FileError.system(path: "desk.key", call: "open", errno: 13),
        ConfinementError.system(call: "flock", code: 13),
        ConfinementError.openPermissions(path: "log.key"),
        TipTextError.empty, TipTextError.tooLong(limit: 4_000), TipTextError.invalidUTF8,
        TipTextError.controlCharacter, TipTextError.bidirectionalControl,
        NoteError.malformedNote, NoteError.unknownAlgorithm, NoteError.wrongType,
        NoteError.furtherSignatures, NoteError.malformedLine("desk"), NoteError.malformedBase64,
        NoteError.malformedJSON(offset: 7), NoteError.notCanonical,
        EnvelopeError.malformedKeyLine,
        RecordError.notCanonical, RecordError.malformed("tick"),
        LogTextError.malformed("size"), LogTextError.notSigned, LogTextError.otherOrigin,
        SodiumError.unavailable, SodiumError.outOfGuardedMemory, SodiumError.cannotOpen,
        SodiumError.wrongLength(what: "key", allowed: 32...32, actual: 31),
        SodiumError.weakPublicKey, SodiumError.streamEnded, SodiumError.unsupportedParameters,
    ]

    @Test func everyErrorIsASentence() {
        for error in Self.errors {
            #expect(error.sentence.hasSuffix("."), "\(error)")
            #expect(error.sentence.contains(" "), "\(error)")
            #expect(!error.sentence.contains("("), "\(error): \(error.sentence)")
        }
    }

    @Test func theSystemsErrorsAreInItsWords() {
        let error = FileError.system(path: "desk.key", call: "open", errno: 13)
        #expect(error.sentence == "desk.key: this user may not do that.")
        #expect(ConfinementError.openPermissions(path: "log.key").exit == .refused)
        #expect(ConfinementError.system(call: "flock", code: 13).exit == .badInput)
    }

    @Test func momentsAreReadAsPeopleWriteThem() {
        #expect(UTCTime.text(0) == "1970-01-01 00:00 UTC")
        #expect(UTCTime.text(1_795_950_061) == "2026-11-29 11:01 UTC")
        #expect(UTCTime.text(1_795_910_399) == "2026-11-28 23:59 UTC")
    }
}
