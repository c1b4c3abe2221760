import Envelope
import Vocabulary

/// What somebody answered in the form, checked field by field on bytes, and written as a tip's JSON.
struct IntakeAnswers {
    /// The answers as they came, line breaks made one `\n` each.
    private(set) var form = SubmittedForm()
    private(set) var problems: [FieldProblem] = []

    /// Takes one field; names the form does not have are passed over.
    mutating func take(name: String, value: [UInt8]) {
        guard let field = IntakeField(rawValue: name), field != .attachments else { return }
        let text = TipText.normalizingLineBreaks(value[...])
        guard !text.allSatisfy(Self.isBlank) else { return }
        form.values[field, default: []].append(text)
    }

    /// Notes a problem found elsewhere, once a field.
    mutating func note(_ problem: FieldProblem) {
        guard !problems.contains(where: { $0.field == problem.field }) else { return }
        problems.append(problem)
    }

    /// The chosen State's code, or nil for "another country, or I am not sure".
    var state: String? {
        form.values[.whereCountry]?.first.map { String(decoding: $0, as: UTF8.self) }
    }

    /// Whether nobody else is likely to write the same: two children may ask for help in one and the same word, and are two.
    var isUnmistakable: Bool {
        (form.values[.whatHappened]?.first?.count ?? 0) >= Self.unmistakableBytesMin
    }

    /// The shortest story that is taken for one person's own, in bytes of UTF-8.
    private static let unmistakableBytesMin = 40

    /// Whether the person wants to be able to come back.
    var wantsMailbox: Bool { form.values[.mailbox] != nil }

    /// Checks every field against its rules.
    mutating func check(_ vocabulary: Vocabulary) {
        for field in IntakeField.allCases {
            let values = form.values[field] ?? []
            // A link, an account or a number says something without a story.
            let isStory = field == .whatHappened && form.values[.online] == nil
            if field.isRequired || isStory, values.isEmpty { note(FieldProblem(field, .missing)) }
            if let reason = Self.reason(against: values, field, vocabulary) {
                note(FieldProblem(field, reason))
            }
        }
        // Nobody, or the helpline alone, leaves no room for others beside it.
        let choice = form.values[.consentShare] ?? []
        let isAlone = ["none_yet", "hotline"].contains { form.contains($0, in: .consentShare) }
        if choice.count > 1, isAlone { note(FieldProblem(.consentShare, .tooMany)) }
        let isAffected = form.contains("child_affected", in: .whoAmI)
        if isAffected, form.values[.consentShare] == nil {
            note(FieldProblem(.consentShare, .missing))
        }
    }

    private static func reason(
        against values: [[UInt8]], _ field: IntakeField, _ vocabulary: Vocabulary
    ) -> FieldProblem.Reason? {
        switch field.answer {
        case .one, .wish: return values.count > 1 ? .tooMany : unknown(values, field, vocabulary)
        case .several: return values.count > 32 ? .tooMany : unknown(values, field, vocabulary)
        case .territory:
            let isKnown = values.allSatisfy {
                vocabulary.territory(String(decoding: $0, as: UTF8.self)) != nil
            }
            return values.count > 1 ? .tooMany : isKnown ? nil : .unknown
        case .text(let scalarsMax):
            guard values.count <= 1 else { return .tooMany }
            return values.first.flatMap { reason(against: $0[...], scalarsMax) }
        case .lines(let linesMax):
            guard values.count <= 1 else { return .tooMany }
            let lines = values.first.map(Self.lines) ?? []
            guard lines.count <= linesMax else { return .tooMany }
            return lines.lazy.compactMap {
                reason(against: $0, IntakeLimits.onlineLineScalarsMax)
            }.first
        case .files: return nil
        }
    }

    private static func unknown(
        _ values: [[UInt8]], _ field: IntakeField, _ vocabulary: Vocabulary
    ) -> FieldProblem.Reason? {
        if case .wish = field.answer {
            return values.allSatisfy { $0.elementsEqual("yes".utf8) } ? nil : .unknown
        }
        let isKnown = values.allSatisfy {
            $0.count <= 64 && vocabulary.accepts(String(decoding: $0, as: UTF8.self), for: field)
        }
        return isKnown ? nil : .unknown
    }

    /// Why a text is refused; nil if it is not.
    static func reason(
        against text: ArraySlice<UInt8>, _ scalarsMax: Int = EnvelopeLimits.textScalarsMax
    ) -> FieldProblem.Reason? {
        do throws(TipTextError) {
            try TipText.validate(text, scalarsMax: scalarsMax)
            return nil
        } catch {
            return switch error {
            case .empty: .missing
            case .tooLong: .tooLong
            case .invalidUTF8, .controlCharacter, .bidirectionalControl: .characters
            }
        }
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x0A }

    private static func lines(_ text: [UInt8]) -> [ArraySlice<UInt8>] {
        text.split(separator: 0x0A).filter { !$0.allSatisfy(isBlank) }
    }
}

extension IntakeAnswers {
    /// A file as the tip's JSON names it.
    struct Attachment {
        let name: [UInt8]
        let type: [UInt8]
        let digest: AttachmentDigest
    }

    /// The tip's JSON, UTF-8; the answers must have no problems.
    func document(
        language: String, attachments: [Attachment], mailbox: Mailbox?
    ) -> [UInt8] {
        var json = JSONBytes(reservingCapacity: EnvelopeLimits.documentBytesMax)
        json.beginObject()
        json.key("v")
        json.integer(1)
        json.key("channel")
        json.string("web")
        json.key("language")
        json.string(language)
        for field in IntakeField.allCases { write(field, to: &json) }
        write(attachments, to: &json)
        if let mailbox { write(mailbox, to: &json) }
        json.endObject()
        return json.bytes
    }

    private func write(_ field: IntakeField, to json: inout JSONBytes) {
        guard let values = form.values[field], let first = values.first else { return }
        switch field.answer {
        case .one, .text, .territory:
            json.key(field.rawValue)
            json.string(first)
        case .several:
            json.key(field.rawValue)
            json.beginArray()
            for value in values { json.string(value) }
            json.endArray()
        case .lines:
            json.key(field.rawValue)
            json.beginArray()
            for line in Self.lines(first) { json.string(line) }
            json.endArray()
        case .wish, .files: break
        }
    }

    private func write(_ attachments: [Attachment], to json: inout JSONBytes) {
        guard !attachments.isEmpty else { return }
        json.key("attachments")
        json.beginArray()
        for attachment in attachments {
            json.beginObject()
            json.key("name")
            json.string(attachment.name)
            json.key("type")
            json.string(attachment.type)
            json.key("size")
            json.integer(attachment.digest.size)
            json.key("sha256")
            json.base64(attachment.digest.sha256)
            json.endObject()
        }
        json.endArray()
    }

    private func write(_ mailbox: Mailbox, to json: inout JSONBytes) {
        json.key("mailbox")
        json.beginObject()
        json.key("id")
        json.base64(mailbox.id)
        json.key("reply_key")
        json.base64(mailbox.replyKey)
        json.key("psk")
        json.base64(mailbox.psk)
        json.key("answer")
        json.base64(mailbox.answer)
        json.endObject()
    }
}
