internal import Confinement
internal import Crypto
public import Envelope
internal import FoundationEssentials
internal import Ledger
internal import Notes
public import Roster

/// A tip on its way in from a program: a partner's system, a hotline's script, the quickstart.
public struct Submission: Sendable {
    /// What is sent.
    public struct Content: Sendable {
        /// The text, UTF-8, at most 4,000 Unicode scalars.
        public var text: [UInt8]
        /// Paths of files that go along.
        public var attachments: [String]
        /// The State whose desk it is for.
        public var state: String
        /// Which of the desk's keys it is encrypted to.
        public var suite: EnvelopeSuite
        /// How it came in, as the tip itself says.
        public var channel = TipDocument.Channel.script

        /// Puts a tip together.
        public init(text: [UInt8], attachments: [String], state: String, suite: EnvelopeSuite) {
            self.text = text
            self.attachments = attachments
            self.state = state
            self.suite = suite
        }
    }

    /// What came of it.
    public struct Outcome: Sendable {
        /// Ten groups of three digits: the sender's only key to an answer.
        public let receipt: String
        /// The entry's name.
        public let name: String
        /// The entry, checked, for the sender's own records.
        public let entry: OfferedEntry
    }

    private let client: PublicClient
    private let roster: PublicRoster
    private let now: @Sendable () -> UInt64
    private let findings: Findings
    private let resending: Resending

    /// Sends through `client` to the desks of a roster that was verified.
    ///
    /// - Parameters:
    ///   - now: seconds since 1970.
    ///   - findings: is told of a promise that is for a time that is far off.
    ///   - pause: waits so many seconds before the same bytes are sent again.
    public init(
        _ client: PublicClient, roster: PublicRoster, now: @escaping @Sendable () -> UInt64,
        findings: Findings = Findings(),
        pause: @escaping @Sendable (UInt64) async throws -> Void = {
            try await Task.sleep(for: .seconds($0))
        }
    ) {
        self.client = client
        self.roster = roster
        self.now = now
        self.findings = findings
        resending = Resending(pause: pause)
    }

    /// Encrypts, sends, and checks the promise against the envelope's own bytes.
    ///
    /// - Parameter unsure: is given the receipt of a tip that was handed in and of which it is not known whether the
    ///   gateway has it: it may, and only this receipt opens an answer. A refusal after a try whose answer was lost says
    ///   nothing of that try.
    public func send(
        _ content: Content, unsure: (_ receipt: String) -> Void = { _ in }
    ) async throws -> Outcome {
        let receipt = try Receipt()
        let digits = String(decoding: receipt.digits(), as: UTF8.self)
        let mailbox = try ReceiptKeys(receipt, origin: roster.origin).mailbox()
        var ready = try await prepare(content, mailbox: mailbox)
        do {
            let entry = try await handIn(&ready)
            return Outcome(
                receipt: digits, name: EntryName.text(entry.commitment), entry: entry.offered)
        } catch let problem as GatewayProblem where problem.isRefusal && ready.sending.tries < 2 {
            throw problem
        } catch {
            unsure(digits)
            throw error
        }
    }

    /// The same with a mailbox of the caller's, and perhaps to a key that the caller found elsewhere.
    func deliver(
        _ content: Content, mailbox: Mailbox, to found: KeyLine? = nil
    ) async throws -> CheckedEntry {
        var ready = try await prepare(content, mailbox: mailbox, to: found)
        return try await handIn(&ready)
    }

    /// An envelope that is written, and as far as it is long already up.
    private struct Ready {
        var sending: Sending
        let summary: EnvelopeSummary
        let key: KeyLine
    }

    private func prepare(
        _ content: Content, mailbox: Mailbox, to found: KeyLine? = nil
    ) async throws -> Ready {
        let text = TipText.normalizingLineBreaks(content.text[...])
        try TipText.validate(text[...])
        let active = roster.desk(for: content.state)?.activeKey(content.suite.keyUse)
        guard let key = found ?? active?.line else {
            throw Complaint(.badInput, "No desk takes tips for \(content.state).")
        }
        var document = TipDocument()
        document.whatHappened = String(decoding: text, as: UTF8.self)
        document.channel = content.channel
        document.mailbox = mailbox
        var sending = Sending(client, resending)
        let summary = try await write(content, document, to: key, into: &sending)
        return Ready(sending: sending, summary: summary, key: key)
    }

    private func handIn(_ ready: inout Ready) async throws -> CheckedEntry {
        let offered = try await ready.sending.finish(sha256: ready.summary.sha256)
        return try check(offered, ready.summary, ready.key)
    }

