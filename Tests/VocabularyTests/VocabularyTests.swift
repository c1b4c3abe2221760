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
        #expect(shown == ["BR 190", "CL 134", "GT 110", "TT 999"])
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
                #expect(Set(Vocabulary.formLanguages).isSubset(of: choice.labels.languages))
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

    @Test func onlyTwoQuestionsNeedAnAnswer() {
        #expect(IntakeField.allCases.filter(\.isRequired) == [.dangerNow, .whatHappened])
    }

    @Test(arguments: [
        ("1970-01-01", 0), ("1969-12-31", -1), ("2000-02-29", 11_016), ("2026-11-23", 20_780),
        ("2100-03-01", 47_541),
    ])
    func countsDays(text: String, number: Int) {
        #expect(Day(iso: text)?.number == number)
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
    private static func files() throws -> [String: String] {
        let folder = Bundle.module(of: "Vocabulary").appendingPathComponent("Data")
        var files: [String: String] = [:]
        for name in ["languages", "territories", "offences", "priorities", "intake"] {
            let url = folder.appendingPathComponent("\(name).json")
            files["\(name).json"] = try String(contentsOf: url, encoding: .utf8)
        }
        return files
    }

    private func fault(
        in name: String, replacing old: String, with new: String
    ) throws -> VocabularyError? {
        var files = try Self.files()
        let text = try #require(files[name])
        try #require(text.contains(old))
        files[name] = text.replacingOccurrences(
            of: old, with: new, range: text.range(of: old))
        do throws(VocabularyError) {
            _ = try Vocabulary { file throws(VocabularyError) in
                guard let text = files[file] else { throw .missing(file: file) }
                return Data(text.utf8)
            }
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
        #expect(
            try fault(in: "territories.json", replacing: "\"AR\"", with: "\"ar\"")
                == .illFormed(file: "territories.json", key: "ar"))
    }

    @Test func aLabelLeftEmpty() throws {
        #expect(
            try fault(in: "intake.json", replacing: "\"pt\": \"Sim\"", with: "\"pt\": \"\"")
                == .unlabelled(file: "intake.json", key: "yes", language: "pt"))
    }

    @Test func aVerifiedNumberWithoutItsDay() throws {
        let error = try fault(
            in: "territories.json", replacing: "\"verified_on\"", with: "\"verified_at\"")
        #expect(error == .unsourced(territory: "BR", number: "190"))
    }

    @Test func aDayThatDoesNotExist() throws {
        let error = try fault(
            in: "territories.json", replacing: "2026-11-23", with: "2026-11-31")
        guard case .malformed(file: "territories.json", _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test func aMissingFile() {
        #expect(throws: VocabularyError.missing(file: "languages.json")) {
            try Vocabulary { file throws(VocabularyError) in throw .missing(file: file) }
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
