/// A member's authorisation of one request on the staff listener (formats §7).
public struct RequestNote: NoteBody {
    /// The gateway's log name.
    public let origin: String
    /// The HTTP method in capitals.
    public let method: String
    /// Path and query as sent, beginning with `/`.
    public let target: String
    /// SHA-256 of the body, of no bytes if there is none; 32 bytes.
    public let bodyHash: [UInt8]
    /// The vault's time, seconds since 1970.
    public let seconds: UInt64
    /// 16 random bytes that are used once.
    public let nonce: [UInt8]

    /// Makes a request's text; `bodyHash` has 32 bytes and `nonce` 16.
    public init(
        origin: String, method: String, target: String, bodyHash: [UInt8], seconds: UInt64,
        nonce: [UInt8]
    ) {
        self.origin = origin
        self.method = method
        self.target = target
        self.bodyHash = bodyHash
        self.seconds = seconds
        self.nonce = nonce
    }

    /// Reads the text of a request.
    public init(text: [UInt8]) throws(NoteError) {
        var lines = try NoteLines(text, .request)
        origin = lines.origin
        (method, target) = try Self.requestLine(lines.line("request line"))
        bodyHash = try lines.base64("body hash", count: 32)
        seconds = try lines.decimal("seconds")
        nonce = try lines.base64("nonce", count: 16)
        try lines.end()
    }

    /// The text: type, origin, `METHOD target`, body hash, seconds, nonce.
    public var text: [UInt8] {
        NoteLines.text(
            .request, origin,
            [
                "\(method) \(target)", Base64.encode(bodyHash), String(seconds),
                Base64.encode(nonce),
            ])
    }

    private static func requestLine(
        _ line: ArraySlice<UInt8>
    ) throws(NoteError) -> (method: String, target: String) {
        let fields = line.split(separator: 0x20, omittingEmptySubsequences: false)
        let capitals = UInt8(ascii: "A")...UInt8(ascii: "Z")
        guard line.count <= NoteLimits.requestLineBytesMax, fields.count == 2,
            !fields[0].isEmpty, fields[0].allSatisfy(capitals.contains),
            fields[1].first == UInt8(ascii: "/"),
            fields[1].allSatisfy({ (0x21...0x7e).contains($0) })
        else { throw .malformedLine("request line") }
        return (
            String(decoding: fields[0], as: UTF8.self), String(decoding: fields[1], as: UTF8.self)
        )
    }
}

/// A triaged tip addressed to a unit, or passed on by one (formats §7).
public struct ReportNote: NoteBody {
    /// Size of a wrap in bytes: X-Wing's 1,120, three keys, a tag.
    public static let wrapByteCount = 1_232

    /// A key of the unit and the tip's keys wrapped to it.
    public struct Recipient: Hashable, Sendable {
        /// `key_id` of the unit's key, 32 bytes.
        public let keyID: [UInt8]
        /// S ‖ K ‖ R wrapped to it, 1,232 bytes.
        public let wrap: [UInt8]

        /// Makes a recipient; 32 bytes of `keyID`, 1,232 of `wrap`.
        public init(keyID: [UInt8], wrap: [UInt8]) {
            self.keyID = keyID
            self.wrap = wrap
        }
    }

    /// Whether a unit passes on what it got.
    public let isTransfer: Bool
    /// The gateway's log name.
    public let origin: String
    /// The tip's commitment, 32 bytes.
    public let tip: [UInt8]
    /// Gap-free from this office to this unit, from 1.
    public let number: UInt64
    /// Commitment to the triage's key, 32 bytes.
    public let commitR: [UInt8]
    /// SHA-256 of the sealed triage, 32 bytes.
    public let triageHash: [UInt8]
    /// 1 to 16 keys of one unit.
    public let recipients: [Recipient]

    /// Makes a report; each hash and commitment has 32 bytes, and there is at least one recipient.
    public init(
        isTransfer: Bool = false, origin: String, tip: [UInt8], number: UInt64, commitR: [UInt8],
        triageHash: [UInt8], recipients: [Recipient]
    ) {
        self.isTransfer = isTransfer
        self.origin = origin
        self.tip = tip
        self.number = number
        self.commitR = commitR
        self.triageHash = triageHash
        self.recipients = recipients
    }

    /// Reads the text of a report or a transfer.
    public init(text: [UInt8]) throws(NoteError) {
        var lines = try NoteLines(text, .report, .transfer)
        isTransfer = lines.type == .transfer
        origin = lines.origin
        tip = try lines.base64("tip", count: 32)
        number = try lines.decimal("number")
        guard number >= 1 else { throw .malformedLine("number") }
        commitR = try lines.base64("commit_R", count: 32)
        triageHash = try lines.base64("triage hash", count: 32)
        var recipients: [Recipient] = []
        repeat {
            recipients.append(try Self.recipient(lines.line("to")))
        } while !lines.isAtEnd && recipients.count < NoteLimits.recipientsMax
        self.recipients = recipients
        try lines.end()
    }

