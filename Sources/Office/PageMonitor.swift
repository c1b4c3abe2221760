internal import Confinement
internal import Crypto
internal import Ledger
internal import Notes
public import Roster

/// What comparing a gateway's public pages with their note showed.
public struct PageFinding: Sendable {
    /// The note, signed by enough authorities.
    public let page: PageNote
    /// The same, encoded, for keeping.
    public let note: [UInt8]
    /// What is served otherwise, one line each; empty if nothing.
    public let differences: [String]
}

extension Home {
    /// Remembers a page note that was accepted.
    public func keep(page note: [UInt8]) throws {
        try DurableFile.makeFolder(path)
        try replace("page.note", note)
    }
}

/// Compares what a gateway serves with what its authorities signed, from outside.
///
/// It asks for documents with the headers of a browser; a gateway that tells it apart all the same, by its TLS or by
/// its address, can show it other pages than its visitors.
public struct PageMonitor: Sendable {
    private let client: PublicClient
    private let roster: PublicRoster
    private let now: @Sendable () -> UInt64
    private let findings: Findings

    /// - Parameters:
    ///   - client: the way to the gateway.
    ///   - roster: the public roster, verified.
    ///   - now: seconds since 1970.
    ///   - findings: is told of a promise that is for a time that is far off.
    public init(
        _ client: PublicClient, roster: PublicRoster, now: @escaping @Sendable () -> UInt64,
        findings: Findings
    ) {
        self.client = client
        self.roster = roster
        self.now = now
        self.findings = findings
    }

    /// Checks the note, its entry in the log, and everything that it names.
    ///
    /// - Parameter earlier: the encoded note that was accepted before.
    /// - Throws: why the note cannot be believed; what is merely different is in the finding.
    public func run(earlier: [UInt8]?) async throws -> PageFinding {
        guard let offered = try await client.page() else {
            throw Complaint(.badInput, "The gateway has no page note.")
        }
        let bytes = Array(offered.note.utf8)
        let note = try PageVerification.note(bytes)
        let page = try PageVerification.accepted(note, under: roster)
        if let earlier {
            let known = try PageNote(text: PageVerification.note(earlier).text)
            try PageVerification.requireContinuation(of: page, after: known)
        }
        try await checkEntry(offered, note: bytes)
        var differences: [String] = []
        var deskLists: Set<[UInt8]> = []
        for (path, document) in page.pages.documents.sorted(by: { $0.key < $1.key }) {
            for asker in PublicClient.Asker.allCases {
                let response = try await client.document(path, for: asker)
                let name = asker == .person ? path : "\(path), asked for by a script,"
                differences += Self.differences(
                    name, isScript: path.hasSuffix(".js"), response, document)
                if let hash = DeskList.hash(namedIn: response.body) { deskLists.insert(hash) }
            }
        }
        let files =
            deskLists.map { ("/v1/desks/", $0) } + page.pages.keyFiles.map { ("/v1/keys/", $0) }
            + page.pages.wordLists.map { ("/words/", $0) }
        for (folder, hash) in files {
            guard let bytes = try await client.named(folder, hash) else {
                differences.append("\(folder)\(PagePrint.name(hash)) is missing or has other bytes")
                continue
            }
            guard deskLists.contains(hash) else { continue }
            let named = Set(try DeskList(bytes).keyFiles.values)
            if named != page.pages.keyFiles {
                differences.append("the list of desks does not name the key files of the note")
            }
        }
        return PageFinding(page: page, note: bytes, differences: differences)
    }

    /// The note has to be in the log: nobody is shown one that the others are not.
    private func checkEntry(_ offered: OfferedPage, note: [UInt8]) async throws {
        let what = "page note"
        let checker = try EntryChecker(roster, now: now, findings: findings)
        let entry = try checker.check(offered.entry, what)
        guard entry.body == .page(note: Hash256(hashing: note)) else {
            throw CustodyProblem.recordDiffers(what: what)
        }
        let proof = try await client.proof(of: entry.commitment)
        guard try checker.inclusion(proof, of: entry, what) != .missing else {
            throw CustodyProblem.notIncluded(what: what, tick: entry.tick)
        }
    }

    /// Headers with which an answer could do what its bytes do not say.
    private static let unwelcome = ["set-cookie", "refresh", "link", "speculation-rules"]

    private static func differences(
        _ name: String, isScript: Bool, _ response: WireResponse, _ promised: PagePrint.Document
    ) -> [String] {
        guard response.status == 200 else { return ["\(name) is missing: \(response.status)"] }
        var lines: [String] = []
        let type = isScript ? "text/javascript" : "text/html"
        if response.contentType != type { lines.append("\(name) is not \(type)") }
        if sha256(response.body) != promised.sha256 { lines.append("\(name) has other bytes") }
        let policy = response.headers["content-security-policy"] ?? ""
        if sha256(Array(policy.utf8)) != promised.policy {
            lines.append("\(name) has another policy")
        }
        lines += unwelcome.filter { response.headers[$0] != nil }
            .map { "\(name) comes with \($0)" }
        return lines
    }

    private static func sha256(_ bytes: [UInt8]) -> [UInt8] { Array(SHA256.hash(data: bytes)) }
}
