public import NIOCore

/// Everything the staff edge may ask of the vault.
///
/// Each request but `admission` carries the note by which the member signed it (formats.md §7); the vault checks
/// that note against the very fields it is about to act on.
public struct StaffRequest: WireTable, Equatable {
    /// What is asked.
    public enum Action: Sendable, Equatable {
        /// A version of the roster with its staff part; nil for the newest.
        case roster(version: UInt64?)
        /// Tips for the member's desk after a cursor.
        case tips(after: UInt64)
        /// The sealed body of a tip; the answer carries a grant for reading its rows from `row` on.
        case body(commitment: Bytes32, row: UInt32)
        /// One row of a body under a grant.
        case bodyRow(grant: [UInt8], row: UInt32)
        /// Append a report note with its sealed triage.
        case report(note: [UInt8], triage: [UInt8])
        /// The unit's outbound queue after a cursor.
        case queue(after: UInt64)
        /// Append an acknowledgement note.
        case acknowledgement(note: [UInt8])
        /// Append a reply for a mailbox.
        case reply(id: Bytes32, blob: [UInt8])
        /// Append a status note.
        case status(note: [UInt8])
        /// Whether the pin is one of a member's in force: asked for each connection before anything of it is read, and
        /// signed by nobody.
        case admission
    }

    /// What is asked.
    public let action: Action
    /// The member's request note, encoded.
    public let authorisation: [UInt8]
    /// SHA-256 of the peer certificate's public key as the edge saw it: it can only narrow what is allowed.
    public let pin: Bytes32

    /// Puts a request together.
    public init(action: Action, authorisation: [UInt8], pin: Bytes32) {
        self.action = action
        self.authorisation = authorisation
        self.pin = pin
    }

    /// Position in the table.
    public var kind: UInt8 {
        switch action {
        case .roster: 65
        case .tips: 66
        case .body: 67
        case .bodyRow: 68
        case .report: 69
        case .queue: 70
        case .acknowledgement: 71
        case .reply: 72
        case .status: 73
        case .admission: 74
        }
    }

    /// The longest request note, in bytes.
    public static let authorisationBytesMax = 2_048
    private static let envelopeBytes = 4 + authorisationBytesMax + 32

    /// The largest payload of each kind, in bytes.
    public static func payloadBytesMax(_ kind: UInt8) -> Int? {
        switch kind {
        case 65, 66, 70: envelopeBytes + 8
        case 67: envelopeBytes + 36
        case 68: envelopeBytes + 20
        case 69: envelopeBytes + 8 + WireLimits.noteBytesMax + WireLimits.triageBytesMax
        case 71, 73: envelopeBytes + 4 + WireLimits.noteBytesMax
        case 72: envelopeBytes + 32 + WireLimits.replyBytes
        case 74: 4 + 32
        default: nil
        }
    }

    /// Writes the fields.
    public func write(into buffer: inout ByteBuffer) {
        buffer.writeWireBytes(authorisation)
        buffer.writeBytes(pin)
        switch action {
        // No roster has version 0.
        case .roster(let version): buffer.writeInteger(version ?? 0)
        case .tips(let after), .queue(let after): buffer.writeInteger(after)
        case .body(let commitment, let row):
            buffer.writeBytes(commitment)
            buffer.writeInteger(row)
        case .bodyRow(let grant, let row):
            buffer.writeBytes(grant)
            buffer.writeInteger(row)
        case .report(let note, let triage):
            buffer.writeWireBytes(note)
            buffer.writeWireBytes(triage)
        case .acknowledgement(let note), .status(let note): buffer.writeWireBytes(note)
        case .reply(let id, let blob):
            buffer.writeBytes(id)
            buffer.writeBytes(blob)
        case .admission: break
        }
    }

    /// Reads the fields.
    public init(kind: UInt8, payload: ByteBuffer) throws(WireError) {
        var reader = WireReader(payload)
        authorisation = try reader.bytes(max: Self.authorisationBytesMax)
        pin = try reader.fixed(32)
        action = try Action(kind: kind, reader: &reader)
        try reader.finish()
    }
}

extension StaffRequest.Action {
    fileprivate init(kind: UInt8, reader: inout WireReader) throws(WireError) {
        switch kind {
        case 65:
            let version: UInt64 = try reader.integer()
            self = .roster(version: version == 0 ? nil : version)
        case 66: self = .tips(after: try reader.integer())
        case 67: self = .body(commitment: try reader.fixed(32), row: try reader.integer())
        case 68: self = .bodyRow(grant: try reader.fixed(16), row: try reader.integer())
        case 69:
            self = .report(
                note: try reader.bytes(max: WireLimits.noteBytesMax),
                triage: try reader.bytes(max: WireLimits.triageBytesMax))
        case 70: self = .queue(after: try reader.integer())
        case 71: self = .acknowledgement(note: try reader.bytes(max: WireLimits.noteBytesMax))
        case 72:
            self = .reply(id: try reader.fixed(32), blob: try reader.fixed(WireLimits.replyBytes))
        case 73: self = .status(note: try reader.bytes(max: WireLimits.noteBytesMax))
        case 74: self = .admission
        default: throw .unknownKind(kind)
        }
    }
}
