import Crypto

/// The kinds of frame inside an envelope (formats §4).
enum FrameKind: UInt8 {
    case padding = 0
    case document = 1
    case attachmentPiece = 2
    case attachmentEnd = 3

    /// Kind and length.
    static let headBytes = 5

    /// The head of a frame of `count` bytes.
    func head(_ count: UInt32) -> [UInt8] {
        [rawValue] + (0..<4).map { UInt8(truncatingIfNeeded: count >> (24 - 8 * $0)) }
    }
}

/// How long a padded plaintext is.
enum Padding {
    /// The fixed size if the frames fit into it, else Padmé's.
    ///
    /// A small attachment hides in the fixed size too: a shorter envelope would say that it has one.
    static func paddedBytes(_ content: Int, suite: EnvelopeSuite) -> Int {
        content <= suite.fixedPlaintextBytes ? suite.fixedPlaintextBytes : padme(content)
    }

    /// Whether a plaintext of this length can come out of `paddedBytes`.
    ///
    /// What Padmé gives it leaves as it is.
    static func isPadded(_ length: Int, suite: EnvelopeSuite) -> Bool {
        length >= suite.fixedPlaintextBytes && paddedBytes(length, suite: suite) == length
    }

    /// Padmé (Nikitin and others, PETS 2019): the length rounded up so that its floating-point mantissa has no more bits
    /// than its exponent.
    ///
    /// At most 12 % more, and below 3 % above 1 MiB. For lengths of 2 and more.
    static func padme(_ length: Int) -> Int {
        let exponent = Int.bitWidth - 1 - length.leadingZeroBitCount
        let mantissaBits = Int.bitWidth - exponent.leadingZeroBitCount
        let mask = (1 << (exponent - mantissaBits)) - 1
        return (length + mask) & ~mask
    }
}

/// What an attachment came to, in the order of the stream.
public struct AttachmentDigest: Hashable, Sendable {
    /// Its size in bytes.
    public let size: Int
    /// Its SHA-256.
    public let sha256: [UInt8]
}

/// What a tip consists of, as `TipReader` meets it.
public enum TipEvent: Sendable {
    /// The tip's JSON, read and as it came.
    case document(TipDocument, json: [UInt8])
    /// A piece of the attachment number `index` (from 0). It is authentic, but the attachment is known whole only at its end.
    case attachmentPiece(index: Int, bytes: ArraySlice<UInt8>)
    /// The end of the attachment number `index`.
    case attachmentEnd(index: Int, digest: AttachmentDigest)
}

/// Reads frames from plaintext in pieces of any size.
///
/// It keeps the JSON only, and no more than its limit.
struct FrameParser: ~Copyable {
    private enum State {
        case head
        case document(missing: Int)
        case piece(missing: Int)
        case padding
    }

    private var state = State.head
    private var head: [UInt8] = []
    private var json: [UInt8] = []
    private var document: TipDocument?
    private var digests: [AttachmentDigest] = []
    private var hasher = SHA256()
    private var openBytes: Int?

    /// Reads a piece of the plaintext and appends what it completes to `events`.
    mutating func read(
        _ plaintext: [UInt8], into events: inout [TipEvent]
    ) throws(EnvelopeError) {
        var rest = plaintext[...]
        while !rest.isEmpty {
            switch state {
            case .head: try readHead(&rest, into: &events)
            case .document(let missing): try readDocument(&rest, missing, into: &events)
            case .piece(let missing): try readPiece(&rest, missing, into: &events)
            case .padding:
                guard rest.allSatisfy({ $0 == 0 }) else { throw .badFrames(.paddingNotZero) }
                return
            }
        }
    }

    /// Checks that the tip is whole.
    consuming func finish() throws(EnvelopeError) -> [AttachmentDigest] {
        switch state {
        case .padding: break
        case .head where head.isEmpty: break
        default: throw .badFrames(.cutShort)
        }
        guard let document else { throw .badFrames(.documentMissing) }
        guard openBytes == nil, digests.count == document.attachments.count else {
            throw .badFrames(.attachmentMissing)
        }
        return digests
    }

