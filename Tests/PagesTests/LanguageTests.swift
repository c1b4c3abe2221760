import Foundation
import Testing
import Vocabulary

@testable import Gateway

/// A page in a language that lacks words has them in the one that its readers know, and says so to a screen reader.
@Suite struct LanguageTests {
    let source: PageSource
    let pages: PageRenderer

    init() throws {
        source = try Pages.source()
        pages = try Pages.renderer()
    }

    private static let partial = Vocabulary.formLanguages.filter {
        !Vocabulary.completeLanguages.contains($0)
    }

    private func form(_ language: String) throws -> String {
        try #require(pages.form(language)).text
    }

    /// The page from what it is about on.
    private func main(_ language: String) throws -> String {
        let page = try form(language)
        return String(page[try #require(page.range(of: "<main")).lowerBound...])
    }

    @Test(arguments: Vocabulary.formLanguages)
    func theSwitchNamesEachLanguageInItself(language: String) throws {
        let page = try form(language)
        for other in source.vocabulary.languages {
            let current = other.code == language ? #" aria-current="true""# : ""
            let attributes = #"lang="\#(other.tag)"\#(current)"#
            #expect(page.contains(#"<a href="/\#(other.code)" \#(attributes)>\#(other.name)</a>"#))
        }
        // Who cannot read the page finds the switch by the word for "language" in theirs.
        #expect(page.contains(#"<span lang="gn">Ñe’ẽ</span> <span lang="quy">Simi</span>"#))
        #expect(page.components(separatedBy: ">Idioma<").count == 2)
    }

    @Test(arguments: Vocabulary.completeLanguages)
    func aCompletePageIsInOneLanguage(language: String) throws {
        let main = try main(language)
        #expect(!main.contains(#" lang=""#))
        #expect(main.contains("<footer><p>"))
    }

    @Test(arguments: partial)
    func whatALanguageLacksIsMarkedAsTheLanguageThatItIsIn(language: String) throws {
        let own = try #require(source.catalogues[language])
        let code = try #require(source.vocabulary.language(language)?.fallback)
        let behind = try #require(source.catalogues[code])
        let main = try main(language)
        for key in ["danger_now", "who_am_i_duty", "attachments_warning", "refused"] {
            let text = try #require((own.strings[key] ?? behind.strings[key])?.text)
            let mark = own.strings[key] == nil ? #" lang="\#(code)">\#(text)"# : ">\(text)"
            #expect(main.contains(mark), "\(key)")
        }
        #expect(main.contains(#"<option value="HT" lang="\#(code)">"#))
        let languages = main.matches(of: /lang="([^"]*)"/).map { String($0.output.1) }
        #expect(Set(languages) == [code])
    }

    /// A slip in a translation that nobody has checked must not hide where to call.
    @Test(arguments: partial)
    func theDangerNoteAndTheAdviceAreInBothLanguages(language: String) throws {
        let own = try #require(source.catalogues[language])
        let code = try #require(source.vocabulary.language(language)?.fallback)
        let behind = try #require(source.catalogues[code])
        let form = try form(language)
        for key in ["danger_call", "danger_elsewhere"] {
            let text = try #require(own.strings[key]).text
            #expect(form.contains("<p>\(text)</p>"), "\(key)")
            let also = try #require(behind.strings[key]).text
            #expect(form.contains(#"<p class="also" lang="\#(code)">\#(also)</p>"#), "\(key)")
        }
        let safety = try #require(pages.safety(language)).text
        for number in 1...11 {
            let also = try #require(behind.strings["safety_\(number)"]).text
            #expect(safety.contains(#"<p class="also" lang="\#(code)">\#(also)</p>"#), "\(number)")
        }
        let note = try #require(own.strings["unreviewed"]).text
        #expect(form.contains(#"<p class="note">\#(note)</p>"#))
        #expect(!form.contains("<footer>"))
    }

    @Test func aQuestionInAnotherLanguageIsMarkedWhereARefusalNamesIt() throws {
        let refusal = try #require(
            pages.refusal(
                "gn", form: SubmittedForm(),
                problems: [
                    FieldProblem(.attachments, .tooMany), FieldProblem(.whatHappened, .missing),
                ])
        ).text
        #expect(refusal.contains(##"<a href="#attachments"><span lang="es">Archivos, si"##))
        #expect(refusal.contains(#"id="e-attachments">Hetaiterei archivo."#))
        #expect(refusal.contains(##"<a href="#what_happened">¿Mba’épa oiko"##))
        #expect(refusal.contains(#"id="e-what_happened">Ehai jepe peteĩ ñe’ẽjoaju."#))
    }

    @Test func aPlaceWithoutItsOwnDeskIsReadByTheRegions() throws {
        let page = try form("es")
        let list = String(decoding: try Pages.renderer(Pages.settings()).deskList, as: UTF8.self)
        #expect(list.split(separator: "\n").map { $0.prefix { $0 != ":" } } == ["AR", "region"])
        let hash = Shrinking.policyHash(list).dropFirst("'sha256-".count).dropLast()
        #expect(page.contains(#"data-keys="\#(hash)""#))
        // The first choice of the list has no code: the script and the server take the region's desk for it.
        let unknown = try #require(source.catalogues["es"]?.strings["where_country_empty"]).text
        #expect(page.contains(#"<option value="">\#(unknown)\#n"#))
    }

    @Test func helplinesAreShownWithTheirHoursWhileTheyAreFresh() throws {
        let many = Pages.settings(languages: ["nl"], states: [])
        let page = try #require(Pages.renderer(many).form("nl")).text
        #expect(page.contains("Uruguay\u{A0}0800 5050"))
        #expect(page.contains("Saba\u{A0}918 (14:00-18:00)"))
        // Stale and unverified ones are not.
        for number in ["141", "1147", "0800-222-1717"] {
            #expect(!page.contains("\u{A0}\(number)") && !page.contains("· \(number)"))
        }
        let later = try Pages.renderer(
            Pages.settings(languages: ["nl"], day: "2027-05-22", states: []))
        #expect(!(try #require(later.form("nl")).text.contains("0800 5050")))
    }
}
