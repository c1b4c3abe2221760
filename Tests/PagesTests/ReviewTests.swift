import Foundation
import Testing

@testable import Gateway
@testable import Vocabulary

/// The page says that no native speaker has checked it until one has read its strings and its labels.
@Suite struct ReviewTests {
    private func source(catalogue: Bool, labels: Bool) throws -> PageSource {
        var source = try Pages.source()
        if catalogue {
            source.catalogues = try source.catalogues.mapValues(reviewed)
        }
        if labels {
            let folder = try #require(Bundle.of("Vocabulary")).appendingPathComponent("Data")
            let files = try Vocabulary.files(in: folder).mapValues { data in
                let text = String(decoding: data, as: UTF8.self)
                return Data(text.replacing(Self.unread, with: Self.read).utf8)
            }
            source.vocabulary = try Vocabulary(files: files)
        }
        return source
    }

    private static let unread = #""reviewer": "none""#
    private static let read = #""reviewer": "Ana""#

    private func reviewed(_ catalogue: Catalogue) throws -> Catalogue {
        let strings = catalogue.strings.mapValues {
            ["text": $0.text, "translator": "Eva", "reviewer": "Ana", "date": "2026-01-01"]
        }
        let whole: [String: Any] = [
            "language": catalogue.language, "exit": catalogue.exit, "strings": strings,
        ]
        return try JSONDecoder().decode(
            Catalogue.self, from: JSONSerialization.data(withJSONObject: whole))
    }

    @Test(arguments: ["es", "gn"])
    func theNoticeGoesOnceBothAreRead(language: String) throws {
        for (catalogue, labels) in [(false, false), (true, false), (false, true), (true, true)] {
            let source = try source(catalogue: catalogue, labels: labels)
            let settings = Pages.settings(languages: [language])
            let pages = try PageRenderer(source: source, settings: settings)
            let notice = try #require(source.catalogues[language]?.strings["unreviewed"]).text
            let page = try #require(pages.form(language)).text
            #expect(page.contains(notice) == !(catalogue && labels), "\(catalogue) \(labels)")
        }
    }
}

extension Bundle {
    /// The resources of a module, found as the module itself finds them: beside the test's executable.
    static func of(_ module: String) -> URL? {
        let folder = Bundle.main.bundleURL
        let names = try? FileManager.default.contentsOfDirectory(atPath: folder.path)
        return names?.first { $0.hasSuffix("_\(module).resources") }
            .map(folder.appendingPathComponent)
    }
}
