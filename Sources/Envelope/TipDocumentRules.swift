/// Limits of a tip's fields beside those in `EnvelopeLimits`.
public enum TipLimits {
    /// Greatest line of text (place, time, one thing online), in Unicode scalars.
    public static let lineScalarsMax = 1_000
    /// Greatest number of entries in a list of keys.
    public static let keysMax = 32
    /// Greatest number of things online.
    public static let onlineMax = 10
    /// Greatest key of the vocabulary or language tag, in bytes.
    public static let keyBytesMax = 64
    /// Greatest name of an attachment, in bytes.
    public static let nameBytesMax = 255
    /// Greatest media type of an attachment, in bytes.
    public static let typeBytesMax = 127
}

extension TipDocument {
    /// Checks every field against the limits and rules that the gateway's form has; any fault is `malformedDocument`.
    ///
    /// A tip has a text, or at least one thing online.
    public func validate() throws(EnvelopeError) {
        guard whatHappened != nil || !online.isEmpty else { throw .malformedDocument }
        try check(whatHappened, scalarsMax: EnvelopeLimits.textScalarsMax)
        let lines = [whereText, when, whenText, otherCountry, safeContactNote]
        for line in lines + online { try check(line) }
        let known = [whoAmI, childAgeBand, childCount, childSexOrGender, exploiterKnown, language]
        let keys = known + category + consentShare
        guard keys.allSatisfy({ $0.map(TipDocument.isKey) != false }),
            category.count <= TipLimits.keysMax, consentShare.count <= TipLimits.keysMax,
            online.count <= TipLimits.onlineMax,
            attachments.count(where: { $0.copyOf == nil }) <= EnvelopeLimits.originalsMax,
            attachments.allSatisfy(TipDocument.isNamed), areCopiesInOrder,
            whereCountry.map(TipDocument.isCountry) != false,
            (answerTo == nil) == (answerTag == nil),
            [answerTo, answerTag].allSatisfy({ $0.map { $0.count == 32 } != false })
        else { throw .malformedDocument }
    }

    /// Each copy names an attachment before it that is no copy, and no two name the same.
    private var areCopiesInOrder: Bool {
        var copied: Set<Int> = []
        return attachments.enumerated().allSatisfy { index, attachment in
            guard let original = attachment.copyOf else { return true }
            return (0..<index).contains(original) && attachments[original].copyOf == nil
                && copied.insert(original).inserted
        }
    }

    /// The attachments that have a copy without place and device data, by index: offices open these on purpose only.
    public var copiedOriginals: Set<Int> { Set(attachments.compactMap(\.copyOf)) }

    /// The JSON of a valid document; names in JCS order, absent ones left out.
    public func encoded() throws(EnvelopeError) -> [UInt8] {
        try validate()
        var json = JSONBytes()
        json.beginObject()
        if let answerTag { json.member("answer_tag") { $0.base64(answerTag) } }
        if let answerTo { json.member("answer_to") { $0.base64(answerTo) } }
        if !attachments.isEmpty { encodeAttachments(&json) }
        encode(category, "category", &json)
        encode(channel?.rawValue, "channel", &json)
        encode(childAgeBand, "child_age_band", &json)
        encode(childCount, "child_count", &json)
        encode(childSexOrGender, "child_sex_or_gender", &json)
        encode(consentShare, "consent_share", &json)
        encode(crossesBorder?.rawValue, "crosses_border", &json)
        encode(dangerNow?.rawValue, "danger_now", &json)
        encode(exploiterKnown, "exploiter_known", &json)
        encode(language, "language", &json)
        if let mailbox { TipDocument.encode(mailbox, &json) }
        encode(online, "online", &json)
        encode(otherCountry, "other_country", &json)
        encode(safeContactNote, "safe_contact_note", &json)
        encode(stillHappening?.rawValue, "still_happening", &json)
        json.member("v") { $0.integer(1) }
        encode(whatHappened, "what_happened", &json)
        encode(when, "when", &json)
        encode(whenText, "when_text", &json)
        encode(whereCountry, "where_country", &json)
        encode(whereText, "where_text", &json)
        encode(whoAmI, "who_am_i", &json)
        json.endObject()
        try requireLimit("tip's JSON, bytes", json.bytes.count, 2...EnvelopeLimits.documentBytesMax)
        return json.bytes
    }

