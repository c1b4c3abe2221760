import Notes

/// What a reply says to a person.
enum ReplyText {
    /// The `text` of a reply's JSON object, UTF-8; anything else as it is, so that no word of an office is lost.
    static func text(of reply: [UInt8]) -> [UInt8] {
        guard case .object(let members) = try? CanonicalJSON(parsing: reply),
            case .string(let text) = members["text"]
        else { return reply }
        return Array(text.utf8)
    }
}
