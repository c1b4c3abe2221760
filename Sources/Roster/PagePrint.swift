import Notes

/// What a gateway's public edge serves to everybody alike, as hashes: the documents, the desks' key files, the word
/// lists, and the settings that the documents were made with.
public struct PagePrint: Hashable, Sendable {
    /// A document by its path.
    public struct Document: Hashable, Sendable {
        /// SHA-256 of its bytes, 32 bytes.
        public let sha256: [UInt8]
        /// SHA-256 of the value of its `Content-Security-Policy`, 32 bytes.
        public let policy: [UInt8]

        /// Names a document by its hashes.
        public init(sha256: [UInt8], policy: [UInt8]) {
            self.sha256 = sha256
            self.policy = policy
        }
    }

    /// The documents, by their paths.
    public var documents: [String: Document]
    /// SHA-256 of each key file, which is its name under `/v1/keys/`, 32 bytes each.
    public var keyFiles: Set<[UInt8]>
    /// SHA-256 of each word list, which is its name under `/words/`, 32 bytes each.
    public var wordLists: Set<[UInt8]>
    /// What of the operator's settings the documents show.
    public var limits: PageLimits

    /// Puts the hashes together.
    public init(
        documents: [String: Document], keyFiles: Set<[UInt8]>, wordLists: Set<[UInt8]>,
        limits: PageLimits
    ) {
        self.documents = documents
        self.keyFiles = keyFiles
        self.wordLists = wordLists
        self.limits = limits
    }

    /// What `served` has otherwise, one line each; empty if nothing.
    public func differences(of served: PagePrint) -> [String] {
        var lines: [String] = []
        for path in Set(documents.keys).union(served.documents.keys).sorted() {
            guard let promised = documents[path] else {
                lines.append("\(path) is not in the note")
                continue
            }
            guard let found = served.documents[path] else {
                lines.append("\(path) is missing")
                continue
            }
            if found.sha256 != promised.sha256 { lines.append("\(path) has other bytes") }
            if found.policy != promised.policy { lines.append("\(path) has another policy") }
        }
        lines += Self.differences("key file", keyFiles, served.keyFiles)
        lines += Self.differences("word list", wordLists, served.wordLists)
        if limits != served.limits { lines.append("the settings for attachments are others") }
        return lines
    }

    private static func differences(
        _ what: String, _ promised: Set<[UInt8]>, _ served: Set<[UInt8]>
    ) -> [String] {
        promised.subtracting(served).map { "\(what) \(name($0)) is missing" }.sorted()
            + served.subtracting(promised).map { "\(what) \(name($0)) is not in the note" }.sorted()
    }

    /// A hash as it stands in a path: lower-case hexadecimal.
    public static func name(_ hash: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(
            decoding: hash.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] },
            as: UTF8.self)
    }
}

/// What of the operator's settings the documents show.
public struct PageLimits: Hashable, Sendable {
    /// The sum of a tip's attachments, in bytes.
    public var attachmentBytesMax: UInt64
    /// The States whose form takes attachments: ISO 3166-1 alpha-2, or `region`.
    public var attachmentStates: Set<String>

    /// Puts limits together.
    public init(attachmentBytesMax: UInt64, attachmentStates: Set<String>) {
        self.attachmentBytesMax = attachmentBytesMax
        self.attachmentStates = attachmentStates
    }
}

/// Limits of a page note, each named with its unit.
public enum PageNoteLimits {
    /// Most documents.
    public static let documentsMax = 1_024
    /// Most word lists.
    public static let wordListsMax = 256
    /// Longest path of a document, in bytes.
    public static let pathBytesMax = 128
}

extension PagePrint {
    /// The members that a page note has for this.
    var json: [String: CanonicalJSON] {
        [
            "documents": .object(
                documents.mapValues { document in
                    .object([
                        "policy": .string(Base64.encode(document.policy)),
                        "sha256": .string(Base64.encode(document.sha256)),
                    ])
                }),
            "keys": Self.list(keyFiles),
            "limits": .object([
                "attachment_bytes_max": .integer(Int(clamping: limits.attachmentBytesMax)),
                "attachment_states": .array(limits.attachmentStates.sorted().map { .string($0) }),
            ]),
            "words": Self.list(wordLists),
        ]
    }

    init(_ fields: Fields) throws(RosterError) {
        var documents: [String: Document] = [:]
        for (path, json) in fields["documents"]?.object ?? [:] {
            guard Self.isPath(path) else { throw .malformed("documents: a path") }
            let hashes = try Fields(json, path, ["policy", "sha256"])
            documents[path] = Document(
                sha256: try hashes.hash("sha256"), policy: try hashes.hash("policy"))
        }
        guard fields["documents"]?.object != nil,
            (1...PageNoteLimits.documentsMax).contains(documents.count)
        else { throw .malformed("documents") }
        self.documents = documents
        keyFiles = try Self.hashes(fields, "keys", atMost: RosterLimits.officesMax)
        wordLists = try Self.hashes(fields, "words", atMost: PageNoteLimits.wordListsMax)
        guard let json = fields["limits"] else { throw .malformed("limits") }
        limits = try PageLimits(
            Fields(json, "limits", ["attachment_bytes_max", "attachment_states"]))
    }

    /// The order of their spellings, so that a set has one.
    private static func list(_ hashes: Set<[UInt8]>) -> CanonicalJSON {
        .array(hashes.map { Base64.encode($0) }.sorted().map { .string($0) })
    }

    private static func hashes(
        _ fields: Fields, _ key: String, atMost most: Int
    ) throws(RosterError) -> Set<[UInt8]> {
        let list = try fields.list(key, atMost: most) { (item) throws(RosterError) in
            guard let hash = item.string.flatMap({ try? Base64.decode($0, count: 32) }) else {
                throw .malformed(key)
            }
            return hash
        }
        return Set(list)
    }

    /// A path as the edge serves it, without query: nothing in it needs an escape.
    private static func isPath(_ path: String) -> Bool {
        path.hasPrefix("/") && path.utf8.count <= PageNoteLimits.pathBytesMax
            && path.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default: "/-_.".utf8.contains(byte)
                }
            }
    }
}

extension PageLimits {
    fileprivate init(_ fields: Fields) throws(RosterError) {
        attachmentBytesMax = try fields.number("attachment_bytes_max")
        let states = try fields.list("attachment_states", atMost: RosterLimits.officesMax) {
            (item) throws(RosterError) in
            guard let state = item.string, isRosterState(state) else {
                throw .malformed("attachment_states")
            }
            return state
        }
        attachmentStates = Set(states)
    }
}

/// ISO 3166-1 alpha-2, or `region`.
private func isRosterState(_ text: String) -> Bool {
    text == PublicRoster.region
        || (text.utf8.count == 2
            && text.utf8.allSatisfy { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) })
}
