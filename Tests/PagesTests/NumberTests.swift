import Foundation
import Testing
import Vocabulary

@testable import Gateway

/// The telephone numbers of the pages: those of the State that a gateway serves, all of them, and no other's first.
@Suite struct NumberTests {
    private func pages(
        _ states: [String], _ languages: [String] = ["es"], day: String = "2026-11-29"
    ) throws -> PageRenderer {
        try Pages.renderer(Pages.settings(languages: languages, day: day, states: states))
    }

    /// What stands beside the question about danger.
    private func note(
        _ states: [String], _ language: String, day: String = "2026-11-29"
    ) throws -> String {
        let form = try #require(pages(states, [language], day: day).form(language)).text
        let start = #"<div class="note warm">"#
        let note = try #require(form.components(separatedBy: start).dropFirst().first)
        return try #require(note.components(separatedBy: "</div>").first)
    }

    /// Every verified line is on a page: on that of its State at once, and on every page of advice.
    @Test func everyNumberThatMayBeShownIsShown() throws {
        let day = "2026-11-29"
        let today = try #require(Day(iso: day))
        let all = try #require(pages([], day: day).safety("es")).text
        let many = try note([], "es")
        for territory in try Pages.source().vocabulary.territories {
            let numbers = territory.numbers.filter { $0.canBeShown(on: today) }.map(\.value)
            guard !numbers.isEmpty else { continue }
            let own = try note([territory.code], "es")
            for number in numbers {
                #expect(own.contains(number) && all.contains(number) && many.contains(number))
            }
        }
        #expect(try note(["GT"], "es").contains("avisar: Guatemala\u{A0}1546</b>"))
        let safety = try #require(pages(["HT"], ["ht"]).safety("ht")).text
        #expect(safety.contains("Gwatemala\u{A0}1546"))
    }

    /// A child that is afraid must not call a number that rings in another country.
    @Test func aGatewayOfOneStateShowsNoOtherStatesNumbers() throws {
        let haiti = try note(["HT"], "ht")
        #expect(haiti.contains("<p><b>Ayiti · 114 (?)</b></p>"))
        for number in ["190", "134", "147", "999", "131", "918"] {
            #expect(!haiti.contains(number))
        }
        let safety = try #require(pages(["HT"], ["ht"]).safety("ht")).text
        let folded = try #require(safety.firstRange(of: "<details><summary>Yon lòt peyi"))
            .lowerBound
        let own = try #require(safety.firstRange(of: "<p><b>Ayiti · 114 (?)</b></p>")).lowerBound
        #expect(own < folded)
        #expect(safety[folded...].contains("Brezil\u{A0}190"))
        #expect(!safety[..<folded].contains("190"))
        #expect(try note(["HT", "BR"], "ht").contains("Brezil\u{A0}190"))
    }

    @Test func numbersDisappearWhenTheirVerificationIsOld() throws {
        let now = try #require(pages([], ["pt"]).form("pt")).text
        #expect(now.contains("Brasil\u{A0}190") && now.contains("Brasil · 190\n"))
        let page = try #require(pages([], ["pt"], day: "2027-05-22").form("pt")).text
        #expect(!page.contains("Brasil\u{A0}190") && !page.contains("Números conferidos"))
        // The State's general number stays where the State is chosen, and says that nobody has confirmed it lately.
        #expect(page.contains("Brasil · 190 (?)") && page.contains("Argentina · 911 (?)"))
        #expect(page.contains("número de emergência do seu país"))
    }

    /// Not only in a list that is shut until somebody opens it.
    @Test func aGatewayOfOneStateShowsItsNumberAtOnce() throws {
        let argentina = try note(["AR"], "es")
        #expect(argentina.contains("<p><b>Argentina · 911 (?)</b></p>"))
        #expect(argentina.contains("Los números cambian."))
        #expect(try note(["JM"], "gn").contains(#"<p lang="es"><b>Jamaica · 119"#))
        // A confirmed one stands in the line of those.
        let brazil = try note(["BR"], "pt")
        #expect(brazil.contains("Brasil\u{A0}190") && !brazil.contains("<b>Brasil · 190"))
        #expect(
            try note(["BR"], "pt", day: "2027-05-22").contains("<p><b>Brasil · 190 (?)</b></p>"))
        #expect(try !note(["AR", "BR"], "es").contains("<b>Argentina · 911"))
    }

    /// Hours are read in every language; what else is known of a line is said in the reader's.
    @Test(arguments: [("es", "gratis"), ("fr", "gratuit"), ("quy", "mana qullqiwan")])
    func aLineSaysWhenItAnswersAndWhatItCosts(language: String, free: String) throws {
        let note = try note(["TT"], language)
        #expect(note.contains("131 (24 h, \(free)), 800-4321 (24 h, \(free))"))
        let many = try #require(pages(["TT", "BR"], [language]).form(language)).text
        #expect(many.contains("131, 800-4321") && !many.contains(free))
    }

    /// Who watches a phone in a family or a school is on every page of advice.
    @Test(arguments: Vocabulary.formLanguages)
    func theAdviceNamesWhoCanWatch(language: String) throws {
        let strings = try #require(Pages.source().catalogues[language]).strings
        let page = try #require(Pages.renderer().safety(language)).text
        for key in ["safety_10", "safety_11", "safety_5"] {
            #expect(page.contains("<p>\(try #require(strings[key]).text)</p>"), "\(key)")
        }
    }
}
