import Envelope
public import NIOCore

/// What a malformed frame or field is: whoever sent it is wrong or hostile, and its connection ends.
public enum WireError: Error, Equatable {
    /// The length prefix is larger than the table's largest frame.
    case frameTooLarge
    /// The table has no such request or reply.
    case unknownKind(UInt8)
    /// The payload is longer than this kind may be.
    case payloadTooLarge
    /// A field is missing, too long, or bytes are left over.
    case malformed
}

/// Limits of the socket pair between an edge and the vault.
public enum WireLimits {
    /// Length prefix, request number and kind in front of each payload, in bytes.
    static let headerBytes = 4 + 4 + 1
    /// The longest envelope that travels in one piece, in bytes; longer ones are staged as an upload.
    public static let envelopeBytesMax = 1 << 20
    /// One staged piece of an upload, in bytes (formats.md §8).
    public static let uploadChunkBytes = 65_536
    /// The longest signed note a member may send, in bytes.
    public static let noteBytesMax = 64 << 10
    /// The longest sealed triage, in bytes.
    public static let triageBytesMax = EnvelopeLimits.sealedTriageBytesMax
    /// The longest request line a member signs (`METHOD path?query`), in bytes.
    public static let requestLineBytesMax = 512
    /// One reply slot of a mailbox, in bytes (formats.md §7).
    public static let replyBytes = 4_144
    /// The longest frame in either direction, in bytes, header included.
    public static let frameBytesMax = (2 << 20)
    /// The longest payload of a frame, in bytes.
    static let payloadBytesMax = frameBytesMax - headerBytes
}

/// A 32-byte value on the socket pair: a commitment, a hash, a mailbox id.
public typealias Bytes32 = [UInt8]

/// Reads the fields of one payload.
///
/// Every field's length is checked before it is read, and `finish` refuses leftovers.
struct WireReader {
    private var buffer: ByteBuffer

    init(_ buffer: ByteBuffer) {
        self.buffer = buffer
    }

    mutating func integer<Value: FixedWidthInteger>(
        _: Value.Type = Value.self
    ) throws(WireError)
        -> Value
    {
        guard let value: Value = buffer.readInteger() else { throw .malformed }
        return value
    }

    mutating func fixed(_ count: Int) throws(WireError) -> [UInt8] {
        guard let bytes = buffer.readBytes(length: count) else { throw .malformed }
        return bytes
    }

    mutating func bytes(max: Int) throws(WireError) -> [UInt8] {
        let count = Int(try integer(UInt32.self))
        guard count <= max else { throw .malformed }
        return try fixed(count)
    }

    mutating func rest(max: Int) throws(WireError) -> [UInt8] {
        guard buffer.readableBytes <= max else { throw .malformed }
        return try fixed(buffer.readableBytes)
    }

    mutating func flag() throws(WireError) -> Bool {
        switch try integer(UInt8.self) {
        case 0: false
        case 1: true
        default: throw .malformed
        }
    }

    func finish() throws(WireError) {
        guard buffer.readableBytes == 0 else { throw .malformed }
    }
}

extension ByteBuffer {
    /// Appends a byte string with its length in front, as `WireReader.bytes(max:)` reads it.
    mutating func writeWireBytes(_ bytes: some Collection<UInt8>) {
        writeInteger(UInt32(bytes.count))
        writeBytes(bytes)
    }

    /// Appends a frame, whose fields are written where they stay: an envelope is copied once.
    mutating func writeFrame(
        number: UInt32, kind: UInt8, fields: (inout ByteBuffer) -> Void
    ) {
        let start = writerIndex
        writeMultipleIntegers(UInt32(0), number, kind)
        fields(&self)
        setInteger(UInt32(writerIndex - start - MemoryLayout<UInt32>.size), at: start)
    }
}

/// One request or reply as it travels: u32 length of what follows ‖ u32 number ‖ u8 kind ‖ payload.
public struct Frame: Sendable {
    /// The asker's number, repeated in the reply.
    public let number: UInt32
    /// Position in the table.
    public let kind: UInt8
    /// The fields.
    public let payload: ByteBuffer

    /// Puts a frame together.
    public init(number: UInt32, kind: UInt8, payload: ByteBuffer) {
        self.number = number
        self.kind = kind
        self.payload = payload
    }
}

/// Cuts the byte stream into frames.
///
/// A frame's kind and length are judged as soon as its nine header bytes are there, before anything
/// of the payload is kept.
public struct FrameDecoder: NIOSingleStepByteToMessageDecoder {
    /// What comes out.
    public typealias InboundOut = Frame
    private let payloadBytesMax: @Sendable (UInt8) -> Int?

    /// - Parameter payloadBytesMax: the largest payload of a kind in bytes, `nil` for a kind the table does not list.
    public init(payloadBytesMax: @escaping @Sendable (UInt8) -> Int?) {
        self.payloadBytesMax = payloadBytesMax
    }

    /// The next whole frame, if it is there.
    public mutating func decode(buffer: inout ByteBuffer) throws -> Frame? {
        let start = buffer.readerIndex
        guard let length: UInt32 = buffer.getInteger(at: start) else { return nil }
        guard length >= 5, Int(length) + 4 <= WireLimits.frameBytesMax else {
            throw WireError.frameTooLarge
        }
        guard let kind: UInt8 = buffer.getInteger(at: start + 8) else { return nil }
        guard let largest = payloadBytesMax(kind) else { throw WireError.unknownKind(kind) }
        let payloadBytes = Int(length) - 5
        guard payloadBytes <= largest else { throw WireError.payloadTooLarge }
        guard buffer.readableBytes >= WireLimits.headerBytes + payloadBytes,
            let number: UInt32 = buffer.getInteger(at: start + 4)
        else { return nil }
        buffer.moveReaderIndex(forwardBy: WireLimits.headerBytes)
        guard let payload = buffer.readSlice(length: payloadBytes) else {
            throw WireError.malformed
        }
        return Frame(number: number, kind: kind, payload: payload)
    }

    /// At the end of the stream a partial frame is nothing.
    public mutating func decodeLast(buffer: inout ByteBuffer, seenEOF: Bool) throws -> Frame? {
        try decode(buffer: &buffer)
    }
}

/// A table: the requests that one kind of edge may make, each with its largest payload.
public protocol WireTable: Sendable {
    /// This request's position in the table.
    var kind: UInt8 { get }
    /// Writes the fields.
    func write(into buffer: inout ByteBuffer)
    /// The largest payload of a kind in bytes, or nil if the table doesn't list it.
    static func payloadBytesMax(_ kind: UInt8) -> Int?
    /// Reads the fields of a kind.
    init(kind: UInt8, payload: ByteBuffer) throws(WireError)
}