    /// Writes the member `mailbox`: for the edge too, which writes a form's tip from bytes.
    public static func encode(_ mailbox: Mailbox, _ json: inout JSONBytes) {
        json.member("mailbox") { json in
            json.beginObject()
            json.member("answer") { $0.base64(mailbox.answer) }
            json.member("id") { $0.base64(mailbox.id) }
            json.member("psk") { $0.base64(mailbox.psk) }
            json.member("reply_key") { $0.base64(mailbox.replyKey) }
            json.endObject()
        }
    }

    private func encodeAttachments(_ json: inout JSONBytes) {
        json.member("attachments") { json in
            json.beginArray()
            for attachment in attachments {
                json.beginObject()
                if let original = attachment.copyOf {
                    json.member("copy_of") { $0.integer(original) }
                }
                json.member("name") { $0.string(attachment.name) }
                json.member("sha256") { $0.base64(attachment.sha256) }
                json.member("size") { $0.integer(attachment.size) }
                json.member("type") { $0.string(attachment.type) }
                json.endObject()
            }
            json.endArray()
        }
    }

    private func encode(_ text: String?, _ name: String, _ json: inout JSONBytes) {
        if let text { json.member(name) { $0.string(text) } }
    }

    private func encode(_ texts: [String], _ name: String, _ json: inout JSONBytes) {
        guard !texts.isEmpty else { return }
        json.member(name) { json in
            json.beginArray()
            for text in texts { json.string(text) }
            json.endArray()
        }
    }

    private func check(
        _ text: String?, scalarsMax: Int = TipLimits.lineScalarsMax
    ) throws(EnvelopeError) {
        guard let text else { return }
        do {
            try TipText.validate(text.utf8, scalarsMax: scalarsMax)
        } catch {
            throw .malformedDocument
        }
    }

    /// A key of the vocabulary or a language tag.
    static func isKey(_ text: String) -> Bool {
        (1...TipLimits.keyBytesMax).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }

    /// An ISO 3166-1 alpha-2 code, as far as its form goes.
    static func isCountry(_ text: String) -> Bool {
        text.utf8.count == 2
            && text.utf8.allSatisfy { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) }
    }

    private static func isNamed(_ attachment: Attachment) -> Bool {
        AttachmentClaim.isName(attachment.name.utf8)
            && AttachmentClaim.isType(attachment.type.utf8)
            && (0...EnvelopeLimits.attachmentBytesMax).contains(attachment.size)
            && attachment.sha256.count == EnvelopeLimits.keyBytes
    }
}

/// What a sender may say of an attachment; who reads a tip that says anything else makes it safe.
public enum AttachmentClaim {
    /// Whether it can do nothing but name a file: no separator, no "." or "..", no control or bidirectional character.
    public static func isName(_ name: some Collection<UInt8>) -> Bool {
        (1...TipLimits.nameBytesMax).contains(name.count)
            && !name.elementsEqual(".".utf8) && !name.elementsEqual("..".utf8)
            && name.allSatisfy { $0 >= 0x20 && !isSeparator($0) }
            && (try? TipText.validate(name, scalarsMax: TipLimits.nameBytesMax)) != nil
    }

    /// Whether it is a media type as far as the tip's JSON goes: printable ASCII without spaces.
    public static func isType(_ type: some Collection<UInt8>) -> Bool {
        (1...TipLimits.typeBytesMax).contains(type.count)
            && type.allSatisfy { (0x21...0x7e).contains($0) }
    }

    /// The claimed name; if it can do more than name a file, its last 255 bytes with "_" for what it could do that with.
    public static func safeName(_ claimed: String) -> String {
        guard !isName(claimed.utf8) else { return claimed }
        var scalars: [Unicode.Scalar] = []
        var bytes = 0
        for scalar in claimed.unicodeScalars.reversed() {
            let safe = isName("a\(scalar)".utf8) ? scalar : "_"
            bytes += String(safe).utf8.count
            guard bytes <= TipLimits.nameBytesMax else { break }
            scalars.append(safe)
        }
        let name = String(String.UnicodeScalarView(scalars.reversed()))
        return isName(name.utf8) ? name : "-"
    }

    /// The claimed type, or that of any bytes if it cannot be one.
    public static func safeType(_ claimed: String) -> String {
        isType(claimed.utf8) ? claimed : "application/octet-stream"
    }

    /// Whether what stands before it is a folder, on some system.
    public static func isSeparator(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "/") || byte == UInt8(ascii: "\\")
    }
}

extension JSONBytes {
    /// Writes a name and lets `value` write what belongs to it.
    public mutating func member(_ name: String, _ value: (inout JSONBytes) -> Void) {
        key(name)
        value(&self)
    }
}
