import NIOCore
import Notes
import Roster
import Synchronization
import Vault

/// Whether the edge serves what the newest roster makes and the authorities signed: said to the operator, while the intake
/// goes on.
final class PageWatch: Sendable {
    /// What became of making the pages of the newest roster.
    enum Making: Equatable, Sendable {
        /// There is none yet: nothing is served.
        case waiting
        /// They are served.
        case made
        /// They could not be made, for this reason: those of an earlier roster are served, or none.
        case failed(String)
    }

    /// What holding the pages against the newest page note showed.
    enum Finding: Equatable, Sendable {
        /// There is no note.
        case none
        /// They are those of this version.
        case same(version: UInt64)
        /// They are not: what is otherwise, one line each.
        case different(version: UInt64, lines: [String])
    }

    /// Lines that are said; the rest are counted.
    private static let linesMax = 3
    private let tell: @Sendable (String) -> Void
    private let state: Mutex<State>

    private struct State {
        var making = Making.waiting
        var finding = Finding.none
        /// When the newest roster was known last.
        var known: NIODeadline
        var isToldUnknown = false
    }

    /// How long the newest roster may be unknown before the operator is told: a vault that was ended is back sooner.
    static let silenceMax = TimeAmount.seconds(60)
    private static let silence =
        "the vault has not said for a minute which roster is the newest: the pages may name a key that was revoked"
    private let now: @Sendable () -> NIODeadline

    /// - Parameters:
    ///   - now: the time by which silence is measured.
    ///   - tell: tells the operator something, in the daemon's log.
    init(
        now: @escaping @Sendable () -> NIODeadline = { .now() },
        tell: @escaping @Sendable (String) -> Void
    ) {
        self.now = now
        self.tell = tell
        state = Mutex(State(known: now()))
    }

    /// The newest finding.
    var finding: Finding { state.withLock { $0.finding } }

    /// Notes what became of making the pages, and tells it once.
    func note(_ new: Making) {
        let (old, wasUnknown) = state.withLock { state in
            defer {
                state.making = new
                state.known = now()
                state.isToldUnknown = false
            }
            return (state.making, state.isToldUnknown)
        }
        if wasUnknown { tell("the vault says again which roster is the newest") }
        guard old != new else { return }
        switch (old, new) {
        case (_, .failed(let reason)): tell(Self.words(failed: reason))
        case (.failed, _): tell("the pages are those of the newest roster again")
        default: break
        }
    }

    /// Notes that the vault did not say which roster is the newest, and tells it once if that lasts.
    func noteSilence() {
        let isNews = state.withLock { state in
            guard state.making != .waiting, isUnknown(since: state.known), !state.isToldUnknown
            else { return false }
            state.isToldUnknown = true
            return true
        }
        if isNews { tell(Self.silence) }
    }

    private func isUnknown(since known: NIODeadline) -> Bool { now() - known > Self.silenceMax }

    /// Holds what is served against the newest note; a vault that cannot be asked leaves it as it was.
    func look(at served: PagePrint, vault: VaultClient) async {
        let new: Finding
        switch try? await vault.ask(PublicRequest.page) {
        case .bytes(let document)?: new = Self.judged(document, served)
        case .refused(.notFound)?: new = .none
        default: return
        }
        let isNews = state.withLock { state in
            defer { state.finding = new }
            return state.finding != new
        }
        if isNews { tell(Self.words(new)) }
    }

    static func judged(_ document: [UInt8], _ served: PagePrint) -> Finding {
        guard let text = try? CanonicalJSON(parsing: document)["note"]?.string,
            let note = try? Note(parsing: Array(text.utf8)),
            let page = try? PageNote(text: note.text)
        else { return .different(version: 0, lines: ["the page note cannot be read"]) }
        let lines = page.pages.differences(of: served)
        return lines.isEmpty
            ? .same(version: page.version) : .different(version: page.version, lines: lines)
    }

    private static func words(_ finding: Finding) -> String {
        switch finding {
        case .none: "there is no page note"
        case .same(let version): "the pages are those of page note \(version)"
        case .different(let version, let lines):
            "the pages are NOT those of page note \(version): "
                + lines.prefix(linesMax).joined(separator: ", ")
                + (lines.count > linesMax ? ", and \(lines.count - linesMax) more" : "")
        }
    }

    private static func words(failed reason: String) -> String {
        "the pages could not be made of the newest roster: \(reason)"
    }

    /// What the operator is warned of.
    private var warnings: [String] {
        var warnings: [String] = []
        let (making, finding, known) = state.withLock { ($0.making, $0.finding, $0.known) }
        switch making {
        case .waiting: warnings.append("no page is served yet: there is no roster to make them of")
        case .failed(let reason): warnings.append(Self.words(failed: reason))
        case .made: break
        }
        if making != .waiting, isUnknown(since: known) { warnings.append(Self.silence) }
        if case .different = finding { warnings.append(Self.words(finding)) }
        return warnings
    }

    /// Prometheus text.
    var metrics: [UInt8] {
        let (version, differences): (UInt64, Int) =
            switch finding {
            case .none: (0, 0)
            case .same(let version): (version, 0)
            case .different(let version, let lines): (version, lines.count)
            }
        let lines = [
            "# HELP resguardo_page_note_version Version of the newest page note; 0 if there is none.",
            "# TYPE resguardo_page_note_version gauge",
            "resguardo_page_note_version \(version)",
            "# HELP resguardo_page_note_differences What is served otherwise than the page note says.",
            "# TYPE resguardo_page_note_differences gauge",
            "resguardo_page_note_differences \(differences)",
        ]
        return Array((lines.joined(separator: "\n") + "\n").utf8)
    }

    /// The vault's health with the warnings, if there are some.
    func adding(to health: [UInt8]) -> [UInt8] {
        let warnings = warnings
        guard !warnings.isEmpty, var fields = try? CanonicalJSON(parsing: health).object else {
            return health
        }
        fields["warnings"] = .array(
            (fields["warnings"]?.array ?? []) + warnings.map { .string($0) })
        if fields["status"]?.string == "ok" { fields["status"] = "degraded" }
        return CanonicalJSON.object(fields).encoded
    }
}
