public import NIOCore

/// Why the vault says no.
///
/// None of them tells anything about what is stored beyond the request itself.
public enum Refusal: UInt8, Error, Sendable, CaseIterable {
    /// The envelope, note or field is not in its format.
    case malformed = 1
    /// The envelope names a key that no desk of this roster has.
    case unknownKey = 2
    /// The key was revoked: make the envelope anew to a current key.
    case keyRevoked = 3
    /// No such upload, or it was dropped after its time.
    case unknownUpload = 4
    /// Pieces are missing, or the hash is not the one announced.
    case uploadMismatch = 5
    /// More is asked than the limits allow.
    case tooLarge = 6
    /// No room on the disk: nothing was kept, try again later.
    case full = 7
    /// Too much at once: nothing was kept, try again later.
    case busy = 8
    /// There is no such thing, or it is not the asker's to see: the two look alike.
    case notFound = 9
    /// The request's note is missing, stale, not by a member in force, or not for this request.
    case notAuthorised = 10
    /// The request's note was used before.
    case replayed = 11
    /// The report's number is not the next one from this desk to this unit.
    case numberGap = 12
    /// The note is well formed but may not be appended: wrong member, office, or subject.
    case notAllowed = 13
    /// The roster has expired: staff work stops until the authorities sign the next one.
    case rosterExpired = 14
}

/// An appended entry as its author gets it back.
public struct Promised: Sendable, Equatable {
    /// The signed promise note, encoded.
    public let promise: [UInt8]
    /// The record, JCS.
    public let record: [UInt8]
    /// The 32-byte salt.
    public let salt: Bytes32

    /// Puts an answer together.
    public init(promise: [UInt8], record: [UInt8], salt: Bytes32) {
        self.promise = promise
        self.record = record
        self.salt = salt
    }
}

/// What the vault answers to either table.
public enum VaultReply: WireTable, Equatable {
    /// The request changed nothing.
    case refused(Refusal)
    /// It is durable, and this is its promise.
    case promised(Promised)
    /// A 16-byte handle: an upload's id.
    case handle([UInt8])
    /// It is done and there is nothing to say.
    case done
    /// Bytes in the format the request implies.
    case bytes([UInt8])
    /// A body's grant (16 bytes, for this edge only) and how many rows the body has.
    case grant([UInt8], rows: UInt32)

    /// Position in the table.
    public var kind: UInt8 {
        switch self {
        case .refused: 128
        case .promised: 129
        case .handle: 130
        case .done: 131
        case .bytes: 132
        case .grant: 133
        }
    }

    /// The largest payload of each kind, in bytes.
    public static func payloadBytesMax(_ kind: UInt8) -> Int? {
        switch kind {
        case 128: 1
        case 129: 4 + 8_192 + 4 + 8_192 + 32
        case 130: 16
        case 131: 0
        case 132: WireLimits.frameBytesMax - WireLimits.headerBytes
        case 133: 20
        default: nil
        }
    }

    /// Writes the fields.
    public func write(into buffer: inout ByteBuffer) {
        switch self {
        case .refused(let refusal): buffer.writeInteger(refusal.rawValue)
        case .promised(let promised):
            buffer.writeWireBytes(promised.promise)
            buffer.writeWireBytes(promised.record)
            buffer.writeBytes(promised.salt)
        case .handle(let id): buffer.writeBytes(id)
        case .done: break
        case .bytes(let bytes): buffer.writeBytes(bytes)
        case .grant(let grant, let rows):
            buffer.writeBytes(grant)
            buffer.writeInteger(rows)
        }
    }

    /// Reads the fields.
    public init(kind: UInt8, payload: ByteBuffer) throws(WireError) {
        var reader = WireReader(payload)
        switch kind {
        case 128:
            guard let refusal = Refusal(rawValue: try reader.integer()) else { throw .malformed }
            self = .refused(refusal)
        case 129:
            self = .promised(
                Promised(
                    promise: try reader.bytes(max: 8_192), record: try reader.bytes(max: 8_192),
                    salt: try reader.fixed(32)))
        case 130: self = .handle(try reader.fixed(16))
        case 131: self = .done
        case 132: self = .bytes(try reader.rest(max: WireLimits.frameBytesMax))
        case 133: self = .grant(try reader.fixed(16), rows: try reader.integer())
        default: throw .unknownKind(kind)
        }
        try reader.finish()
    }
}
