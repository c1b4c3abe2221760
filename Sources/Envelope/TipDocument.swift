/// Yes, no, or unsure: an answer in a tip.
public enum YesNoUnsure: String, Sendable, Hashable, CaseIterable {
    /// Yes.
    case yes
    /// No.
    case no
    /// Unsure.
    case unsure
}

/// The tip's JSON (version 1) as offices read it: validated, no member that is not known, none twice.
///
/// Absent members are nil or empty; an answer to a reply has `answerTo` and `answerTag`.
public struct TipDocument: Hashable, Sendable {
    /// How a tip came in.
    public enum Channel: String, Sendable, Hashable, CaseIterable {
        /// The public page.
        case web
        /// An operator typed it.
        case hotline
        /// A partner's program.
        case script
        /// A test of the way that a tip takes; nobody needs help.
        case probe
    }

    /// An attachment as the JSON names it.
    public struct Attachment: Hashable, Sendable {
        /// The file's name: no path separator and no control character, 1 to 255 bytes.
        public var name: String
        /// Its media type as the reporter's device said, 1 to 127 bytes of ASCII; never trusted.
        public var type: String
        /// Its size in bytes.
        public var size: Int
        /// Its SHA-256.
        public var sha256: [UInt8]
        /// For a copy without place and device data: the index of its original, which comes before it.
        public var copyOf: Int?

        /// Names an attachment; `TipDocument.validate` checks the fields.
        public init(
            name: String, type: String, size: Int, sha256: [UInt8], copyOf: Int? = nil
        ) {
            self.name = name
            self.type = type
            self.size = size
            self.sha256 = sha256
            self.copyOf = copyOf
        }
    }

    /// Whether somebody is in danger now.
    public var dangerNow: YesNoUnsure?
    /// The reporter's role, a key of the vocabulary.
    public var whoAmI: String?
    /// The text, at most 4,000 Unicode scalars.
    public var whatHappened: String?
    /// Offences as the reporter chose them, keys of the vocabulary.
    public var category: [String] = []
    /// The child's country, ISO 3166-1 alpha-2.
    public var whereCountry: String?
    /// The place in words.
    public var whereText: String?
    /// When it happened, a key or words.
    public var when: String?
    /// When it happened in words, beside a key.
    public var whenText: String?
    /// Addresses, names and numbers online, as text.
    public var online: [String] = []
    /// The child's age band, a key of the vocabulary.
    public var childAgeBand: String?
    /// How many children, a key of the vocabulary.
    public var childCount: String?
    /// What is known of the child's sex or gender, a key of the vocabulary.
    public var childSexOrGender: String?
    /// What is known of who does it, a key of the vocabulary.
    public var exploiterKnown: String?
    /// Whether it goes on.
    public var stillHappening: YesNoUnsure?
    /// Whether the child is taken from one country to another.
    public var crossesBorder: YesNoUnsure?
    /// The other country, in words.
    public var otherCountry: String?
    /// What is safe for whoever reads a reply: hours, and words to leave out.
    public var safeContactNote: String?
    /// With whom the reporter agrees to share, keys of the vocabulary.
    public var consentShare: [String] = []
    /// The language of the form, a BCP 47 tag.
    public var language: String?
    /// How the tip came in.
    public var channel: Channel?
    /// The attachments, in the order of the envelope.
    public var attachments: [Attachment] = []
    /// Where replies go.
    public var mailbox: Mailbox?
    /// The identifier of the mailbox whose reply this tip answers, 32 bytes.
    public var answerTo: [UInt8]?
    /// The tag of an answer, 32 bytes.
    public var answerTag: [UInt8]?

    /// An empty document: fill it, then `encoded()`.
    public init() {}

    /// Reads and validates the JSON of a tip; any fault is `malformedDocument`, but that attachments with names or types
    /// that no sender should send get safe ones.
    public init(json: [UInt8]) throws(EnvelopeError) {
        guard json.count <= EnvelopeLimits.documentBytesMax,
            case .object(let members) = JSONValue.parse(json)
        else { throw .malformedDocument }
        var reader = MemberReader(members: members)
        guard try reader.integer("v") == 1 else { throw .malformedDocument }
        try readAnswers(&reader)
        channel = try reader.choice("channel")
        attachments = try TipDocument.readAttachments(&reader)
        mailbox = try TipDocument.readMailbox(&reader)
        answerTo = try reader.base64("answer_to")
        answerTag = try reader.base64("answer_tag")
        guard reader.isEmpty else { throw .malformedDocument }
        try validate()
    }

