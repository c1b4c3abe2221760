import Crypto
public import Roster
public import Vocabulary

/// What the public edge serves to everybody alike, made by the edge's own code: for whoever signs it, and for whoever
/// checks from the source that what is served is this.
public struct ServedPages: Sendable {
    /// A document by its path.
    public struct Document: Sendable {
        /// The bytes, before any compression.
        public let bytes: [UInt8]
        /// The value of its `Content-Security-Policy`.
        public let contentSecurityPolicy: String
    }

    /// The documents, by their paths.
    public let documents: [String: Document]
    /// The same as hashes, with the key files and word lists: what a page note states.
    public let hashes: PagePrint

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
        let state = try Site.State(
            roster: [], public: roster, configuration: configuration, day: day)
        documents = state.pages.standing.mapValues {
            Document(bytes: $0.bytes, contentSecurityPolicy: $0.contentSecurityPolicy)
        }
        hashes = state.hashes
    }
}

extension Site.State {
    /// The hashes of all that is served alike to everybody.
    static func hashes(
        of pages: PageRenderer, _ desks: [Site.Desk], _ configuration: PageConfiguration
    ) -> PagePrint {
        PagePrint(
            documents: pages.standing.mapValues { page in
                PagePrint.Document(
                    sha256: sha256(page.bytes),
                    policy: sha256(Array(page.contentSecurityPolicy.utf8)))
            },
            keyFiles: Set(desks.map(\.keyFileHash)), wordLists: [],
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
