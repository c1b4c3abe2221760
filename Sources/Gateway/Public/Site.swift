import Crypto
import Envelope
import Foundation
import NIOCore
import NIOPosix
import Notes
import Roster
import ServiceLifecycle
import Synchronization
import Vault
import Vocabulary

/// What the pages need that the roster does not say.
public struct PageConfiguration: Sendable {
    /// The States whose form takes attachments, by code.
    public var statesWithAttachments: Set<String>
    /// The sum of a tip's attachments, in bytes.
    public var attachmentBytesMax: Int
    /// The gateway's own name as an onion service, `….onion`; nil if it has none.
    public var onionHost: String?
    let source: PageSource
    let openAPI: [UInt8]

    /// Reads templates, catalogues, vocabulary and the OpenAPI document; call it while files can still be read.
    ///
    /// - Throws: what is missing or malformed, by name.
    public init(
        statesWithAttachments: Set<String>, attachmentBytesMax: Int, onionHost: String? = nil
    ) throws {
        self.statesWithAttachments = statesWithAttachments
        self.attachmentBytesMax = attachmentBytesMax
        self.onionHost = onionHost
        source = try PageSource.load()
        let document = Bundle.module.bundleURL.appendingPathComponent("API/openapi.yaml")
        openAPI = Array(try Data(contentsOf: document))
    }
}

/// The public pages as the roster in force makes them; made anew when the roster or the day changes.
final class Site: Sendable {
    /// One desk's current envelope keys, and the key file that the page fetches.
    struct Desk: Sendable {
        let state: String
        let office: String
        let xwing: KeyLine
        let keyFile: [UInt8]
        let keyFileHash: [UInt8]
    }

    /// Everything that belongs to one version of the roster.
    struct State: Sendable {
        let roster: [UInt8]
        let origin: String
        let desks: [Desk]
        let pages: PageRenderer
        /// What is served to everybody alike, by path, and as hashes.
        let standing: [String: Page]
        let hashes: PagePrint
        /// The same as answers, with the description of the interface, the word lists and the lists of desks.
        private(set) var files: StaticFiles
        /// Where the lists of desks are that pages name, this site's own first and then those before it.
        private var deskLists: [String]
        /// The key files by their hash in hexadecimal, those of keys in their time of grace included.
        let keyFiles: [String: [UInt8]]
        let vocabulary: Vocabulary
        let receipts: ReceiptFiles
        let statesWithAttachments: Set<String>
        let attachmentBytesMax: Int
        let day: Day

        /// The desk of a State; the region's for any other, and nil while the region has none.
        func desk(for state: String?) -> Desk? {
            desks.first { $0.state == state } ?? desks.first { $0.state == Territory.region }
        }

        /// Whether the form of a State takes files.
        func takesAttachments(from state: String?) -> Bool {
            statesWithAttachments.contains(state ?? Territory.region)
        }

        fileprivate init(
            roster: [UInt8], public part: PublicRoster, configuration: PageConfiguration, day: Day
        ) throws {
            self.roster = roster
            self.day = day
            origin = part.origin
            let served = try ServedPages(roster: part, configuration: configuration, day: day)
            desks = served.desks
            vocabulary = configuration.source.vocabulary
            receipts = configuration.source.receipts
            statesWithAttachments = configuration.statesWithAttachments
            attachmentBytesMax = configuration.attachmentBytesMax
            pages = served.pages
            standing = served.standing
            hashes = served.hashes
            keyFiles = try Self.keyFiles(part, on: day)
            let list = "/v1/desks/\(Array(SHA256.hash(data: pages.deskList)).hex)"
            deskLists = [list]
            files = Self.files(standing, configuration)
            files[list] = StaticFile(pages.deskList, type: "text/plain; charset=utf-8")
        }

        private static func keyFiles(
            _ roster: PublicRoster, on day: Day
        ) throws(SiteError) -> [String: [UInt8]] {
            var found: [String: [UInt8]] = [:]
            for desk in roster.desks {
                for file in try Desk.keyFiles(of: desk, on: day) {
                    found[Array(SHA256.hash(data: file)).hex] = file
                }
            }
            return found
        }