    /// Attachments first: their hashes are then known to the JSON after one reading of each file.
    private func write(
        _ content: Content, _ document: TipDocument, to key: KeyLine,
        into sending: inout Sending
    ) async throws -> EnvelopeSummary {
        var document = document
        var bytes: [UInt8] = []
        var writer = try TipWriter(to: key, appendingTo: &bytes)
        for path in content.attachments {
            try writer.beginAttachment()
            let file = try ReadableFile(path)
            var offset = 0
            while true {
                let piece = try file.read(Self.pieceBytes, at: offset)
                guard !piece.isEmpty else { break }
                offset += piece.count
                try writer.writePiece(piece[...], appendingTo: &bytes)
                try await sending.take(&bytes)
            }
            let digest = try writer.endAttachment(appendingTo: &bytes)
            document.attachments.append(
                TipDocument.Attachment(
                    name: path.split(separator: "/").last.map(String.init) ?? path,
                    type: MediaType.guess(path), size: digest.size, sha256: digest.sha256))
        }
        try writer.writeDocument(try document.encoded()[...], appendingTo: &bytes)
        let summary = try writer.finish(appendingTo: &bytes)
        try await sending.take(&bytes)
        return summary
    }

    /// What a reporter's own program can check: that the log signed for exactly this envelope.
    private func check(
        _ offered: OfferedEntry, _ summary: EnvelopeSummary, _ key: KeyLine
    ) throws -> CheckedEntry {
        let entry = try EntryChecker(roster, now: now, findings: findings)
            .check(offered, "tip")
        guard case .tip(let record) = entry.body, record.envelope.bytes == summary.sha256,
            record.commit.bytes == summary.commitment, record.deskKey.bytes == key.id.bytes
        else { throw CustodyProblem.recordDiffers(what: "tip") }
        return entry
    }

    /// Bytes of a file that are read at once.
    private static let pieceBytes = 262_144
}

/// Holds back up to 1 MiB of an envelope, and turns to an upload if it is longer.
private struct Sending {
    private let client: PublicClient
    private let resending: Resending
    private var held: [UInt8] = []
    private var upload: String?
    private var pieces = 0
    /// How often the tip was handed in: of all tries but the last nobody knows what became.
    private(set) var tries = 0

    init(_ client: PublicClient, _ resending: Resending) {
        self.client = client
        self.resending = resending
    }

    /// Takes the bytes out of `bytes`.
    mutating func take(_ bytes: inout [UInt8]) async throws {
        held += bytes
        bytes.removeAll(keepingCapacity: true)
        guard upload != nil || held.count > PublicClient.directEnvelopeBytesMax else { return }
        // The last piece, which may be shorter, is sent at the end.
        while held.count > PublicClient.uploadPieceBytes {
            try await send(PublicClient.uploadPieceBytes)
        }
    }

    /// The vault answers the same promise for the same envelope, so it is sent again until an answer arrives.
    mutating func finish(sha256: [UInt8]) async throws -> OfferedEntry {
        if upload != nil { try await send(held.count) }
        let effort = await client.effort(for: sha256)
        let (client, resending, envelope, upload) = (client, resending, held, upload)
        return try await resending {
            tries += 1
            guard let upload else { return try await client.submit(envelope, effort: effort) }
            return try await client.finishUpload(upload, sha256: sha256, effort: effort)
        }
    }

    private mutating func send(_ count: Int) async throws {
        let client = client
        let id: String
        if let upload {
            id = upload
        } else {
            id = try await resending { try await client.beginUpload() }
        }
        upload = id
        let (number, piece) = (pieces, Array(held.prefix(count)))
        try await resending { try await client.upload(id, piece: number, piece) }
        pieces += 1
        held.removeFirst(count)
    }
}

/// Sends the same again for a while when the line breaks or the gateway says that it cannot now.
private struct Resending: Sendable {
    /// What is waited before each further attempt, in seconds: two minutes in all.
    private static let pauses: [UInt64] = [1, 2, 4, 8, 15, 30, 60]

    let pause: @Sendable (UInt64) async throws -> Void

    func callAsFunction<R>(_ send: () async throws -> R) async throws -> R {
        for seconds in Self.pauses {
            do {
                return try await send()
            } catch let problem as GatewayProblem where problem.exit == .unreachable {
                try await pause(seconds)
            }
        }
        return try await send()
    }
}

/// Media types by extension, for the few that phones send.
enum MediaType {
    /// The type that a file's name suggests.
    static func guess(_ path: String) -> String {
        switch path.split(separator: ".").last.map({ $0.lowercased() }) {
        case "jpg", "jpeg": "image/jpeg"
        case "png": "image/png"
        case "webp": "image/webp"
        case "heic": "image/heic"
        case "mp4": "video/mp4"
        case "mp3": "audio/mpeg"
        case "ogg", "oga", "opus": "audio/ogg"
        case "pdf": "application/pdf"
        case "txt": "text/plain"
        default: "application/octet-stream"
        }
    }
}
