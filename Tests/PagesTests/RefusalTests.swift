import Foundation
import Testing
import Vocabulary

@testable import Gateway

/// The form that comes back: every message beside its field, and nothing lost.
@Suite struct RefusalTests {
    let pages: PageRenderer

    init() throws { pages = try Pages.renderer() }

    private func refusal(
        _ values: [IntakeField: [[UInt8]]], _ problems: [FieldProblem], language: String = "es"
    ) throws -> String {
        try #require(
            pages.refusal(language, form: SubmittedForm(values: values), problems: problems)
        ).text
    }

    @Test func keepsWhatWasTypedAndChosen() throws {
        let page = try refusal(
            [
                .dangerNow: [.text("unsure")], .whatHappened: [.text("\nPrimera línea\nsegunda")],
                .category: [.text("grooming"), .text("other_unsure")],
                .whereCountry: [.text("BR")], .online: [.text("http://a.example/?a=1&b=2")],
            ], [FieldProblem(.online, .tooMany)])
        #expect(page.contains(#"value="unsure" checked>"#))
        #expect(page.contains(">\n\nPrimera línea\nsegunda</textarea>"))
        #expect(page.contains(#"value="grooming" checked>"#))
        #expect(page.contains(#"value="other_unsure" checked>"#))
        #expect(page.contains(#"<option value="BR" selected>"#))
        #expect(page.contains("a=1&amp;b=2"))
        #expect(page.contains("<details open"))
        #expect(!page.contains(#"name="mailbox" value="yes" aria-describedby="e-mailbox" checked"#))
    }

    @Test func saysEachReasonBesideItsFieldAndAtTheTop() throws {
        let page = try refusal(
            [:], [FieldProblem(.dangerNow, .missing), FieldProblem(.whatHappened, .missing)])
        #expect(page.contains(#"id="e-danger_now">Elige una."#))
        let missing = "Escribe aunque sea una frase, o pon un enlace o un teléfono."
        #expect(page.contains(#"id="e-what_happened">\#(missing)</p>"#))
        #expect(page.contains(##"<a href="#danger_now">"##))
        #expect(page.contains(#"e-what_happened" aria-invalid="true""#))
        #expect(page.contains(#"role="alert""#))
    }

    /// What came back has the text: to go back, as a page of its own says, would lose it.
    @Test(arguments: Vocabulary.formLanguages)
    func aFormThatCameBackDoesNotSayToLeaveIt(language: String) throws {
        let form = SubmittedForm(values: [.whatHappened: [.text("lo que pasó")]])
        let again = try #require(pages.again(language, form: form, saying: .tooLarge)).text
        #expect(again.contains("\nlo que pasó</textarea>"))
        let alone = try #require(pages.problem(language, .tooLarge)).text
        let leave = try #require(alone.firstMatch(of: /<p class="lead">([^<]+)</)).output.1
        #expect(!again.contains(leave) && again.contains(#"role="alert"><h2>"#))
    }

    @Test func whatWasTypedCannotBecomeMarkup() throws {
        let text = #"</textarea><script>alert(1)</script>"'&"#
        let page = try refusal(
            [.whatHappened: [.text(text)]], [FieldProblem(.whatHappened, .tooLong)])
        #expect(!page.contains("<script>alert"))
        #expect(
            page.contains(
                "&lt;/textarea&gt;&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;</textarea>")
        )
    }

    @Test func bytesThatAreNoTextLeaveThePageValid() throws {
        let page = try #require(
            pages.refusal(
                "es", form: SubmittedForm(values: [.whatHappened: [[0xFF, 0xFE, 0x41]]]),
                problems: [FieldProblem(.whatHappened, .characters)]))
        let bytes = page.bytes
        #expect(String(validating: bytes, as: UTF8.self) != nil)
        #expect(page.text.contains("\u{FFFD}\u{FFFD}A</textarea>"))
    }

    @Test func anAnswerThatWasNotOfferedChoosesNothing() throws {
        let page = try refusal(
            [.dangerNow: [.text("\"><i>")]], [FieldProblem(.dangerNow, .unknown)])
        #expect(!page.contains("<i>"))
        #expect(!page.contains(" checked"))
    }

    /// Not in the language behind it either: whoever is refused something must not also have to guess why.
    @Test(arguments: Vocabulary.formLanguages)
    func everyReasonHasItsWordsInEveryLanguage(language: String) throws {
        for reason in FieldProblem.Reason.allCases {
            for field in IntakeField.allCases where field != .mailbox {
                let page = try refusal([:], [FieldProblem(field, reason)], language: language)
                let place = try #require(
                    page.components(separatedBy: #"id="e-\#(field.rawValue)">"#).dropFirst().first)
                #expect(!place.hasPrefix("<"), "\(field) \(reason)")
            }
        }
    }
}
