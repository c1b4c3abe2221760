import Envelope
public import NIOCore

/// Everything the public edge may ask of the vault.
///
/// No staff request is in it, and what is not in it ends the edge.
public enum PublicRequest: WireTable, Equatable {
    /// Seal and append this envelope (formats.md §4), at most `WireLimits.envelopeBytesMax` bytes.
    case submit(envelope: [UInt8], from: TipSource)
    /// Make room for an envelope that comes in pieces (formats.md §8).
    case beginUpload
    /// Stage piece `index` of upload `id` (16 bytes).
    case uploadChunk(id: [UInt8], index: UInt32, bytes: [UInt8])
    /// Seal and append what was staged under `id`, if its SHA-256 is this.
    case finishUpload(id: [UInt8], sha256: Bytes32, from: TipSource)
    /// The inclusion proof of a commitment.
    case proof(commitment: Bytes32)
    /// The mailbox's next four slots after `cursor`.
    case mailbox(id: Bytes32, cursor: UInt32)
    /// The newest signed checkpoint.
    case checkpoint
    /// A Merkle tile (C2SP tlog-tiles); `width` 0 means a full one.
    case tile(level: UInt8, index: UInt64, width: UInt16)
    /// An entry bundle (C2SP tlog-tiles).
    case entries(index: UInt64, width: UInt16)
    /// The public roster in force, with its log entry.
    case roster
    /// Whether the vault answers, and what an operator should know.
    case health
    /// Counters as of the last tick.
    case metrics
    /// The newest page note, with its log entry.
    case page
    /// The work that a tip is asked for now, and the root to do it on.
    case effort

    /// Position in the table.
    public var kind: UInt8 {
        switch self {
        case .submit: 1
        case .beginUpload: 2
        case .uploadChunk: 3
        case .finishUpload: 4
        case .proof: 5
        case .mailbox: 6
        case .checkpoint: 7
        case .tile: 8
        case .entries: 9
        case .roster: 10
        case .health: 11
        case .metrics: 12
        case .page: 13
        case .effort: 14
        }
    }

    /// The largest payload of each kind, in bytes.
    public static func payloadBytesMax(_ kind: UInt8) -> Int? {
        switch kind {
        case 1: TipSource.wireBytesMax + WireLimits.envelopeBytesMax
        case 3: 16 + 4 + WireLimits.uploadChunkBytes
        case 4: TipSource.wireBytesMax + 16 + 32
        case 5: 32
        case 6: 32 + 4
        case 8: 1 + 8 + 2
        case 9: 8 + 2
        case 2, 7, 10, 11, 12, 13, 14: 0
        default: nil
        }
    }

    /// Writes the fields.
    public func write(into buffer: inout ByteBuffer) {
        switch self {
        case .submit(let envelope, let source):
            source.write(into: &buffer)
            buffer.writeBytes(envelope)
        case .uploadChunk(let id, let index, let bytes):
            buffer.writeBytes(id)
            buffer.writeInteger(index)
            buffer.writeBytes(bytes)
        case .finishUpload(let id, let sha256, let source):
            source.write(into: &buffer)
            buffer.writeBytes(id)
            buffer.writeBytes(sha256)
        case .proof(let commitment): buffer.writeBytes(commitment)
        case .mailbox(let id, let cursor):
            buffer.writeBytes(id)
            buffer.writeInteger(cursor)
        case .tile(let level, let index, let width):
            buffer.writeInteger(level)
            buffer.writeInteger(index)
            buffer.writeInteger(width)
        case .entries(let index, let width):
            buffer.writeInteger(index)
            buffer.writeInteger(width)
        case .beginUpload, .checkpoint, .roster, .health, .metrics, .page, .effort: break
        }
    }

    /// Reads the fields.
    public init(kind: UInt8, payload: ByteBuffer) throws(WireError) {
        var reader = WireReader(payload)
        switch kind {
        case 1:
            let source = try TipSource(from: &reader)
            self = .submit(
                envelope: try reader.rest(max: WireLimits.envelopeBytesMax), from: source)
        case 2: self = .beginUpload
        case 3:
            self = .uploadChunk(
                id: try reader.fixed(16), index: try reader.integer(),
                bytes: try reader.rest(max: WireLimits.uploadChunkBytes))
        case 4:
            let source = try TipSource(from: &reader)
            self = .finishUpload(
                id: try reader.fixed(16), sha256: try reader.fixed(32), from: source)
        case 5: self = .proof(commitment: try reader.fixed(32))
        case 6: self = .mailbox(id: try reader.fixed(32), cursor: try reader.integer())
        case 7: self = .checkpoint
        case 8:
            self = .tile(
                level: try reader.integer(), index: try reader.integer(),
                width: try reader.integer())
        case 9: self = .entries(index: try reader.integer(), width: try reader.integer())
        case 10: self = .roster
        case 11: self = .health
        case 12: self = .metrics
        case 13: self = .page
        case 14: self = .effort
        default: throw .unknownKind(kind)
        }
        try reader.finish()
    }
}

extension TipSource {
    private enum Code {
        static let form: UInt8 = 0
        static let idle: UInt8 = 1
        static let worked: UInt8 = 2
    }

    /// A code, and a proof where there is one, in bytes.
    static let wireBytesMax = 1 + EffortProof.byteCount

    func write(into buffer: inout ByteBuffer) {
        switch self {
        case .form: buffer.writeInteger(Code.form)
        case .sender(nil): buffer.writeInteger(Code.idle)
        case .sender(let proof?):
            buffer.writeInteger(Code.worked)
            buffer.writeBytes(proof.bytes)
        }
    }

    init(from reader: inout WireReader) throws(WireError) {
        switch try reader.integer(UInt8.self) {
        case Code.form: self = .form
        case Code.idle: self = .sender(nil)
        case Code.worked:
            self = .sender(EffortProof(try reader.fixed(EffortProof.byteCount)))
        default: throw .malformed
        }
    }
}