    private mutating func readHead(
        _ rest: inout ArraySlice<UInt8>, into events: inout [TipEvent]
    ) throws(EnvelopeError) {
        if head.isEmpty, rest.first == FrameKind.padding.rawValue {
            state = .padding
            return
        }
        let wanted = FrameKind.headBytes - head.count
        head.append(contentsOf: rest.prefix(wanted))
        rest = rest.dropFirst(wanted)
        guard let kind = head.first.flatMap(FrameKind.init(rawValue:)) else {
            throw .badFrames(.unknownKind)
        }
        guard head.count == FrameKind.headBytes else { return }
        let count = head.dropFirst().reduce(0) { $0 << 8 | Int($1) }
        head.removeAll(keepingCapacity: true)
        try begin(kind, count, into: &events)
    }

    private mutating func begin(
        _ kind: FrameKind, _ count: Int, into events: inout [TipEvent]
    ) throws(EnvelopeError) {
        switch kind {
        case .padding:
            state = .padding
        case .document:
            guard openBytes == nil else { throw .badFrames(.documentInsideAttachment) }
            guard document == nil else { throw .badFrames(.documentRepeated) }
            try requireLimit("tip's JSON, bytes", count, 2...EnvelopeLimits.documentBytesMax)
            json.reserveCapacity(count)
            state = .document(missing: count)
        case .attachmentPiece:
            try takePieceOf(count)
            state = count == 0 ? .head : .piece(missing: count)
        case .attachmentEnd:
            guard count == 0 else { throw .badFrames(.endWithLength) }
            // An empty attachment has an end and no piece.
            try takePieceOf(0)
            events.append(try endAttachment())
        }
    }

    /// Counts a piece of `count` bytes before any of them comes.
    private mutating func takePieceOf(_ count: Int) throws(EnvelopeError) {
        let allowed = document?.attachments.count ?? EnvelopeLimits.attachmentsMax
        guard digests.count < allowed else { throw .badFrames(.attachmentNotNamed) }
        let size = (openBytes ?? 0) + count
        try requireLimit("attachment, bytes", size, 0...EnvelopeLimits.attachmentBytesMax)
        if let document, size > document.attachments[digests.count].size {
            throw .badFrames(.attachmentDiffers)
        }
        openBytes = size
    }

    private mutating func readDocument(
        _ rest: inout ArraySlice<UInt8>, _ missing: Int, into events: inout [TipEvent]
    ) throws(EnvelopeError) {
        let part = rest.prefix(missing)
        json.append(contentsOf: part)
        rest = rest.dropFirst(missing)
        guard part.count == missing else {
            state = .document(missing: missing - part.count)
            return
        }
        let read = try TipDocument(json: json)
        guard read.attachments.count >= digests.count else {
            throw .badFrames(.attachmentNotNamed)
        }
        for (digest, named) in zip(digests, read.attachments) {
            try FrameParser.check(digest, named)
        }
        events.append(.document(read, json: json))
        json = []
        document = read
        state = .head
    }

    private mutating func readPiece(
        _ rest: inout ArraySlice<UInt8>, _ missing: Int, into events: inout [TipEvent]
    ) throws(EnvelopeError) {
        let part = rest.prefix(missing)
        rest = rest.dropFirst(missing)
        hasher.update(data: part)
        events.append(.attachmentPiece(index: digests.count, bytes: part))
        state = part.count == missing ? .head : .piece(missing: missing - part.count)
    }

    private mutating func endAttachment() throws(EnvelopeError) -> TipEvent {
        let digest = AttachmentDigest(size: openBytes ?? 0, sha256: Array(hasher.finalize()))
        hasher = SHA256()
        openBytes = nil
        let index = digests.count
        if let document { try FrameParser.check(digest, document.attachments[index]) }
        digests.append(digest)
        return .attachmentEnd(index: index, digest: digest)
    }

    private static func check(
        _ digest: AttachmentDigest, _ named: TipDocument.Attachment
    ) throws(EnvelopeError) {
        guard digest.size == named.size, digest.sha256 == named.sha256 else {
            throw .badFrames(.attachmentDiffers)
        }
    }
}
