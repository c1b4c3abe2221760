import Foundation
import Notes
import Roster
import Sodium
import TestSupport
import Testing

/// Page notes that the independent program made and refuses.
@Suite struct PageVectorTests {
    private struct Vectors: Decodable {
        struct Version: Decodable {
            let note: String
            let version: UInt64
            let textSha256: Base64Bytes
        }

        struct Document: Decodable {
            let body: Base64Bytes
            let path: String
            let policy: String
        }

        struct Refused: Decodable {
            let name: String
            let expect: String
            let after: Int
            let note: String
        }

        let origin: String
        let roster: String
        let chain: [Version]
        let documents: [Document]
        let refused: [Refused]
    }

    private let all: Vectors
    private let roster: PublicRoster

    init() throws {
        all = try vectors("resguardo-page.json", as: Vectors.self)
        roster = try PublicRoster(note: RosterVerification.note(Array(all.roster.utf8)))
    }

    private func judged(
        _ text: String, after earlier: PageNote?
    ) throws(PageNoteError) -> PageNote {
        let note = try PageVerification.note(Array(text.utf8))
        let page = try PageVerification.accepted(note, under: roster)
        try PageVerification.requireSuccession(of: page, after: earlier)
        return page
    }

    private func chain(_ count: Int) throws -> [PageNote] {
        var pages: [PageNote] = []
        for version in all.chain.prefix(count) {
            pages.append(try judged(version.note, after: pages.last))
        }
        return pages
    }

    @Test func theChainIsAcceptedAndSpelledTheSame() throws {
        let pages = try chain(all.chain.count)
        #expect(pages.map(\.version) == all.chain.map(\.version))
        for (page, vector) in zip(pages, all.chain) {
            #expect(page.origin == all.origin)
            #expect(page.textHash == vector.textSha256.bytes)
            #expect(page.text == (try Note(parsing: Array(vector.note.utf8)).text))
        }
        let newest = try #require(pages.last)
        let again = try PageNote(
            origin: newest.origin, after: pages[0], date: newest.date, roster: roster.textHash,
            pages: newest.pages)
        #expect(again == newest)
    }

    @Test func documentsAreThoseOfTheNote() throws {
        let pages = try #require(try chain(2).last).pages
        #expect(Set(pages.documents.keys) == Set(all.documents.map(\.path)))
        for vector in all.documents {
            let document = try #require(pages.documents[vector.path])
            #expect(document.sha256 == sha256(vector.body.bytes))
            #expect(document.policy == sha256(Array(vector.policy.utf8)))
        }
    }

    /// Whether our objection is one of those that the other program's word stands for.
    private static func matches(_ error: PageNoteError, _ word: String) -> Bool {
        switch (word, error) {
        case ("threshold", .notSigned), ("signature", .badSignature), ("origin", .wrongOrigin),
            ("page-roster", .otherRoster), ("version", .older), ("version", .wrongPredecessor),
            ("previous", .wrongPredecessor), ("previous", .malformed), ("jcs", .malformed),
            ("note-lines", .malformed), ("page", .malformed):
            true
        default: false
        }
    }

    @Test func refusedNotesAreRefusedForTheirReason() throws {
        #expect(all.refused.count >= 20)
        for vector in all.refused {
            let earlier = try chain(vector.after).last
            do throws(PageNoteError) {
                _ = try judged(vector.note, after: earlier)
                Issue.record("\(vector.name) was accepted")
            } catch {
                #expect(
                    Self.matches(error, vector.expect), "\(vector.name): \(error)")
            }
        }
    }

    @Test func differencesAreNamed() throws {
        let promised = try #require(try chain(2).last).pages
        #expect(promised.differences(of: promised).isEmpty)
        var served = promised
        served.documents["/es"] = PagePrint.Document(
            sha256: sha256([1]), policy: promised.documents["/es"]?.policy ?? [])
        served.documents["/gn/safety"] = nil
        served.documents["/xx"] = served.documents["/es"]
        let key = try #require(promised.keyFiles.first)
        served.keyFiles.remove(key)
        served.limits.attachmentBytesMax += 1
        #expect(
            promised.differences(of: served) == [
                "/es has other bytes", "/gn/safety is missing", "/xx is not in the note",
                "key file \(PagePrint.name(key)) is missing",
                "the settings for attachments are others",
            ])
    }

    private func sha256(_ bytes: [UInt8]) -> [UInt8] { SmallHash.sha256(bytes) }
}
