/// The JSON of a reply (version 1): a text, and for a status word its key too, so that a page can say it in its language.
public struct ReplyDocument: Hashable, Sendable {
    /// What the reporter reads, under the rules of `TipText`.
    public var text: String
    /// The key of a status word, or nil.
    public var status: String?

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
        guard reader.isEmpty else { throw .malformedDocument }
        try validate()
    }

    /// The JSON for `Reply.seal`, at most 4,096 bytes; names in JCS order.
    public func encoded() throws(EnvelopeError) -> [UInt8] {
        try validate()
        var json = JSONBytes()
        json.beginObject()
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
        guard status.map(TipDocument.isKey) != false else { throw .malformedDocument }
    }
}
