import Crypto
import Envelope
import Foundation
import Testing
import Vocabulary

@testable import Gateway

@Suite struct PageRendererTests {
    let pages: PageRenderer

    init() throws { pages = try Pages.renderer() }

    @Test(arguments: Vocabulary.formLanguages)
    func thePolicyAllowsExactlyWhatIsInThePage(language: String) throws {
        let all = [
            pages.form(language), pages.safety(language),
            pages.receipt(language, groups: nil, proof: Pages.proof),
            pages.mailbox(language, OpenedMailbox(replies: [])), pages.problem(language, .busy),
            pages.refusal(language, form: SubmittedForm(), problems: []),
        ]
        for page in try all.map({ try #require($0) }) {
            for element in ["script", "style"] {
                let contents = page.contents(of: element)
                #expect(!contents.isEmpty)
                for content in contents {
                    let hash = Data(SHA256.hash(data: Data(content.utf8))).base64EncodedString()
                    #expect(page.contentSecurityPolicy.contains("'sha256-\(hash)'"))
                }
                #expect(
                    page.text.components(separatedBy: "<\(element)").count == contents.count + 1)
            }
            #expect(!page.contentSecurityPolicy.contains("unsafe"))
            #expect(page.contentSecurityPolicy.contains("default-src 'none'"))
        }
    }

    @Test func aPageThatIsKeptTakesNoMoreMemoryThanItHasBytes() {
        for page in pages.standing.values {
            #expect(page.bytes.capacity < page.bytes.count + page.bytes.count / 4)
        }
    }

