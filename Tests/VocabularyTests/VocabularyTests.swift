import Foundation
import Testing

@testable import Vocabulary

@Suite struct VocabularyTests {
    let vocabulary: Vocabulary

    init() throws { vocabulary = try Vocabulary.load() }

    @Test func listsThe33StatesOfTheRegionAndTheTerritories() {
        #expect(vocabulary.territories.filter { !$0.dependent }.count == 33)
        #expect(vocabulary.territories.filter(\.dependent).count == 18)
        #expect(vocabulary.territory("HT")?.names("pt") == "Haiti")
        #expect(vocabulary.territory("XX") == nil)
    }

    @Test func showsOnlyVerifiedAndFreshNumbers() throws {
        let day = try #require(Day(iso: "2026-11-24"))
        let shown = vocabulary.territories.flatMap { territory in
            territory.numbers.filter { $0.canBeShown(on: day) }.map {
                "\(territory.code) \($0.value)"
            }
        }
        #expect(
            shown == [
                "BR 190", "CL 134", "CL 147", "GT 110", "GT 1546", "TT 999", "TT 131",
                "TT 800-4321", "UY 0800 5050", "BQ 918",
            ])
    }

    /// Numbers that were once taken for right and failed the check are in no file.
    @Test(arguments: [("PA", "147"), ("SV", "123"), ("PE", "1810")])
    func aNumberThatFailedTheCheckIsNotThere(code: String, value: String) throws {
        let numbers = try #require(vocabulary.territory(code)).numbers
        #expect(!numbers.contains { $0.value == value })
    }

    @Test func everyNumberSaysWhereItComesFrom() throws {
        let noted = try #require(Day(iso: "2026-11-23"))
        for territory in vocabulary.territories {
            for number in territory.numbers {
                let name = "\(territory.code) \(number.value)"
                #expect(number.notedOn >= noted, "\(name)")
                #expect(number.value.wholeMatch(of: /\*?[0-9][0-9 -]*[0-9]/) != nil, "\(name)")
                if number.basis == .unsourced { #expect(number.status == .unverified, "\(name)") }
                if let source = number.source { #expect(source.hasPrefix("https://"), "\(name)") }
                if let date = number.sourceDate {
                    #expect(date.wholeMatch(of: /20\d\d(-\d\d(-\d\d)?)?/) != nil, "\(name)")
                }
            }
            let isState = !territory.dependent
            #expect(!isState || territory.numbers.contains { $0.kind == .emergency })
        }
    }

    /// What the sources say of a number beside its digits is kept, and in no language.
    @Test func aNumberSaysHowItIsReached() throws {
        let jamaica = try #require(vocabulary.territory("JM")).numbers
        let whatsapp = try #require(jamaica.first { $0.channel == .whatsapp })
        #expect(whatsapp.value == "876-878-2882" && whatsapp.status == .stale)
        let brazil = try #require(vocabulary.territory("BR")).numbers
        let line = try #require(brazil.first { $0.value == "100" })
        #expect(line.free == true && line.anonymous == true && line.hours == "24 h")
        let grenada = try #require(vocabulary.territory("GD")).numbers
        #expect(grenada.last?.hours == "10:00-16:00" && grenada.last?.workdays == true)
    }

    @Test func everyPlaceNamesItsLanguagesAndTheFormHasOneOfThem() {
        let offered = Set(Vocabulary.formLanguages)
        for territory in vocabulary.territories {
            #expect(!offered.isDisjoint(with: territory.languages.official), "\(territory.code)")
        }
        #expect(vocabulary.territory("PY")?.languages.official == ["es", "gn"])
        #expect(vocabulary.territory("HT")?.languages.official == ["ht", "fr"])
    }

    /// The sites of weather services, where one is known well; every other State has the language's page.
    @Test func theWayOutOfAStateIsTheFirstPageOfASiteThere() {
        let exits = vocabulary.territories.compactMap { territory in
            territory.exit.map { (territory.code.lowercased(), $0) }
        }
        #expect(exits.count >= 15)
        for (code, exit) in exits { #expect(exit.hasSuffix(".\(code)/"), "\(exit)") }
        #expect(Set(exits.map(\.1)).count == exits.count)
    }

    /// What a name's file says of it: that it is the one that Unicode's native speakers agreed on.
    @Test func aNameThatIsSaidToBeUnicodesIs() {
        for territory in vocabulary.territories {
            for (code, attribution) in territory.namesBy {
                guard case .source = attribution.origin else { continue }
                let locale = Locale(identifier: vocabulary.language(code)?.tag ?? code)
                let name = locale.localizedString(forRegionCode: territory.code)
                #expect(territory.names(code) == name, "\(territory.code) \(code)")
            }
        }
    }

    @Test func aTextFallsBackToTheLanguageThatItsReadersKnow() throws {
        let haiti = try #require(vocabulary.territory("HT"))
        for (code, text, spoken) in [
            ("gn", "Haití", "es"), ("srn", "Haïti", "nl"), ("jam", "Haiti", "en"),
        ] {
            let found = haiti.names.text(in: try #require(vocabulary.language(code)))
            #expect(found == (text, spoken), "\(code)")
        }
        let guarani = try #require(vocabulary.language("gn"))
        let yes = try #require(vocabulary.choices(for: .dangerNow).first)
        #expect(yes.labels.text(in: guarani) == ("Heẽ", "gn"))
    }

    @Test func aVerificationLasts180Days() throws {
        let number = try #require(vocabulary.territory("BR")?.numbers.first)
        let verified = try #require(number.verifiedOn)
        #expect(number.canBeShown(on: verified))
        #expect(number.canBeShown(on: Day(number: verified.number + 179)))
        #expect(!number.canBeShown(on: Day(number: verified.number + 180)))
        #expect(!number.canBeShown(on: Day(number: verified.number - 1)))
    }

    @Test func everyQuestionWithChoicesHasThemInEveryLanguageOfTheForm() {
        for field in IntakeField.allCases where field.answer == .one || field.answer == .several {
            let choices = vocabulary.choices(for: field)
            #expect(choices.count >= 3, "\(field)")
            for choice in choices {
                #expect(Set(Vocabulary.completeLanguages).isSubset(of: choice.labels.languages))
            }
        }
        #expect(vocabulary.choices(for: .whatHappened).isEmpty)
    }

    @Test func acceptsListedAnswersOnly() {
        #expect(vocabulary.accepts("unsure", for: .dangerNow))
        #expect(!vocabulary.accepts("maybe", for: .dangerNow))
        #expect(vocabulary.accepts("other_unsure", for: .category))
        #expect(vocabulary.accepts("AR", for: .whereCountry))
        #expect(!vocabulary.accepts("ar", for: .whereCountry))
        #expect(!vocabulary.accepts("region", for: .whereCountry))
        #expect(vocabulary.accepts("yes", for: .mailbox))
        #expect(!vocabulary.accepts("anything", for: .whatHappened))
    }

    @Test func onlyOneQuestionAlwaysNeedsAnAnswer() {
        #expect(IntakeField.allCases.filter(\.isRequired) == [.dangerNow])
    }

    @Test(arguments: [
        ("1970-01-01", 0), ("1969-12-31", -1), ("2000-02-29", 11_016), ("2026-11-23", 20_780),
        ("2100-03-01", 47_541),
    ])
    func countsDays(text: String, number: Int) {
        #expect(Day(iso: text)?.number == number)
        #expect(Day(number: number).iso == text)
    }

    @Test(arguments: [
        "2026-02-29", "2026-13-01", "2026-00-10", "2026-1-01", "2026-11-31", "26-11-23", "",
        "2026/11/23", "2026-11-2３",
    ])
    func refusesWhatIsNoDay(text: String) {
        #expect(Day(iso: text) == nil)
    }
}

/// Each fault of a data file is named, with its file and key.
@Suite struct VocabularyFaultTests {
    private static func files() throws -> [String: Data] {
        try Vocabulary.files(in: Bundle.module(of: "Vocabulary").appendingPathComponent("Data"))
    }

    private func fault(
        in name: String, replacing old: String, with new: String
    ) throws -> VocabularyError? {
        var files = try Self.files()
        let text = String(decoding: try #require(files[name]), as: UTF8.self)
        let place = try #require(text.range(of: old))
        files[name] = Data(text.replacingCharacters(in: place, with: new).utf8)
        return Self.fault(in: files)
    }

    private static func fault(in files: [String: Data]) -> VocabularyError? {
        do throws(VocabularyError) {
            _ = try Vocabulary(files: files)
            return nil
        } catch {
            return error
        }
    }

    @Test func nothingIsWrongWithTheFilesThemselves() throws {
        #expect(try fault(in: "intake.json", replacing: "{", with: "{") == nil)
    }

    @Test func aKeyTwice() throws {
        #expect(
            try fault(in: "offences.json", replacing: "\"grooming\"", with: "\"csam\"")
                == .duplicate(file: "offences.json", key: "csam"))
    }

    @Test func aCodeInLowerCase() throws {
        var files = try Self.files()
        let text = String(decoding: try #require(files["territories/AR.json"]), as: UTF8.self)
        files["territories/ar.json"] = Data(text.replacing("\"AR\"", with: "\"ar\"").utf8)
        #expect(Self.fault(in: files) == .illFormed(file: "territories", key: "ar"))
    }

    @Test func aTerritoryUnderAnotherName() throws {
        #expect(
            try fault(in: "territories/AR.json", replacing: "\"AR\"", with: "\"BR\"")
                == .illFormed(file: "territories/AR.json", key: "BR"))
    }

    /// Adding a State is adding one file.
    @Test func aFileMoreIsAPlaceMore() throws {
        var files = try Self.files()
        let text = String(decoding: try #require(files["territories/AR.json"]), as: UTF8.self)
        files["territories/ZZ.json"] = Data(text.replacing("\"AR\"", with: "\"ZZ\"").utf8)
        let vocabulary = try Vocabulary(files: files)
        #expect(vocabulary.territories.count == 52)
        #expect(vocabulary.accepts("ZZ", for: .whereCountry))
        #expect(!(try Vocabulary.load().accepts("ZZ", for: .whereCountry)))
    }

    @Test func aLanguageThatFallsBackToNothing() throws {
        #expect(
            try fault(
                in: "languages.json", replacing: "\"fallback\": \"es\"",
                with: "\"fallback\": \"gn\"")
                == .withoutFallback(language: "gn"))
    }

    @Test func aLabelLeftEmpty() throws {
        #expect(
            try fault(in: "intake.json", replacing: "\"pt\": \"Sim\"", with: "\"pt\": \"\"")
                == .unlabelled(file: "intake.json", key: "yes", language: "pt"))
    }

    @Test func aLabelThatNobodyAnswersForAndAnAttributionOfNone() throws {
        for file in ["intake.json", "offences.json", "priorities.json", "languages.json"] {
            #expect(
                try fault(in: file, replacing: "\"pt\": { \"", with: "\"xx\": { \"")
                    == .unattributed(file: file, language: "pt"))
        }
        let file = "territories/AR.json"
        #expect(
            try fault(in: file, replacing: "\"es\": { \"", with: "\"gn\": { \"")
                == .unattributed(file: file, language: "es"))
    }

    @Test(arguments: [
        #"{ "translator": "Ana", "reviewer": "Ana", "date": "2026-11-29" }"#,
        #"{ "translator": "Ana", "date": "2026-11-29" }"#, #"{ "date": "2026-11-29" }"#,
        #"{ "translator": "Ana", "reviewer": "none", "source": "CLDR", "date": "2026-11-29" }"#,
        #"{ "source": "CLDR", "date": "29.11.2026" }"#,
    ])
    func anAttributionThatSaysTooLittleOrTooMuch(entry: String) throws {
        let old = #""es": { "translator": "Resguardo", "reviewer": "none", "date": "2026-11-28" }"#
        let error = try fault(in: "intake.json", replacing: old, with: "\"es\": \(entry)")
        guard case .malformed(file: "intake.json", _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    /// Reviewed is a language whose every file was read; the desk's priorities are on no public page.
    @Test func aLanguageIsReviewedOnceEachOfItsFilesIs() throws {
        let written = try Self.files()
        let asWritten = try Vocabulary(files: written)
        #expect(Vocabulary.formLanguages.filter(asWritten.isReviewed).isEmpty)
        let files = written.mapValues { data in
            let text = String(decoding: data, as: UTF8.self)
            return Data(
                text.replacing(#""reviewer": "none""#, with: #""reviewer": "Ana""#).utf8)
        }
        for name in ["priorities.json", "territories/HT.json", "offences.json"] {
            var some = files
            some[name] = written[name]
            let vocabulary = try Vocabulary(files: some)
            let reviewed = Vocabulary.formLanguages.filter(vocabulary.isReviewed)
            let expected = [
                "priorities.json": Vocabulary.formLanguages,
                "territories/HT.json": Vocabulary.formLanguages.filter { $0 != "ht" },
                "offences.json": ["gn", "quy", "quz", "ay", "srn", "pap", "jam"],
            ]
            #expect(reviewed == expected[name], "\(name)")
        }
    }

    @Test(arguments: [
        "http://www.smn.gob.ar/", "https://www.smn.gob.ar", "https://www.smn.gob.ar/a",
        "https://www.smn.gob.ar/?a", "https://localhost/", "//www.smn.gob.ar/",
    ])
    func aWayOutThatIsNoFirstPage(address: String) throws {
        let file = "territories/AR.json"
        #expect(
            try fault(in: file, replacing: "https://www.smn.gob.ar/", with: address)
                == .illFormed(file: file, key: "exit"))
    }

    @Test(arguments: ["verified_on", "verified_by", "source"])
    func aVerifiedNumberWithoutItsProof(key: String) throws {
        let error = try fault(
            in: "territories/BR.json", replacing: "\n      \"\(key)\"", with: "\"else\"")
        #expect(error == .unsourced(territory: "BR", number: "190"))
    }

    @Test(arguments: ["Mon-Fri 10:00-16:00", "24h", "24:00-08:00", "10:00", ""])
    func hoursThatNeedALanguage(hours: String) throws {
        let file = "territories/CO.json"
        #expect(
            try fault(in: file, replacing: "\"24 h\"", with: "\"\(hours)\"")
                == .illFormed(file: file, key: hours))
    }

    @Test func aDayThatDoesNotExist() throws {
        let file = "territories/BR.json"
        let error = try fault(in: file, replacing: "2026-11-23", with: "2026-11-31")
        guard case .malformed(file: file, _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test func aMissingFile() {
        #expect(throws: VocabularyError.missing(file: "languages.json")) {
            try Vocabulary(files: [:])
        }
        #expect(throws: VocabularyError.missing(file: "")) {
            try Vocabulary.files(in: URL(fileURLWithPath: "/nowhere"))
        }
    }
}

extension Bundle {
    /// The resources of a module, found as the module itself finds them: beside the test's executable.
    static func module(of name: String) -> URL {
        let folder = Bundle.main.bundleURL
        let candidates = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        let bundle = candidates.first { $0.hasSuffix("_\(name).resources") } ?? ""
        return folder.appendingPathComponent(bundle)
    }
}