        private static func files(
            _ pages: [String: Page], _ configuration: PageConfiguration
        ) -> StaticFiles {
            var files = pages.mapValues { StaticFile($0) }
            files[Site.openAPIPath] = StaticFile(configuration.openAPI, type: "application/yaml")
            for list in configuration.source.receipts.files {
                files[list.address] = StaticFile(list.bytes, type: "text/plain; charset=utf-8")
            }
            return StaticFiles(files)
        }

        /// With the lists of desks that were served before: a page that is open names one of them.
        fileprivate func keepingLists(of earlier: State) -> State {
            var state = self
            for list in earlier.deskLists where !deskLists.contains(list) {
                guard state.deskLists.count <= Site.earlierListsMax else { break }
                state.deskLists.append(list)
                state.files[list] = earlier.files[list]
            }
            return state
        }

        /// Compresses what is served to everybody alike.
        fileprivate func compressed() async throws -> State {
            var state = self
            state.files = try await files.compressed()
            return state
        }
    }

    private let current: Mutex<State>
    private let vault: VaultClient
    private let configuration: PageConfiguration
    /// Whether the pages are those that the authorities signed.
    let watch: PageWatch
    /// Where the description of the interface is.
    static let openAPIPath = "/openapi.yaml"
    /// How many earlier lists of desks are served beside the newest.
    static let earlierListsMax = 8

    private init(
        _ state: State, vault: VaultClient, configuration: PageConfiguration, watch: PageWatch
    ) {
        current = Mutex(state)
        self.vault = vault
        self.watch = watch
        self.configuration = configuration
    }

    /// Asks the vault for the roster and makes the pages, which are not compressed yet: an edge that was ended has to be
    /// back within a second.
    ///
    /// It asks until there is a roster that pages can be made of: a vault that ends meanwhile has a next one, to which the
    /// supervisor sends the pair, and one that refuses tells the operator why.
    ///
    /// - Returns: nil if the task is cancelled before.
    static func load(
        vault: VaultClient, configuration: PageConfiguration, watch: PageWatch
    ) async -> Site? {
        while !Task.isCancelled {
            do {
                let roster = try await vault.bytes(for: PublicRequest.roster)
                let state = try made(roster, configuration)
                watch.note(.made)
                await watch.look(at: state.hashes, vault: vault)
                return Site(state, vault: vault, configuration: configuration, watch: watch)
            } catch {
                if let reason = reason(error) { watch.note(.failed(reason)) }
                let loop = MultiThreadedEventLoopGroup.singleton.next()
                let pause = error is VaultUnavailable ? pauseForVault : pauseForOperator
                try? await loop.scheduleTask(in: pause) {}.futureResult.get()
            }
        }
        return nil
    }

    /// How long it is until the roster is asked for again: the next vault is there soon, and what has to be mended is not.
    private static let pauseForVault = TimeAmount.milliseconds(20)
    private static let pauseForOperator = TimeAmount.seconds(1)

    /// Why the pages cannot be made; nil while the vault is away or tells the operator itself what keeps it.
    private static func reason(_ error: any Error) -> String? {
        switch error {
        case is VaultUnavailable: nil
        case let problem as Problem: problem == .unavailable ? nil : problem.title
        default: "\(error)"
        }
    }

    /// The pages in force.
    var state: State { current.withLock { $0 } }

    /// Makes the pages anew if the roster or the day has changed, and holds them against the page note.
    ///
    /// While that cannot be done the old ones are served, and the operator is told.
    func refresh() async {
        do {
            try await renew()
            watch.note(.made)
        } catch {
            if let reason = Self.reason(error) {
                watch.note(.failed(reason))
            } else {
                watch.noteSilence()
            }
        }
        await watch.look(at: state.hashes, vault: vault)
    }

    /// Compresses the pages that `load` made.
    func compress() async throws {
        let new = try await state.compressed()
        current.withLock { $0 = new }
    }

