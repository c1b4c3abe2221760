import Foundation
import Mustache
import Vocabulary

/// Everything that pages are made of, read once: templates, style, scripts, catalogues and the vocabulary.
///
/// Reading opens files, so it comes before a process confines itself; making pages from it does not.
public struct PageSource: Sendable {
    var vocabulary: Vocabulary
    let receipts: ReceiptFiles
    var catalogues: [String: Catalogue]
    let templates: MustacheLibrary
    let style: String
    let exitScript: String
    /// The form's script.
    let script: String
    /// The mailbox's script.
    let mailboxScript: String
    /// The script of the worker that the form starts in a flood.
    let effortScript: String

    static let templateNames = [
        "head", "foot", "radios", "select", "text", "receipt-block", "box", "write", "files",
        "going", "form", "receipt", "return", "mailbox", "safety", "problem",
    ]
    /// What needs `bytes` while it is read comes after it, and so on; the rest of the order is that of the best compression.
    static let scriptNames = [
        "bytes", "hpke", "receipt", "post", "line", "form", "files", "steps", "shown", "sending",
        "written", "envelope", "promise", "hash",
    ]
    static let mailboxScriptNames = [
        "bytes", "hpke", "receipt", "typed", "promise", "line", "post", "return", "envelope",
        "hash",
    ]

    /// Reads the module's resources.
    /// - Throws: `PageError` naming the file that is missing or malformed, or `VocabularyError`.
    public static func load() throws -> PageSource {
        let folder = Bundle.module.bundleURL.appendingPathComponent("Web", isDirectory: true)
        return try PageSource(
            folder: folder, vocabulary: Vocabulary.load(), receipts: ReceiptFiles.load())
    }

    init(
        folder: URL, vocabulary: Vocabulary, receipts: ReceiptFiles
    ) throws(PageError) {
        self.vocabulary = vocabulary
        self.receipts = receipts
        var templates = MustacheLibrary()
        for name in Self.templateNames {
            let text = try Self.text("templates/\(name).mustache", in: folder)
            do {
                try templates.register(Shrinking.markup(text), named: name)
            } catch {
                throw .asset(name: name, reason: "\(error)")
            }
        }
        self.templates = templates
        style = Shrinking.style(try Self.text("style/page.css", in: folder))
        exitScript = try Shrinking.script([Self.text("script/exit.js", in: folder)])
        script = try Self.script(Self.scriptNames, in: folder)
        mailboxScript = try Self.script(Self.mailboxScriptNames, in: folder)
        effortScript = try Self.script(["effort"], in: folder)
        var catalogues: [String: Catalogue] = [:]
        for language in Vocabulary.formLanguages {
            catalogues[language] = try Self.catalogue(language, in: folder)
        }
        self.catalogues = catalogues
    }

    private static func text(_ name: String, in folder: URL) throws(PageError) -> String {
        do {
            return try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
        } catch {
            throw .asset(name: name, reason: "it cannot be read")
        }
    }

    private static func script(
        _ names: [String], in folder: URL
    ) throws(PageError) -> String {
        var texts: [String] = []
        for name in names { texts.append(try text("script/\(name).js", in: folder)) }
        return try Shrinking.script(texts)
    }

    private static func catalogue(
        _ language: String, in folder: URL
    ) throws(PageError) -> Catalogue {
        let name = "catalogues/\(language).json"
        let catalogue: Catalogue
        do {
            let data = Data(try text(name, in: folder).utf8)
            catalogue = try JSONDecoder().decode(Catalogue.self, from: data)
        } catch {
            throw .asset(name: name, reason: "\(error)")
        }
        guard catalogue.language == language else {
            throw .asset(name: name, reason: "it is for \(catalogue.language)")
        }
        for (key, entry) in catalogue.strings where entry.text.isEmpty || entry.text.contains("⟦") {
            throw .string(language: language, key: key)
        }
        return catalogue
    }
}
