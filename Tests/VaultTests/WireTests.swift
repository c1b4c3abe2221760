import Envelope
import NIOCore
import NIOEmbedded
import Roster
import Testing

@testable import Vault

/// The tables between edge and vault: what goes in comes out, and nothing else does.
@Suite struct WireTests {
    static let proof = EffortProof(Array(0..<40))

    static let publicRequests: [PublicRequest] = [
        .submit(envelope: [1, 2, 3], from: .form), .submit(envelope: [], from: .sender(nil)),
        .submit(envelope: [4], from: .sender(proof)), .beginUpload, .effort,
        .uploadChunk(id: Array(repeating: 7, count: 16), index: 9, bytes: [4, 5]),
        .finishUpload(
            id: Array(repeating: 8, count: 16), sha256: Array(repeating: 1, count: 32), from: .form),
        .finishUpload(
            id: Array(repeating: 8, count: 16), sha256: Array(repeating: 1, count: 32),
            from: .sender(proof)),
        .proof(commitment: Array(repeating: 2, count: 32)),
        .mailbox(id: Array(repeating: 3, count: 32), cursor: 77), .checkpoint,
        .tile(level: 1, index: 5_000_000_000, width: 255), .entries(index: 6, width: 0),
        .roster, .health, .metrics, .page,
    ]

    static let staffActions: [StaffRequest.Action] = [
        .roster(version: nil), .roster(version: 3), .tips(after: 1),
        .body(commitment: Array(repeating: 4, count: 32), row: 2),
        .bodyRow(grant: Array(repeating: 5, count: 16), row: 3),
        .report(note: [1], triage: [2, 3]), .queue(after: UInt64.max),
        .acknowledgement(note: [9]),
        .reply(
            id: Array(repeating: 6, count: 32),
            blob: Array(repeating: 0, count: WireLimits.replyBytes)),
        .status(note: []), .admission,
    ]

    static func bytes(_ message: some WireTable) -> ByteBuffer {
        var buffer = ByteBuffer()
        message.write(into: &buffer)
        return buffer
    }

    @Test(arguments: publicRequests) func publicRequestsSurviveTheWire(
        _ request: PublicRequest
    ) throws {
        let payload = Self.bytes(request)
        #expect(payload.readableBytes <= PublicRequest.payloadBytesMax(request.kind) ?? -1)
        #expect(try PublicRequest(kind: request.kind, payload: payload) == request)
    }

    @Test(arguments: staffActions) func staffRequestsSurviveTheWire(
        _ action: StaffRequest.Action
    ) throws {
        let request = StaffRequest(
            action: action, authorisation: action == .admission ? [] : Array("note".utf8),
            pin: Array(repeating: 1, count: 32))
        let payload = Self.bytes(request)
        #expect(payload.readableBytes <= StaffRequest.payloadBytesMax(request.kind) ?? -1)
        #expect(try StaffRequest(kind: request.kind, payload: payload) == request)
    }

    @Test func aReplyThatIsTooLongForAFrameIsRefusedAndNotSent() {
        let longest = VaultReply.bytes([UInt8](repeating: 0, count: WireLimits.payloadBytesMax))
        #expect(longest.withinLimits == longest)
        #expect(Self.bytes(longest).readableBytes == VaultReply.payloadBytesMax(longest.kind))
        let longer = VaultReply.bytes([UInt8](repeating: 0, count: WireLimits.payloadBytesMax + 1))
        #expect(longer.withinLimits == .refused(.tooLarge))
        let record = [UInt8](repeating: 0x20, count: 8_193)
        let promised = Promised(promise: [], record: record, salt: Array(repeating: 0, count: 32))
        #expect(VaultReply.promised(promised).withinLimits == .refused(.tooLarge))
    }

    /// With its log entry, which is a few kibibytes.
    @Test func theLargestRosterFitsIntoAFrame() {
        #expect(RosterLimits.documentBytesMax + (32 << 10) <= WireLimits.payloadBytesMax)
    }

    @Test func noStaffRequestIsInThePublicTable() {
        for action in Self.staffActions {
            let request = StaffRequest(action: action, authorisation: [], pin: [])
            #expect(PublicRequest.payloadBytesMax(request.kind) == nil)
        }
        for request in Self.publicRequests {
            #expect(StaffRequest.payloadBytesMax(request.kind) == nil)
        }
    }

