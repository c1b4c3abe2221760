/// What an office can say with one word; each page says it in its reader's language.
public enum StatusWord: String, Sendable, Hashable, CaseIterable {
    /// An adult has read it.
    case read
    /// A team is looking into it.
    case underReview = "under-review"
    /// A specialised unit has it.
    case withUnit = "with-unit"
    /// Another team, which can do more, has it.
    case passedOn = "passed-on"
    /// The office needs to know more.
    case moreNeeded = "more-needed"
    /// No more can be done for now.
    case closed
}

/// The JSON of a reply (version 1): a text, for a status word its key too, so that a page can say it in its language,
/// and the State of the desk that wrote it, so that an answer goes to the desk that can check it.
///
/// Members in JCS order: `state` (ISO 3166-1 alpha-2, or `region`), `status`, `text`, `v`; `text` and `v` are required. A
/// reply without `state` is answered to the regional desk.
public struct ReplyDocument: Hashable, Sendable {
    /// What the reporter reads, under the rules of `TipText`.
    public var text: String
    /// The key of a status word, or nil; a reader may meet words that are not in `StatusWord`, and shows the text.
    public var status: String?
    /// The State whose desk takes answers to this reply: ISO 3166-1 alpha-2, or `region`; nil for the regional desk's.
    public var state: String?

    /// A status word; readers that do not know it show the word itself.
    public init(_ word: StatusWord) {
        self.init(text: word.rawValue, status: word.rawValue)
    }

    /// A reply with a text, and the key of a status word where it is one.
    public init(text: String, status: String? = nil) {
        self.text = text
        self.status = status
    }

    /// Reads and validates what `Reply.open` gave; any fault is `malformedDocument`.
    public init(json: [UInt8]) throws(EnvelopeError) {
        guard json.count <= EnvelopeLimits.replyPlaintextBytes,
            case .object(let members) = JSONValue.parse(json)
        else { throw .malformedDocument }
        var reader = MemberReader(members: members)
        guard try reader.integer("v") == 1, let text = try reader.string("text") else {
            throw .malformedDocument
        }
        self.text = text
        self.status = try reader.string("status")
        self.state = try reader.string("state")
        guard reader.isEmpty else { throw .malformedDocument }
        try validate()
    }

    /// The JSON for `Reply.seal`, at most 4,096 bytes; names in JCS order.
    public func encoded() throws(EnvelopeError) -> [UInt8] {
        try validate()
        var json = JSONBytes()
        json.beginObject()
        if let state { json.member("state") { $0.string(state) } }
        if let status { json.member("status") { $0.string(status) } }
        json.member("text") { $0.string(text) }
        json.member("v") { $0.integer(1) }
        json.endObject()
        try requireLimit("reply, bytes", json.bytes.count, 2...EnvelopeLimits.replyPlaintextBytes)
        return json.bytes
    }

    private func validate() throws(EnvelopeError) {
        do {
            try TipText.validate(text.utf8)
        } catch {
            throw .malformedDocument
        }
        let isPlace = state.map { $0 == "region" || TipDocument.isCountry($0) }
        guard status.map(TipDocument.isKey) != false, isPlace != false else {
            throw .malformedDocument
        }
    }
}
