import Crypto
import Notes
public import Roster
public import Vocabulary

/// What the public edge serves to everybody alike, made by the edge's own code: for whoever signs it, and for whoever
/// checks from the source that what is served is this.
public struct ServedPages: Sendable {
    /// The same as hashes, with the key files and word lists: what a page note states.
    public let hashes: PagePrint
    let desks: [Site.Desk]
    let pages: PageRenderer
    /// The documents as pages.
    let standing: [String: Page]

    /// Makes the pages of a gateway.
    ///
    /// - Parameters:
    ///   - roster: the public roster in force.
    ///   - configuration: what the pages need that the roster does not say.
    ///   - day: the day, on which the telephone numbers that are shown depend.
    /// - Throws: why pages cannot be made of this.
    public init(
        roster: PublicRoster, configuration: PageConfiguration, day: Day
    ) throws {
        desks = try roster.desks.compactMap { try Site.Desk($0) }
        pages = try PageRenderer(
            source: configuration.source,
            settings: PageSettings(
                origin: roster.origin, logVerifierKey: roster.log.vkey,
                desks: desks.map {
                    PageDesk(state: $0.state, office: $0.office, keyFileHash: $0.keyFileHash)
                },
                statesWithAttachments: configuration.statesWithAttachments,
                attachmentBytesMax: configuration.attachmentBytesMax, today: day))
        standing = pages.standing
        hashes = PagePrint(
            documents: standing.mapValues { page in
                PagePrint.Document(
                    sha256: Self.sha256(page.bytes),
                    policy: Self.sha256(Array(page.contentSecurityPolicy.utf8)))
            },
            keyFiles: Set(desks.map(\.keyFileHash)),
            wordLists: Set(configuration.source.receipts.files.map(\.hash)),
            limits: PageLimits(
                attachmentBytesMax: UInt64(clamping: configuration.attachmentBytesMax),
                attachmentStates: configuration.statesWithAttachments))
    }

    private static func sha256(_ bytes: [UInt8]) -> [UInt8] {
        Array(SHA256.hash(data: bytes))
    }
}

extension PageConfiguration {
    /// The last day on which pages made on `day` are still the same: afterwards the check of some telephone number that
    /// they show is too old, and it is left out; nil if they show none.
    public func lastDay(ofPagesMadeOn day: Day) -> Day? {
        source.vocabulary.territories.flatMap(\.numbers)
            .filter { $0.canBeShown(on: day) }
            .compactMap { $0.verifiedOn?.number }.min()
            .map { Day(number: $0 + TelephoneNumber.verificationDays - 1) }
    }
}