    @Test(arguments: Vocabulary.formLanguages)
    func nothingInThePageRunsOrLoadsFromElsewhere(language: String) throws {
        let page = try #require(pages.form(language)).text
        let markup = page.replacing(/<script>[\s\S]*?<\/script>/, with: "")
        #expect(markup.firstMatch(of: /\son[a-z]+\s*=/) == nil)
        #expect(markup.firstMatch(of: /\sstyle\s*=/) == nil)
        let sources = markup.matches(of: /\s(?:src|srcset|action|href)="([^"]*)"/).map {
            $0.output.1
        }
        let outside = sources.filter { !$0.hasPrefix("/") && !$0.hasPrefix("#") && $0 != "data:," }
        #expect(outside.map(String.init) == [try #require(pages.form(language)).wayOut])
    }

    @Test func everyOpenPlaceIsFilled() throws {
        for language in Vocabulary.formLanguages {
            for page in [
                pages.form(language),
                pages.receipt(language, groups: [.text("123")], proof: Pages.proof),
            ] {
                let text = try #require(page).text
                #expect(!text.contains("⟦") && !text.contains("⟧") && !text.contains("{{"))
            }
        }
    }

    @Test func theFormNamesEachQuestionOnceAndChoosesNothingForThePerson() throws {
        let page = try #require(pages.form("es")).text
        for field in IntakeField.allCases {
            #expect(page.contains(#"name="\#(field.rawValue)""#), "\(field)")
            #expect(
                page.components(separatedBy: #"id="\#(field.rawValue)""#).count == 2, "\(field)")
        }
        let checked = page.matches(of: /<input[^>]*checked[^>]*>/)
        #expect(checked.count == 1 && checked[0].output.contains(#"name="mailbox""#))
        #expect(!page.contains(" selected"))
        #expect(!page.contains("<details open"))
    }

    @Test func thePageNeverAsksWhoWrites() throws {
        let page = try #require(pages.form("en")).text
        for type in ["email", "tel", "password", "date"] {
            #expect(!page.contains(#"type="\#(type)""#))
        }
        #expect(!page.lowercased().contains("captcha"))
    }

    @Test func carriesWhatTheScriptNeeds() throws {
        let page = try #require(pages.form("es")).text
        let hash = Data(repeating: 0xA5, count: 32).base64EncodedString()
        #expect(page.contains("data-origin=\"\(Pages.origin)\""))
        #expect(page.contains("data-log=\"\(Pages.logKey)\""))
        #expect(String(decoding: pages.deskList, as: UTF8.self).contains("AR:\(hash)\nregion:"))
        #expect(page.contains("data-most=\"67108864\""))
    }

    @Test func filesAreOfferedOnlyWhereAStateTakesThem() throws {
        #expect(try #require(pages.form("es")).text.contains(#"type="file""#))
        let without = try Pages.renderer(Pages.settings(attachments: []))
        #expect(!(try #require(without.form("es")).text.contains(#"type="file""#)))
    }

    @Test func theReceiptShowsItsGroupsOrNone() throws {
        let groups: [[UInt8]] = (100..<110).map { .text("\($0)") }
        let page = try #require(pages.receipt("en", groups: groups, proof: Pages.proof)).text
        for group in 100..<110 { #expect(page.contains("<span>\(group) </span>")) }
        let without = try #require(pages.receipt("en", groups: nil, proof: Pages.proof)).text
        #expect(!without.contains("digits\""))
        #expect(!without.contains("Your receipt"))
    }

    /// Whoever watches the line does not see whether somebody has a receipt, nor how long its words are.
    @Test(arguments: Vocabulary.formLanguages)
    func everyAnswerToATipHasOneLength(language: String) throws {
        let source = try Pages.source()
        let digits = Array(repeating: [UInt8].text("999"), count: 10)
        let receipts = source.receipts.files.flatMap { list in
            let words = list.bytes.split(separator: 0x0A).map(Array.init)
            let sorted = words.sorted { $0.count < $1.count }
            return [Array(sorted.prefix(8)), Array(sorted.suffix(8))]
        }
        let proofs = [
            Pages.proof(origin: "a", size: 17_640, tick: 1),
            Pages.proof(origin: String(repeating: "a", count: 128), size: 1 << 30, tick: 1 << 52),
        ]
        let states = source.vocabulary.territories.map(\.code)
        for states in [["AR"], states] {
            let settings = Pages.settings(languages: [language], states: states)
            let renderer = try Pages.renderer(settings)
            var lengths: Set<Int> = []
            for proof in proofs {
                for groups in [nil, digits] + receipts {
                    let page = renderer.receipt(language, groups: groups, proof: proof)
                    lengths.insert(try #require(page).bytes.count)
                }
            }
            #expect(lengths == [12 << 10])
        }
    }

    @Test(arguments: Vocabulary.formLanguages)
    func theProofIsALinkThatIsFoldedAwayBehindAWarning(language: String) throws {
        for groups: [[UInt8]]? in [nil, [.text("123")]] {
            let page = try #require(
                pages.receipt(language, groups: groups, proof: Pages.proof)
            ).text
            let fold = try #require(page.firstRange(of: "<details>\n<summary"))
            let folded = page[fold.lowerBound...]
            let warning = try #require(folded.firstRange(of: "<p class=\"note warm\""))
            let link = try #require(
                folded.firstRange(of: "href=\"/v1/proofs/\(Pages.proof.commitment)\""))
            let entry = try #require(folded.firstRange(of: "{&quot;promise&quot;:"))
            let end = try #require(folded.firstRange(of: "</details>"))
            #expect(warning.lowerBound < link.lowerBound && link.lowerBound < entry.lowerBound)
            #expect(entry.lowerBound < end.lowerBound)
        }
        let form = try #require(pages.form(language)).text
        #expect(form.contains(#"href="/v1/proofs/""#) && !form.contains("promise&quot;"))
    }

    @Test func aReplyCannotBecomeMarkup() throws {
        let page = try #require(
            pages.mailbox(
                "en",
                OpenedMailbox(
                    replies: [ReplyDocument(text: "<img src=x onerror=alert(1)> & \"'")]))
        ).text
        #expect(page.contains("<p>&lt;img src=x onerror=alert(1)&gt; &amp; &quot;&#39;</p>"))
    }

    @Test(arguments: Vocabulary.formLanguages)
    func aStatusWordIsSaidInTheReadersLanguage(language: String) throws {
        let words = try Wording(
            #require(Pages.source().vocabulary.language(language)), Pages.source())
        let replies = StatusWord.allCases.map { ReplyDocument($0) }
        let page = try #require(pages.mailbox(language, OpenedMailbox(replies: replies))).text
        for word in StatusWord.allCases {
            let sentence = try words.words("status.\(word.rawValue)")
            #expect(sentence.mark.isEmpty && page.contains("<p>\(sentence.text)</p>"))
            #expect(!page.contains("<p>\(word.rawValue)</p>"))
        }
    }

    @Test func aStatusWordOfAnotherVersionIsShownAsItsText() throws {
        let page = try #require(
            pages.mailbox(
                "en",
                OpenedMailbox(replies: [
                    ReplyDocument(text: "gone fishing", status: "gone-fishing"),
                    ReplyDocument(text: "Thank you.", status: "read"),
                ]))
        ).text
        #expect(page.contains("<p>gone fishing</p>"))
        #expect(page.contains("<p>An adult has read what you wrote.</p><p>Thank you.</p>"))
    }

    @Test func anAnswerIsTakenWhereThereIsAReplyAndComesBackIfItIsRefused() throws {
        var opened = OpenedMailbox(
            replies: [ReplyDocument(text: "Hello.")], receipt: .text("a\"b<c"))
        let asking = try #require(pages.mailbox("en", opened)).text
        #expect(asking.contains(#"name="receipt" value="a&quot;b&lt;c""#))
        #expect(
            asking.contains("id=\"e-answer\"></p>") && !asking.contains(#"aria-invalid="true""#))
        opened.refused = (.text("</textarea><b>"), .tooLong)
        let refused = try #require(pages.mailbox("en", opened)).text
        #expect(refused.contains("\n&lt;/textarea&gt;&lt;b&gt;</textarea>"))
        #expect(refused.contains("id=\"e-answer\">The text is too long."))
        #expect(refused.contains(#"aria-invalid="true""#))
        opened.isKept = true
        let kept = try #require(pages.mailbox("en", opened)).text
        #expect(kept.contains("Your answer is saved.") && kept.contains("<p>Hello.</p>"))
        #expect(!kept.contains("a&quot;b") && !kept.contains("<textarea"))
        let empty = OpenedMailbox(replies: [], receipt: .text("a\"b<c"))
        let none = try #require(pages.mailbox("en", empty)).text
        // A word of it may be wrong: it is in the field, to be mended, and nowhere else.
        #expect(none.contains(#"name="receipt" value="a&quot;b&lt;c""#))
        #expect(none.components(separatedBy: "a&quot;b").count == 2)
        #expect(!none.contains(#"aria-invalid="true""#))
    }

    @Test func noRepliesSayThatEitherMayBeTheReason() throws {
        let page = try #require(pages.mailbox("en", OpenedMailbox(replies: []))).text
        #expect(page.contains("There are no messages."))
        let typed: [UInt8] = .text("one two\"<b>")
        let refused = try #require(pages.mailboxRefusal("en", typed: typed)).text
        #expect(refused.contains(#"id="e-receipt">Check the receipt:"#))
        #expect(!refused.contains("There are no messages."))
        #expect(refused.contains(#"value="one two&quot;&lt;b&gt;""#))
        #expect(refused.contains(#"aria-invalid="true""#))
        #expect(refused.contains(##"<p><a href="#receipt">Check the receipt:"##))
    }

    @Test(
        arguments: [
            (nil, "es"), ("", "es"), ("pt-BR,pt;q=0.9,en;q=0.8", "pt"), ("fr,en;q=0.5", "fr"),
            ("gn-PY,es;q=0.9", "gn"), ("qu-PE,es;q=0.9", "quz"), ("quy", "quy"), ("ayr,es", "ay"),
            ("ht,fr;q=0.9", "ht"), ("it,de;q=0.9,nl;q=0.1", "nl"),
            ("EN-us", "en"), ("es;q=0, pt ; q=0.1", "pt"), ("de", "es"),
            ("en;q=abc,pt;q=0.2", "pt"),
            ("*", "es"), ("en;q=0.30,pt;q=0.4", "pt"), ("en;q=1.000,pt", "en"),
            (String(repeating: "xx,", count: 40) + "pt", "es"),
        ] as [(String?, String)])
    func choosesTheFirstPageByAcceptLanguage(header: String?, language: String) {
        #expect(pages.language(accepting: header) == language)
    }

    @Test func refusesSettingsThatCannotBe() throws {
        var settings = Pages.settings()
        settings.desks[0].state = "ZZ"
        #expect(throws: PageError.setting("there is no State ZZ")) { try Pages.renderer(settings) }
        settings = Pages.settings(attachments: ["ZZ"])
        #expect(throws: PageError.setting("there is no State ZZ")) { try Pages.renderer(settings) }
        settings = Pages.settings(languages: ["es", "arn"])
        #expect(throws: PageError.setting("there is no language arn")) {
            try Pages.renderer(settings)
        }
        #expect(pages.form("arn") == nil)
    }

    @Test func theStatesThatTakeFilesAreNamedWhileTheyAreFew() throws {
        let hint = #"id="h-where">Solo para: Argentina. Hasta 64 MiB en total.</p>"#
        #expect(try #require(pages.form("es")).text.contains(hint))
        let states = try Pages.source().vocabulary.territories.prefix(9).map(\.code)
        let many = try Pages.renderer(Pages.settings(attachments: Set(states), languages: ["es"]))
        let page = try #require(many.form("es")).text
        #expect(page.contains("Hasta 64 MiB en total.</p>") && !page.contains("Solo para:"))
        #expect(page.contains(#"data-files="\#(states.sorted().joined(separator: " "))""#))
    }

    /// A script that finds no key for a place says so with the sentence for that.
    @Test func withoutTheRegionsDeskAPageSaysWhomNobodyReadsFor() throws {
        var settings = Pages.settings(languages: ["es", "gn"])
        settings.desks.removeLast()
        let bereft = try Pages.renderer(settings)
        #expect(bereft.deskList.starts(with: pages.deskList.prefix { $0 != 0x0A }))
        let nowhere = Data(repeating: 0, count: 32).base64EncodedString()
        #expect(String(decoding: bereft.deskList, as: UTF8.self).hasSuffix("\nregion:\(nowhere)\n"))
        for language in settings.languages {
            let refusal = try #require(
                bereft.refusal(
                    language, form: SubmittedForm(),
                    problems: [FieldProblem(.whereCountry, .noDesk)])
            ).text
            let beside = try #require(
                refusal.firstMatch(of: /id="e-where_country">([^<]+)</)?.output.1)
            for page in [bereft.form(language), bereft.mailbox(language)] {
                let said = try #require(page).text
                #expect(said.contains(#"<span data-w="keys">\#(beside)</span>"#))
            }
            #expect(try #require(pages.form(language)).text.contains(beside) == false)
        }
    }

    @Test func placesAreInTheOrderOfTheirNamesWhateverTheAccents() throws {
        let page = try #require(pages.form("es")).text
        let names = page.matches(of: /<option value="[A-Z]{2}">([^<\n·]+?)(?: ·[^\n]+)?\n/).map {
            String($0.output.1)
        }
        #expect(names.count == 51)
        let order = [
            "Haití", "Honduras", "Islas Caimán", "México", "Panamá", "Perú", "Puerto Rico",
        ]
        #expect(names.filter(order.contains) == order)
    }

    @Test func isTheSameEachTime() throws {
        let again = try Pages.renderer(Pages.settings())
        for language in Vocabulary.formLanguages {
            #expect(pages.form(language) == again.form(language))
        }
    }
}