    private func renew() async throws {
        let old = state
        let roster = try await vault.bytes(for: PublicRequest.roster)
        guard roster != old.roster || Self.today() != old.day else { return }
        let new = try await Self.made(roster, configuration).compressed()
        current.withLock { $0 = new.keepingLists(of: $0) }
    }

    private static func made(
        _ roster: [UInt8], _ configuration: PageConfiguration
    ) throws -> State {
        guard case .object(let fields) = try CanonicalJSON(parsing: roster),
            case .string(let note) = fields["note"]
        else { throw SiteError.malformedRoster }
        let part = try PublicRoster(note: Note(parsing: Array(note.utf8)))
        return try State(roster: roster, public: part, configuration: configuration, day: today())
    }

    /// The day, to choose the telephone numbers that are still fresh; nothing else of the edge knows the time.
    private static func today() -> Day {
        Day(number: time(nil) / Int(Seconds.perDay))
    }
}

/// Why the site cannot be made of a roster.
enum SiteError: Error, Equatable {
    /// The vault's answer is no roster.
    case malformedRoster
    /// The key lines of this office are longer than a key file.
    case keyFileTooLong(office: String)
}

extension Site.Desk {
    /// Every desk's key file has this length, so that a fetch does not tell whose it is: the longest that the names'
    /// limits allow has 2,151 bytes.
    static let keyFileBytes = 2_304

    /// Nil if the desk cannot be sent tips.
    init?(_ desk: RosterDesk) throws(SiteError) {
        guard desk.takesTips, let x25519 = desk.activeKey(.envelopeX25519)?.line,
            let xwing = desk.activeKey(.envelopeXWing)?.line
        else { return nil }
        state = desk.state
        office = desk.office
        self.xwing = xwing
        keyFile = try Self.keyFile([x25519, xwing])
        keyFileHash = Array(SHA256.hash(data: keyFile))
    }

    /// The file of every two keys that a page left open may name, the newest first.
    ///
    /// They are those that are active, or were and are still taken on that day; what was begun with a revoked key is begun
    /// anew.
    static func keyFiles(of desk: RosterDesk, on day: Day) throws(SiteError) -> [[UInt8]] {
        let second = UInt64(clamping: day.number) * 86_400
        let taken = desk.keys.filter { $0.isAccepted(at: second) }.map(\.line)
        func newest(_ use: KeyUse) -> [KeyLine] {
            Array(taken.filter { $0.use == use }.suffix(earlierKeysMax + 1).reversed())
        }
        var files: [[UInt8]] = []
        for x25519 in newest(.envelopeX25519) {
            for xwing in newest(.envelopeXWing) { files.append(try keyFile([x25519, xwing])) }
        }
        return files
    }

    /// How many keys of one use are offered to pages left open, beside the newest.
    private static let earlierKeysMax = 3

    /// The lines, and a last one of spaces.
    static func keyFile(_ lines: [KeyLine]) throws(SiteError) -> [UInt8] {
        let text = Array(lines.map { "\($0.line)\n" }.joined().utf8)
        guard text.count < keyFileBytes else {
            throw .keyFileTooLong(office: lines.first?.office ?? "")
        }
        let space = [UInt8](repeating: 0x20, count: keyFileBytes - text.count - 1)
        return text + space + [0x0A]
    }
}

/// Compresses the pages, and looks for a new roster every few seconds, so that a revoked key leaves the page soon.
struct SiteRefresh: Service {
    /// How long a page may name a key that was revoked, in seconds; the vault itself refuses it at once.
    private static let interval = TimeAmount.seconds(5)
    let site: Site

    func run() async throws {
        try await site.compress()
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let site = site
        let repeated = loop.scheduleRepeatedAsyncTask(
            initialDelay: Self.interval, delay: Self.interval
        ) { _ in
            loop.makeFutureWithTask { await site.refresh() }
        }
        defer { repeated.cancel() }
        try await gracefulShutdown()
    }
}
