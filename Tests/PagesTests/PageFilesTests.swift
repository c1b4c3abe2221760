import Envelope
import Foundation
import Testing
import Vocabulary

@testable import Gateway

/// Writes the pages for the browser tests, which serve them with a gateway of their own (`Tests/Browser`).
@Suite struct PageFilesTests {
    private struct Wanted: Decodable {
        struct Desk: Decodable {
            let state: String
            let office: String
            let keyFileHash: String
        }
        let origin: String
        let log: String
        let desks: [Desk]
        let attachments: [String]
        let attachmentBytesMax: Int
        let out: String
    }

    private static let settings = ProcessInfo.processInfo.environment["RESGUARDO_PAGES"]

    @Test(.enabled(if: settings != nil))
    func writesPagesAndPolicies() throws {
        let file = URL(fileURLWithPath: try #require(Self.settings))
        let wanted = try JSONDecoder().decode(Wanted.self, from: Data(contentsOf: file))
        let desks = try wanted.desks.map { desk in
            let hash = try #require(Data(base64Encoded: desk.keyFileHash))
            return PageDesk(state: desk.state, office: desk.office, keyFileHash: Array(hash))
        }
        let renderer = try Pages.renderer(
            PageSettings(
                origin: wanted.origin, logVerifierKey: wanted.log, desks: desks,
                statesWithAttachments: Set(wanted.attachments),
                attachmentBytesMax: wanted.attachmentBytesMax,
                today: try #require(Day(iso: "2026-11-24"))))
        for language in renderer.languages {
            for (name, page) in try pages(renderer, language) {
                try write(page, "\(wanted.out)/\(language)-\(name)", "html")
            }
        }
        try write(renderer.effortScript, "\(wanted.out)/effort", "js")
    }

    private func write(_ page: Page, _ path: String, _ type: String) throws {
        try Data(page.bytes).write(to: URL(fileURLWithPath: "\(path).\(type)"))
        try Data(page.contentSecurityPolicy.utf8)
            .write(to: URL(fileURLWithPath: "\(path).policy"))
    }

    private func pages(
        _ renderer: PageRenderer, _ language: String
    ) throws -> [(String, Page)] {
        let groups: [[UInt8]] = [
            "307", "415", "926", "535", "897", "932", "384", "626", "433", "832",
        ]
        .map { .text($0) }
        let typed = SubmittedForm(values: [
            .dangerNow: [.text("no")], .whatHappened: [.text("Algo <b>pasa</b> & sigue")],
            .whoAmI: [.text("child_affected")],
        ])
        let replies = OpenedMailbox(
            replies: [ReplyDocument(text: "Hola.\nTe leímos."), ReplyDocument(.read)],
            receipt: .text("307 415"))
        var answering = replies
        answering.refused = (.text("Algo <b>más</b>"), .tooLong)
        var kept = replies
        kept.isKept = true
        return [
            ("form", try #require(renderer.form(language))),
            ("safety", try #require(renderer.safety(language))),
            (
                "receipt",
                try #require(renderer.receipt(language, groups: groups, proof: Pages.proof))
            ),
            ("done", try #require(renderer.receipt(language, groups: nil, proof: Pages.proof))),
            ("mailbox", try #require(renderer.mailbox(language))),
            (
                "replies",
                try #require(renderer.mailbox(language, replies))
            ),
            ("answering", try #require(renderer.mailbox(language, answering))),
            ("kept", try #require(renderer.mailbox(language, kept))),
            ("empty", try #require(renderer.mailbox(language, OpenedMailbox(replies: [])))),
            ("wrong", try #require(renderer.mailboxRefusal(language, typed: .text("307 415")))),
            ("problem", try #require(renderer.problem(language, .busy))),
            (
                "refusal",
                try #require(
                    renderer.refusal(
                        language, form: typed,
                        problems: [
                            FieldProblem(.whatHappened, .characters),
                            FieldProblem(.consentShare, .missing),
                        ]))
            ),
        ]
    }
}
