import Envelope
import Vocabulary

/// The pages of one gateway, ready to be served: everything that does not depend on a request is made at start.
///
/// Build a new one when the roster changes, and once a day for the telephone numbers. It opens no file, formats no
/// date and no number by locale, and keeps nothing of what it is given.
public struct PageRenderer: Sendable {
    /// The languages that have pages, in the order of the switch.
    public let languages: [String]

    /// The list of desks by the hash that every form carries.
    let deskList: [UInt8]

    private let sets: [String: PageSet]
    /// The script of the worker that the form starts when a gateway asks for work.
    let effortScript: Page
    private let aliases: [String: String]

    /// Makes all pages.
    /// - Throws: `PageError` for a setting that cannot be used, or a catalogue that lacks a string.
    public init(source: PageSource, settings: PageSettings) throws(PageError) {
        try Self.check(settings, against: source)
        var sets: [String: PageSet] = [:]
        var aliases: [String: String] = [:]
        for code in settings.languages {
            guard let language = source.vocabulary.language(code) else {
                throw .setting("there is no language \(code)")
            }
            for alias in language.aliases ?? [] { aliases[alias] = code }
            sets[code] = try PageSet(
                PageContext(language: language, source: source, settings: settings))
        }
        languages = settings.languages
        effortScript = Page(
            kind: .script, bytes: Array(source.effortScript.utf8),
            contentSecurityPolicy: "default-src 'none'; frame-ancestors 'none'")
        deskList = settings.deskList
        self.sets = sets
        self.aliases = aliases
    }

    private static func check(
        _ settings: PageSettings, against source: PageSource
    ) throws(PageError) {
        guard !settings.languages.isEmpty else { throw .setting("there is no language") }
        for desk in settings.desks {
            guard desk.keyFileHash.count == 32 else {
                throw .setting("the key file hash of \(desk.office) is not 32 bytes")
            }
            try check(state: desk.state, source)
        }
        for state in settings.statesWithAttachments { try check(state: state, source) }
    }

    private static func check(state: String, _ source: PageSource) throws(PageError) {
        guard state == Territory.region || source.vocabulary.territory(state) != nil else {
            throw .setting("there is no State \(state)")
        }
    }

    /// Every page and script that is the same bytes for everybody, by the path that it is served at: what a page note states.
    public var standing: [String: Page] {
        var pages: [String: Page] = [Self.effortScriptPath: effortScript]
        for (language, set) in sets {
            pages["/\(language)"] = set.form
            pages["/\(language)/safety"] = set.safety
            pages["/\(language)/mailbox"] = set.mailbox
        }
        return pages
    }

    /// Where the form finds its worker.
    static let effortScriptPath = "/effort.js"

    /// The form, the same bytes for everybody; nil for a language without pages.
    public func form(_ language: String) -> Page? { sets[language]?.form }

    /// Where a receipt is typed, the same bytes for everybody; nil for a language without pages.
    public func mailbox(_ language: String) -> Page? { sets[language]?.mailbox }

    /// The page on staying safe; nil for a language without pages.
    public func safety(_ language: String) -> Page? { sets[language]?.safety }

    /// A page that says what went wrong; nil for a language without pages.
    public func problem(_ language: String, _ kind: PageProblem) -> Page? {
        sets[language]?.problem(kind)
    }

    /// The form again, with each message beside its field and what was typed still there.
    ///
    /// Files are not kept; the page asks for them again.
    public func refusal(
        _ language: String, form: SubmittedForm, problems: [FieldProblem]
    ) -> Page? {
        sets[language]?.refusal(form, problems)
    }

    /// The form again with what was typed, where no field is what is wrong.
    func again(_ language: String, form: SubmittedForm, saying kind: PageProblem) -> Page? {
        sets[language]?.again(form, saying: kind)
    }

    /// The answer to a tip sent without JavaScript.
    /// - Parameters:
    ///   - groups: the receipt's eight words or ten groups of digits, UTF-8; nil if none was wished for.
    ///   - proof: where the proof will be, and what goes with it.
    func receipt(_ language: String, groups: [[UInt8]]?, proof: ProofOffer) -> Page? {
        sets[language]?.receipt(groups, proof)
    }

    /// The answer to a receipt sent without JavaScript.
    ///
    /// No replies and no such receipt are the same page.
    ///
    func mailbox(_ language: String, _ opened: OpenedMailbox) -> Page? {
        sets[language]?.mailbox(opened)
    }

    /// The answer to words or digits that cannot be a receipt, with what was typed still there.
    func mailboxRefusal(_ language: String, typed: [UInt8]) -> Page? {
        sets[language]?.mailboxRefusal(typed)
    }

    /// The language that an `Accept-Language` header prefers among those with pages; the first one otherwise.
    ///
    /// The header is used for this answer and is not written down.
    public func language(accepting header: String?) -> String {
        AcceptLanguage.choose(from: languages, aliases: aliases, header: header)
            ?? languages.first ?? "es"
    }
}

/// A tip's proof, which is fetched on request and never by default: holding one can be dangerous.
struct ProofOffer {
    /// The end of its address: the entry's commitment, base64url.
    let commitment: String
    /// Promise, record and salt as `POST /v1/tips` answers them: with them the proof says of what.
    let entry: [UInt8]
}

/// What the edge shows of a mailbox that it opened for one request.
struct OpenedMailbox {
    /// Oldest first.
    var replies: [ReplyDocument]
    /// The receipt as it was typed: hidden in the form for an answer, so that it is typed once.
    var receipt: [UInt8] = []
    /// An answer as it was typed and why it was refused.
    var refused: (text: [UInt8], reason: FieldProblem.Reason)?
    /// An answer as it was typed that is not known to be kept, and what is said of it.
    var unsent: (text: [UInt8], kind: PageProblem)?
    /// Whether an answer was just kept.
    var isKept = false

    /// Whether it could not be read, so that nobody knows what is in it.
    var isUnread = false

    /// Whether there is something to answer, and nobody has just done so; or somebody has written an answer already.
    var takesAnswer: Bool { isUnread ? unsent != nil : !replies.isEmpty && !isKept }
}

/// What a page without a form can say.
public enum PageProblem: String, Sendable, CaseIterable {
    /// There is no such page.
    case notFound = "not_found"
    /// Nothing could be kept just now.
    case busy
    /// The request is longer than any tip.
    case tooLarge = "too_large"
    /// The request is not a form of ours.
    case malformed
    /// Nobody knows whether it is kept.
    case unclear
    /// The same is kept already; the page's heading says that it is.
    case repeated

    /// The heading's key.
    var heading: String { self == .repeated ? "done_heading" : "problem_heading" }
}

/// Reading `Accept-Language` (RFC 9110 §12.5.4).
enum AcceptLanguage {
    /// Ranges beyond this many are not looked at.
    static let rangesMax = 16

    static func choose(
        from languages: [String], aliases: [String: String], header: String?
    ) -> String? {
        var best: (language: String, quality: Int)?
        for range in (header ?? "").split(separator: ",").prefix(rangesMax) {
            let parts = range.split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" } }
            guard let primary = parts.first?.split(separator: "-").first?.lowercased() else {
                continue
            }
            let language = aliases[primary] ?? primary
            guard languages.contains(language) else { continue }
            let quality =
                parts.dropFirst().first { $0.hasPrefix("q=") }
                .map { QualityValue.thousandths($0.dropFirst(2)) } ?? 1_000
            if quality > (best?.quality ?? 0) { best = (language, quality) }
        }
        return best?.language
    }
}