    @Test(arguments: publicRequests.filter { bytes($0).readableBytes > 0 })
    func aFieldTooMuchOrTooLittleIsRefused(_ request: PublicRequest) {
        let whole = Self.bytes(request)
        if let less = whole.getSlice(at: 0, length: whole.readableBytes - 1), !request.isOpenEnded {
            #expect(throws: WireError.self) {
                try PublicRequest(kind: request.kind, payload: less)
            }
        }
        var more = whole
        more.writeInteger(UInt8(0))
        if !request.isOpenEnded {
            #expect(throws: WireError.self) {
                try PublicRequest(kind: request.kind, payload: more)
            }
        }
    }

    @Test(arguments: [[], [3], [255, 0], [2] + Array(0..<39)] as [[UInt8]])
    func aTipThatDoesNotSayWhereItIsFromIsRefused(_ payload: [UInt8]) {
        for kind in [UInt8(1), 4] {
            #expect(throws: WireError.malformed) {
                try PublicRequest(kind: kind, payload: ByteBuffer(bytes: payload))
            }
        }
    }

    @Test func everyRefusalSurvivesTheWire() throws {
        let refusals: [Refusal] = [
            .malformed, .unknownKey, .keyRevoked, .unknownUpload, .uploadMismatch, .tooLarge, .full,
            .busy, .notFound, .notAuthorised, .replayed, .numberGap(expected: UInt64.max),
            .notAllowed, .rosterExpired, .stale(time: UInt64.max), .durabilityUnknown,
        ]
        var sent: Set<ByteBuffer> = []
        for refusal in refusals {
            let reply = VaultReply.refused(refusal)
            let payload = Self.bytes(reply)
            #expect(payload.readableBytes <= VaultReply.payloadBytesMax(reply.kind) ?? -1)
            #expect(try VaultReply(kind: reply.kind, payload: payload) == reply)
            sent.insert(payload)
        }
        #expect(sent.count == refusals.count)
        for code in [0, UInt8(refusals.count + 1), 12, 15, 255] {
            #expect(throws: WireError.malformed) {
                try VaultReply(kind: 128, payload: ByteBuffer(integer: code))
            }
        }
    }
}

/// Frames on the stream.
@Suite struct FrameTests {
    private static func decoder() -> ByteToMessageHandler<FrameDecoder> {
        ByteToMessageHandler(FrameDecoder(payloadBytesMax: { PublicRequest.payloadBytesMax($0) }))
    }

    private static func frame(_ kind: UInt8, payload: ByteBuffer, number: UInt32 = 5) -> ByteBuffer
    {
        var buffer = ByteBuffer()
        buffer.writeFrame(number: number, kind: kind) { $0.writeImmutableBuffer(payload) }
        return buffer
    }

    @Test func aFrameMayArriveByteByByte() throws {
        let channel = EmbeddedChannel(handler: Self.decoder())
        let bytes = Self.frame(5, payload: ByteBuffer(repeating: 3, count: 32))
        for byte in bytes.readableBytesView.dropLast() {
            try channel.writeInbound(ByteBuffer(bytes: [byte]))
            #expect(try channel.readInbound(as: Frame.self) == nil)
        }
        try channel.writeInbound(ByteBuffer(bytes: bytes.readableBytesView.suffix(1)))
        let frame = try #require(try channel.readInbound(as: Frame.self))
        #expect(frame.number == 5)
        #expect(frame.kind == 5)
        #expect(frame.payload.readableBytes == 32)
    }

    @Test func anUnlistedKindEndsTheConnectionBeforeItsPayload() {
        let channel = EmbeddedChannel(handler: Self.decoder())
        let head = ByteBuffer(bytes: [0, 0, 0, 100, 0, 0, 0, 1, 65])
        #expect(throws: WireError.unknownKind(65)) { try channel.writeInbound(head) }
    }

    @Test func aPayloadLongerThanItsKindAllowsIsRefusedAtOnce() {
        let channel = EmbeddedChannel(handler: Self.decoder())
        let head = ByteBuffer(bytes: [0, 0, 0, 38, 0, 0, 0, 1, 5])
        #expect(throws: WireError.payloadTooLarge) { try channel.writeInbound(head) }
    }

    @Test(arguments: [[0, 0, 0, 4], [0xFF, 0xFF, 0xFF, 0xFF], [0, 0x20, 0, 0]] as [[UInt8]])
    func aLengthOutsideTheLimitsIsRefusedBeforeAnythingElse(_ length: [UInt8]) {
        let channel = EmbeddedChannel(handler: Self.decoder())
        #expect(throws: WireError.frameTooLarge) {
            try channel.writeInbound(ByteBuffer(bytes: length))
        }
    }

    @Test func aRequestThatTheTableCannotReadClosesTheChannel() throws {
        let channel = EmbeddedChannel()
        try VaultConnection.install(on: channel, handler: Silent())
        try channel.connect(to: .init(unixDomainSocketPath: "/x")).wait()
        let short = Self.frame(5, payload: ByteBuffer(repeating: 3, count: 31))
        try channel.writeInbound(short)
        #expect(!channel.isActive)
    }

    @Test func anAnswerCarriesTheNumberOfItsRequest() throws {
        let channel = EmbeddedChannel()
        try VaultConnection.install(on: channel, handler: Silent())
        try channel.connect(to: .init(unixDomainSocketPath: "/x")).wait()
        try channel.writeInbound(Self.frame(7, payload: ByteBuffer(), number: 41))
        channel.embeddedEventLoop.run()
        let out = try #require(try channel.readOutbound(as: ByteBuffer.self))
        #expect(Array(out.readableBytesView) == [0, 0, 0, 5, 0, 0, 0, 41, 131])
    }
}

private struct Silent: RequestHandler {
    func handle(_ request: PublicRequest, answer: @escaping @Sendable (VaultReply) -> Void) {
        answer(.done)
    }
}

extension PublicRequest {
    /// Ends with bytes of any number.
    fileprivate var isOpenEnded: Bool {
        switch self {
        case .submit, .uploadChunk: true
        default: false
        }
    }
}