    private mutating func readAnswers(_ reader: inout MemberReader) throws(EnvelopeError) {
        dangerNow = try reader.choice("danger_now")
        whoAmI = try reader.string("who_am_i")
        whatHappened = try reader.string("what_happened")
        category = try reader.strings("category")
        whereCountry = try reader.string("where_country")
        whereText = try reader.string("where_text")
        when = try reader.string("when")
        whenText = try reader.string("when_text")
        online = try reader.strings("online")
        childAgeBand = try reader.string("child_age_band")
        childCount = try reader.string("child_count")
        childSexOrGender = try reader.string("child_sex_or_gender")
        exploiterKnown = try reader.string("exploiter_known")
        stillHappening = try reader.choice("still_happening")
        crossesBorder = try reader.choice("crosses_border")
        otherCountry = try reader.string("other_country")
        safeContactNote = try reader.string("safe_contact_note")
        consentShare = try reader.strings("consent_share")
        language = try reader.string("language")
    }

    private static func readAttachments(
        _ reader: inout MemberReader
    ) throws(EnvelopeError) -> [Attachment] {
        var attachments: [Attachment] = []
        for members in try reader.objects("attachments") {
            var reader = MemberReader(members: members)
            guard let name = try reader.string("name"), let type = try reader.string("type"),
                let size = try reader.integer("size"), let sha256 = try reader.base64("sha256")
            else { throw .malformedDocument }
            let copyOf = try reader.integer("copy_of")
            guard reader.isEmpty else { throw .malformedDocument }
            // A tip is not lost for what its sender's device calls a file.
            attachments.append(
                Attachment(
                    name: AttachmentClaim.safeName(name), type: AttachmentClaim.safeType(type),
                    size: size, sha256: sha256, copyOf: copyOf))
        }
        return attachments
    }

    private static func readMailbox(
        _ reader: inout MemberReader
    ) throws(EnvelopeError) -> Mailbox? {
        guard let members = try reader.object("mailbox") else { return nil }
        var reader = MemberReader(members: members)
        guard let id = try reader.base64("id"), let replyKey = try reader.base64("reply_key"),
            let psk = try reader.base64("psk"), let answer = try reader.base64("answer"),
            reader.isEmpty
        else { throw .malformedDocument }
        return try Mailbox(id: id, replyKey: replyKey, psk: psk, answer: answer)
    }
}

/// Takes the members of an object one by one; what is left at the end was not known.
struct MemberReader {
    private var members: [String: JSONValue]

    init(members: [String: JSONValue]) {
        self.members = members
    }

    var isEmpty: Bool { members.isEmpty }

    mutating func string(_ name: String) throws(EnvelopeError) -> String? {
        guard let value = members.removeValue(forKey: name) else { return nil }
        guard case .string(let text) = value else { throw .malformedDocument }
        return text
    }

    mutating func strings(_ name: String) throws(EnvelopeError) -> [String] {
        var texts: [String] = []
        for value in try array(name) {
            guard case .string(let text) = value else { throw .malformedDocument }
            texts.append(text)
        }
        return texts
    }

    mutating func integer(_ name: String) throws(EnvelopeError) -> Int? {
        guard let value = members.removeValue(forKey: name) else { return nil }
        guard case .integer(let number) = value else { throw .malformedDocument }
        return number
    }

    mutating func choice<C: RawRepresentable<String>>(
        _ name: String
    ) throws(EnvelopeError) -> C? {
        guard let text = try string(name) else { return nil }
        guard let choice = C(rawValue: text) else { throw .malformedDocument }
        return choice
    }

    /// 32 bytes.
    mutating func base64(_ name: String) throws(EnvelopeError) -> [UInt8]? {
        guard let text = try string(name) else { return nil }
        guard let bytes = Base64Text.decode(text), bytes.count == EnvelopeLimits.keyBytes else {
            throw .malformedDocument
        }
        return bytes
    }

    mutating func object(_ name: String) throws(EnvelopeError) -> [String: JSONValue]? {
        guard let value = members.removeValue(forKey: name) else { return nil }
        guard case .object(let members) = value else { throw .malformedDocument }
        return members
    }

    mutating func objects(_ name: String) throws(EnvelopeError) -> [[String: JSONValue]] {
        var objects: [[String: JSONValue]] = []
        for value in try array(name) {
            guard case .object(let members) = value else { throw .malformedDocument }
            objects.append(members)
        }
        return objects
    }

    private mutating func array(_ name: String) throws(EnvelopeError) -> [JSONValue] {
        guard let value = members.removeValue(forKey: name) else { return [] }
        guard case .array(let values) = value else { throw .malformedDocument }
        return values
    }
}
