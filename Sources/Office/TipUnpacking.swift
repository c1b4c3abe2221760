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
}

/// A tip that was opened and checked as a whole.
public struct UnpackedTip: Sendable {
    /// What the sender wrote.
    public let document: TipDocument
    /// The JSON as it came, bit by bit.
    public let json: [UInt8]
    /// The attachments in their order.
    public let files: [UnpackedFile]
}

/// Turns a sealed body on disk into a folder of plain files; nothing of it has its lasting name before all of it held.
struct TipUnpacker {
    /// What the record says.
    let record: TipRecord
    /// A folder that nobody else uses, which becomes the lasting one.
    let folder: String

    /// Opens the body with `reader` and the envelope with the key that `tipKey` finds for its head.
    func unpack(
        _ body: borrowing SealedBodyFile, with reader: consuming SealedBodyReader,
        tipKey: (EnvelopeHeader) throws -> SecretBytes
    ) throws -> UnpackedTip {
        var reader = reader
        var head = try open(body, 1, with: &reader)
        let header = try EnvelopeHeader(head[...])
        guard header.outline.commitment == record.commit.bytes,
            header.outline.keyID.bytes == record.deskKey.bytes
        else { throw CustodyProblem.envelopeDiffers }
        var tip = try TipReader(header: header, key: try tipKey(header))
        var sink = AttachmentSink(folder: folder)
        head.removeFirst(header.byteCount)
        try sink.take(try tip.read(head[...]))
        for number in 1..<body.layout.messages {
            let piece = try open(body, number + 1, with: &reader)
            try sink.take(try tip.read(piece[...]))
        }
        try sink.take(try tip.finish())
        let summary = try reader.finish()
        guard summary.bodySHA256 == record.body.bytes,
            summary.envelopeSHA256 == record.envelope.bytes,
            UInt64(summary.envelopeBytes) == record.size
        else { throw CustodyProblem.envelopeDiffers }
        return try sink.finish()
    }

    private func open(
        _ body: borrowing SealedBodyFile, _ number: Int, with reader: inout SealedBodyReader
    ) throws -> [UInt8] {
        try reader.open(try body.message(number))
    }
}

/// Writes attachments while they are decrypted. Their JSON may come before or after them.
private struct AttachmentSink: ~Copyable {
    private let folder: String
    private var document: TipDocument?
    private var json: [UInt8] = []
    private var open: DurableFileWriter?
    private var digests: [AttachmentDigest] = []

    init(folder: String) {
        self.folder = folder
    }

    mutating func take(_ events: [TipEvent]) throws {
        for event in events {
            switch event {
            case .document(let document, let json):
                self.document = document
                self.json = json
            case .attachmentPiece(_, let bytes):
                try write(bytes)
            case .attachmentEnd(_, let digest):
                try write([])
                try end()
                digests.append(digest)
            }
        }
    }

    private mutating func write(_ bytes: ArraySlice<UInt8>) throws(FileError) {
        if open == nil { open = try DurableFileWriter(for: "\(folder)/attachment") }
        try open?.write(Array(bytes))
    }

    /// Until the JSON is known, an attachment is a number.
    private mutating func end() throws(FileError) {
        let name = numbered(digests.count)
        try open?.create(as: name)
        open = nil
    }

    private func numbered(_ index: Int) -> String { "\(folder)/attachment-\(index + 1)" }

    consuming func finish() throws -> UnpackedTip {
        guard let document else { throw CustodyProblem.envelopeDiffers }
        var files: [UnpackedFile] = []
        for (index, (named, digest)) in zip(document.attachments, digests).enumerated() {
            let name = SafeName.attachment(index + 1, originalName: named.name)
            try DurableFile.rename(numbered(index), to: "\(folder)/\(name)")
            files.append(
                UnpackedFile(
                    file: name, originalName: named.name, size: digest.size,
                    sha256: Base64.encode(digest.sha256)))
        }
        return UnpackedTip(document: document, json: json, files: files)
    }
}
