internal import Confinement
public import Envelope
internal import Ledger
internal import Notes
internal import Sodium

/// An attachment as it lies in a folder.
public struct UnpackedFile: Codable, Equatable, Sendable {
    /// Its name in the folder.
    public let file: String
    /// The name that the sender gave it; hostile.
    public let originalName: String
    /// Its size in bytes.
    public let size: Int
    /// SHA-256, base64.
    public let sha256: String
    /// For a copy without place and device data: its original's name in the folder.
    public let copyOf: String?
    /// True for an original that has a copy: it is opened on purpose only, and not in this folder.
    public let isClosed: Bool

    /// What a tip names, in its order.
    static func all(of document: TipDocument) -> [UnpackedFile] {
        func name(_ index: Int) -> String {
            SafeName.attachment(index + 1, originalName: document.attachments[index].name)
        }
        let closed = document.copiedOriginals
        return document.attachments.enumerated().map { index, named in
            UnpackedFile(
                file: name(index), originalName: named.name, size: named.size,
                sha256: Base64.encode(named.sha256), copyOf: named.copyOf.map(name),
                isClosed: closed.contains(index))
        }
    }
}

/// A tip that was opened and checked as a whole.
public struct UnpackedTip: Sendable {
    /// The envelope's head, which an answer's tag covers.
    public let header: EnvelopeHeader
    /// What the sender wrote.
    public let document: TipDocument
    /// The JSON as it came, bit by bit.
    public let json: [UInt8]
    /// The attachments in their order.
    public let files: [UnpackedFile]

    /// The sender's words alone, as the bytes that were typed.
    public var text: [UInt8] { Array((document.whatHappened ?? "").utf8) }
}

/// Decrypts a sealed body on disk; nothing of it counts before all of it held.
struct TipUnpacker {
    /// What the record says.
    let record: TipRecord

    /// Opens the body with `reader` and the envelope with the key that `tipKey` finds for its head,
    /// and hands on events.
    ///
    /// Returns, the envelope's head, only if both hashes, both commitments and the size are those of the record.
    func unpack(
        _ body: borrowing SealedBodyFile, with reader: consuming SealedBodyReader,
        tipKey: (EnvelopeHeader) throws -> SecretBytes, take: ([TipEvent]) throws -> Void
    ) throws -> EnvelopeHeader {
        var reader = reader
        var head = try reader.open(try body.message(1))
        let header = try EnvelopeHeader(head[...])
        guard header.outline.commitment == record.commit.bytes,
            header.outline.keyID.bytes == record.deskKey.bytes
        else { throw CustodyProblem.envelopeDiffers }
        var tip = try TipReader(header: header, key: try tipKey(header))
        head.removeFirst(header.byteCount)
        try take(try tip.read(head[...]))
        for number in 1..<body.layout.messages {
            let piece = try reader.open(try body.message(number + 1))
            try take(try tip.read(piece[...]))
        }
        try take(try tip.finish())
        let summary = try reader.finish()
        guard summary.bodySHA256 == record.body.bytes,
            summary.envelopeSHA256 == record.envelope.bytes,
            UInt64(summary.envelopeBytes) == record.size
        else { throw CustodyProblem.envelopeDiffers }
        return header
    }
}

/// Writes attachments while they are decrypted, those that the choice takes.
///
/// Their JSON may come before or after them; what comes before it is written, and removed again if it is not taken.
struct AttachmentSink: ~Copyable {
    private let folder: String
    private let choice: AttachmentChoice
    private var document: TipDocument?
    private var json: [UInt8] = []
    private var open: DurableFileWriter?
    private var ended = 0

    init(folder: String, choice: AttachmentChoice) {
        self.folder = folder
        self.choice = choice
    }

    mutating func take(_ events: [TipEvent]) throws {
        for event in events {
            switch event {
            case .document(let document, let json):
                self.document = document
                self.json = json
            case .attachmentPiece(let index, let bytes):
                if takes(index) { try write(bytes) }
            case .attachmentEnd(let index, _):
                if takes(index) {
                    try write([])
                    try end()
                }
                ended += 1
            }
        }
    }

    private func takes(_ index: Int) -> Bool {
        document.map { choice.takes(index, of: $0) } ?? true
    }

    private mutating func write(_ bytes: ArraySlice<UInt8>) throws(FileError) {
        if open == nil { open = try DurableFileWriter(for: "\(folder)/attachment") }
        try open?.write(bytes)
    }

    /// Until the JSON is known, an attachment is a number.
    private mutating func end() throws(FileError) {
        let name = numbered(ended)
        try open?.create(as: name)
        open = nil
    }

    private func numbered(_ index: Int) -> String { "\(folder)/attachment-\(index + 1)" }

    consuming func finish(_ header: EnvelopeHeader) throws -> UnpackedTip {
        guard let document else { throw CustodyProblem.envelopeDiffers }
        let files = UnpackedFile.all(of: document)
        for (index, file) in files.enumerated() {
            if takes(index) {
                try DurableFile.rename(numbered(index), to: "\(folder)/\(file.file)")
            } else {
                try DurableFile.remove(numbered(index))
            }
        }
        return UnpackedTip(header: header, document: document, json: json, files: files)
    }
}
