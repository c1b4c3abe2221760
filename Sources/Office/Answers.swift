public import Envelope
internal import Notes

/// What an office can say of a tip that calls itself an answer to a reply (formats §7).
public enum AnswerStanding: Sendable, Equatable {
    /// The tag holds: it is by whoever holds the receipt of the tip of this name.
    case holds(earlier: String)
    /// The mailbox is that of the tip of this name, and the tag is not its receipt's.
    case differs(earlier: String)
    /// The mailbox is that of the tip of this name, which cannot be opened here any more.
    case unreadable(earlier: String)
    /// No tip with this mailbox was opened at this station.
    case unknown

    /// What people have to know before they believe it.
    public var sentence: String {
        switch self {
        case .holds(let earlier):
            "An answer to \(earlier), by whoever holds its receipt: the tag holds."
        case .differs(let earlier):
            "CALLS ITSELF AN ANSWER to \(earlier), and IS NOT by the holder of its receipt: "
                + "the tag does not hold. Believe nothing in it about that tip."
        case .unreadable(let earlier):
            "Calls itself an answer to \(earlier), which cannot be opened here: "
                + "the tag was NOT CHECKED."
        case .unknown:
            "Calls itself an answer to a tip that was not opened at this station: "
                + "the tag was NOT CHECKED."
        }
    }

    /// The same for `custody.json`.
    var note: AnswerNote {
        switch self {
        case .holds(let earlier): AnswerNote(tag: "holds", earlier: earlier)
        case .differs(let earlier): AnswerNote(tag: "differs", earlier: earlier)
        case .unreadable(let earlier): AnswerNote(tag: "not checked", earlier: earlier)
        case .unknown: AnswerNote(tag: "not checked", earlier: nil)
        }
    }
}

/// What `custody.json` says of an answer.
public struct AnswerNote: Codable, Equatable, Sendable {
    /// `holds`, `differs` or `not checked`.
    public let tag: String
    /// The tip that it answers, if this station has opened one with that mailbox.
    public let earlier: String?
}

/// Which tips have named which mailbox (base64 id), in the order of their opening: names alone, since the keys stay in
/// the sealed bodies.
private struct MailboxIndex: Codable {
    var names: [String: [String]] = [:]

    static let file = "mailboxes.json"
    /// Tips of one mailbox that are remembered: a reporter's tip has a mailbox of its own, so more are somebody's game.
    static let namesMax = 8
}

extension Station {
    /// Remembers under which name a tip that has a mailbox was opened.
    public func remember(_ document: TipDocument, as name: String) throws {
        // An answer repeats the mailbox of the tip that it answers.
        guard document.answerTo == nil, let mailbox = document.mailbox else { return }
        var index = try mailboxes()
        let id = Base64.encode(mailbox.id)
        let known = index.names[id, default: []]
        guard !known.contains(name), known.count < MailboxIndex.namesMax else { return }
        index.names[id, default: []].append(name)
        try home.save(MailboxIndex.file, index)
    }

    /// Judges a tip that calls itself an answer; nil for any other.
    ///
    /// - Parameter earlier: opens a tip again that was remembered under a name.
    public func standing(
        of tip: UnpackedTip, earlier: (String) async throws -> TipDocument
    ) async throws -> AnswerStanding? {
        guard let id = tip.document.answerTo, let tag = tip.document.answerTag else { return nil }
        var standing = AnswerStanding.unknown
        for name in try mailboxes().names[Base64.encode(id)] ?? [] {
            guard let mailbox = try await reopened(name, earlier)?.mailbox else {
                if standing == .unknown { standing = .unreadable(earlier: name) }
                continue
            }
            if Answer.isValid(tag: tag, header: tip.header, mailbox: mailbox) {
                return .holds(earlier: name)
            }
            standing = .differs(earlier: name)
        }
        return standing
    }

    private func mailboxes() throws -> MailboxIndex {
        try home.load(MailboxIndex.file, as: MailboxIndex.self) ?? MailboxIndex()
    }

    /// Nil if the tip is there no more; a gateway that cannot be reached is no reason to believe less.
    private func reopened(
        _ name: String, _ earlier: (String) async throws -> TipDocument
    ) async throws -> TipDocument? {
        do {
            return try await earlier(name)
        } catch let error as any Explained where error.exit != .unreachable {
            return nil
        }
    }
}
