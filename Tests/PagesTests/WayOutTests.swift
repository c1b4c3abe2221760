import Testing
import Vocabulary

@testable import Gateway

/// Where the way out leads: to a page that nobody wonders at where the reader is.
@Suite struct WayOutTests {
    private static let weather = "https://www.smn.gob.ar/"

    private func wayOut(_ states: [String], _ language: String) throws -> String? {
        let settings = Pages.settings(attachments: [], languages: [language], states: states)
        return try Pages.renderer(settings).form(language)?.wayOut
    }

    @Test(arguments: ["es", "gn", "quz"])
    func aGatewayOfOneStateLeadsToAPageOfThatState(language: String) throws {
        #expect(try wayOut(["AR"], language) == Self.weather)
    }

    /// A page in a language that its owner does not read looks odd.
    @Test(arguments: [("fr", "fr"), ("ay", "es"), ("jam", "en")])
    func butNotInALanguageThatIsNotSpokenThere(language: String, wikipedia: String) throws {
        #expect(try wayOut(["AR"], language) == "https://\(wikipedia).wikipedia.org/")
    }

    @Test(arguments: [[], ["AR", "BR"], ["HN"]])
    func noStateAndSeveralAndOneWithoutAPageLeadToTheLanguages(states: [String]) throws {
        #expect(try wayOut(states, "es") == "https://es.wikipedia.org/")
    }

    @Test(arguments: Vocabulary.formLanguages)
    func theWayOutOfALanguageIsAnEncyclopaedia(language: String) throws {
        let exit = try #require(Pages.source().catalogues[language]).exit
        #expect(exit.wholeMatch(of: /https:\/\/[a-z]{2}\.wikipedia\.org\//) != nil)
    }

    @Test func itIsTheSameOnEveryPage() throws {
        let pages = try Pages.renderer()
        let all = [
            pages.form("es"), pages.safety("es"), pages.mailbox("es"), pages.problem("es", .busy),
            pages.receipt("es", groups: nil, proof: Pages.proof),
            pages.mailboxRefusal("es", typed: []),
            pages.refusal("es", form: SubmittedForm(), problems: []),
        ]
        #expect(all.map { $0?.wayOut } == Array(repeating: Self.weather, count: all.count))
    }
}
