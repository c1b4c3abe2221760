public import NIOCore

/// Why the vault says no.
///
/// None of them tells anything about what is stored beyond the request itself.
public enum Refusal: Error, Sendable, Hashable {
    /// The envelope, note or field is not in its format.
    case malformed
    /// The envelope names a key that no desk of this roster has.
    case unknownKey
    /// The key was revoked: make the envelope anew to a current key.
    case keyRevoked
    /// No such upload, or it was dropped after its time.
    case unknownUpload
    /// Pieces are missing, or the hash is not the one announced.
    case uploadMismatch
    /// More is asked than the limits allow.
    case tooLarge
    /// No room on the disk: nothing was kept, try again later.
    case full
    /// Too much at once: nothing was kept, try again later.
    case busy
    /// There is no such thing, or it is not the asker's to see: the two look alike.
    case notFound
    /// The request's note is missing, not by a member in force, or not for this request.
    case notAuthorised
    /// The request's note was used before.
    case replayed
    /// The report's number is not the next one from the asker's office to this unit: that would be `expected`.
    case numberGap(expected: UInt64)
    /// The note is well formed but may not be appended: wrong member, office, or subject.
    case notAllowed
    /// The roster has expired: nothing is routed until the authorities sign the next one.
    case rosterExpired
    /// The request's note is good but for its time: too old, from before the vault's start, or ahead of its clock,
    /// which shows `time` in Unix seconds.
    case stale(time: UInt64)
    /// The storage failed while this was written: it may be kept or not; of a tip the same bytes again
    /// are kept once.
    case durabilityUnknown

    /// The refusals that are all said with their name, each at its place on the wire, from 1; nil is the place of one
    /// that names a number.
    private static let plain: [Refusal?] = [
        .malformed, .unknownKey, .keyRevoked, .unknownUpload, .uploadMismatch, .tooLarge, .full,
        .busy, .notFound, .notAuthorised, .replayed, nil, .notAllowed, .rosterExpired, nil,
        .durabilityUnknown,
    ]

    private static let numberGapCode: UInt8 = 12
    private static let staleCode: UInt8 = 15

    /// A code and a number, in bytes.
    static let bytesMax = 1 + 8

    func write(into buffer: inout ByteBuffer) {
        switch self {
        case .numberGap(let number), .stale(let number):
            buffer.writeInteger(self == .stale(time: number) ? Self.staleCode : Self.numberGapCode)
            buffer.writeInteger(number)
        default:
            guard let index = Self.plain.firstIndex(of: self) else { return }
            buffer.writeInteger(UInt8(index + 1))
        }
    }

    init(from reader: inout WireReader) throws(WireError) {
        let code = try reader.integer(UInt8.self)
        if code == Self.numberGapCode {
            self = .numberGap(expected: try reader.integer())
        } else if code == Self.staleCode {
            self = .stale(time: try reader.integer())
        } else if code >= 1, code <= Self.plain.count, let plain = Self.plain[Int(code) - 1] {
            self = plain
        } else {
            throw .malformed
        }
    }
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
        case 128: Refusal.bytesMax
        case 129: 4 + promisedBytesMax + 4 + promisedBytesMax + 32
        case 130: 16
        case 131: 0
        case 132: WireLimits.payloadBytesMax
        case 133: 20
        default: nil
        }
    }

    /// A promise, and a record, in bytes.
    private static let promisedBytesMax = 8_192

    /// The reply as it may be sent.
    ///
    /// One that is longer than the table allows would end the edge, and the next one when the same is asked again.
    var withinLimits: VaultReply {
        let fits =
            switch self {
            case .bytes(let bytes): bytes.count <= WireLimits.payloadBytesMax
            case .promised(let promised):
                max(promised.promise.count, promised.record.count) <= Self.promisedBytesMax
            case .refused, .handle, .done, .grant: true
            }
        return fits ? self : .refused(.tooLarge)
    }

    /// Writes the fields.
    public func write(into buffer: inout ByteBuffer) {
        switch self {
        case .refused(let refusal): refusal.write(into: &buffer)
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
        case 128: self = .refused(try Refusal(from: &reader))
        case 129:
            self = .promised(
                Promised(
                    promise: try reader.bytes(max: Self.promisedBytesMax),
                    record: try reader.bytes(max: Self.promisedBytesMax),
                    salt: try reader.fixed(32)))
        case 130: self = .handle(try reader.fixed(16))
        case 131: self = .done
        case 132: self = .bytes(try reader.rest(max: WireLimits.payloadBytesMax))
        case 133: self = .grant(try reader.fixed(16), rows: try reader.integer())
        default: throw .unknownKind(kind)
        }
        try reader.finish()
    }
}