    /// The text: type, origin, tip, number, commit_R, triage hash, a line `to` for each recipient.
    public var text: [UInt8] {
        let hashes = [Base64.encode(commitR), Base64.encode(triageHash)]
        return NoteLines.text(
            isTransfer ? .transfer : .report, origin,
            [Base64.encode(tip), String(number)] + hashes
                + recipients.map { "to \(Base64.encode($0.keyID)) \(Base64.encode($0.wrap))" })
    }

    private static func recipient(_ line: ArraySlice<UInt8>) throws(NoteError) -> Recipient {
        let fields = line.split(separator: 0x20, omittingEmptySubsequences: false)
        guard fields.count == 3, fields[0].elementsEqual("to".utf8) else {
            throw .malformedLine("to")
        }
        return Recipient(
            keyID: try NoteLines.base64(fields[1], "to", count: 32),
            wrap: try NoteLines.base64(fields[2], "to", count: wrapByteCount))
    }
}

/// A unit's answer to a report (formats §7).
public struct AcknowledgementNote: NoteBody {
    /// Why a unit does not take a report.
    public enum DeclineReason: String, CaseIterable, Sendable {
        /// Another State's or province's.
        case outOfTerritory = "out-of-territory"
        /// Another unit's offence.
        case outOfCompetence = "out-of-competence"
        /// Already known.
        case duplicate
        /// Nothing that could be acted on.
        case insufficient
        /// Said elsewhere.
        case other
    }

    /// What the unit does with the report.
    public enum Outcome: Hashable, Sendable {
        /// It acts on it.
        case accepted
        /// It does not, for a reason.
        case declined(DeclineReason)
        /// It asks for the report to be passed on.
        case transferAsked

        /// The line of the note.
        public var line: String {
            switch self {
            case .accepted: "accepted"
            case .declined(let reason): "declined \(reason.rawValue)"
            case .transferAsked: "transfer asked"
            }
        }

        /// Reads the line of a note; nil if it is none of the outcomes.
        public init?(line: String) {
            let all =
                [Outcome.accepted, .transferAsked] + DeclineReason.allCases.map(Outcome.declined)
            guard let outcome = all.first(where: { $0.line == line }) else { return nil }
            self = outcome
        }
    }

    /// The gateway's log name.
    public let origin: String
    /// SHA-256 of the report note's whole encoded bytes, 32 bytes.
    public let reportHash: [UInt8]
    /// What the unit does.
    public let outcome: Outcome

    /// Makes an acknowledgement; `reportHash` has 32 bytes.
    public init(origin: String, reportHash: [UInt8], outcome: Outcome) {
        self.origin = origin
        self.reportHash = reportHash
        self.outcome = outcome
    }

    /// Reads the text of an acknowledgement.
    public init(text: [UInt8]) throws(NoteError) {
        var lines = try NoteLines(text, .acknowledgement)
        origin = lines.origin
        reportHash = try lines.base64("report hash", count: 32)
        guard let outcome = Outcome(line: try lines.word("outcome")) else {
            throw .malformedLine("outcome")
        }
        self.outcome = outcome
        try lines.end()
    }

    /// The text: type, origin, report hash, outcome.
    public var text: [UInt8] {
        NoteLines.text(.acknowledgement, origin, [Base64.encode(reportHash), outcome.line])
    }
}

/// A desk's daily word on the highest sequence number it has of one of its keys (formats §5).
public struct StatusNote: NoteBody {
    /// The gateway's log name.
    public let origin: String
    /// `key_id` of the desk's key, 32 bytes.
    public let keyID: [UInt8]
    /// Highest `desk_seq` that the desk has; 0 before the first tip.
    public let highest: UInt64

    /// Makes a status; `keyID` has 32 bytes.
    public init(origin: String, keyID: [UInt8], highest: UInt64) {
        self.origin = origin
        self.keyID = keyID
        self.highest = highest
    }

    /// Reads the text of a status.
    public init(text: [UInt8]) throws(NoteError) {
        var lines = try NoteLines(text, .status)
        origin = lines.origin
        let fields = try lines.line("desk_seq")
            .split(separator: 0x20, omittingEmptySubsequences: false)
        guard fields.count == 3, fields[0].elementsEqual("desk_seq".utf8) else {
            throw .malformedLine("desk_seq")
        }
        keyID = try NoteLines.base64(fields[1], "desk_seq", count: 32)
        highest = try NoteLines.decimal(fields[2], "desk_seq")
        try lines.end()
    }

    /// The text: type, origin, `desk_seq <key_id> <highest>`.
    public var text: [UInt8] {
        NoteLines.text(.status, origin, ["desk_seq \(Base64.encode(keyID)) \(highest)"])
    }
}
