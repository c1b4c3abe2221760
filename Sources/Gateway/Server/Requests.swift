import HTTPTypes
import Hummingbird
import NIOCore
import NIOPosix
import Notes
import Vault

/// What routes share: reading a body within a limit, asking the vault, and answering.
extension Request {
    /// The content type without its parameters, in lower case.
    var mediaType: String? {
        headers[.contentType].map { type in
            var bare = type.utf8.prefix { $0 != UInt8(ascii: ";") }
            while bare.last == UInt8(ascii: " ") || bare.last == UInt8(ascii: "\t") {
                bare.removeLast()
            }
            return String(Substring(bare)).lowercased()
        }
    }

    /// Refuses another content type.
    func expect(mediaType expected: String) throws(Problem) {
        guard mediaType == expected else { throw .wrongType }
    }

    /// Reads the whole body.
    ///
    /// The memory for it grows as bytes come, and is what is counted: nobody has any for what is only announced.
    ///
    /// - Parameters:
    ///   - max: the longest body, in bytes.
    ///   - hold: counts what is held of it.
    /// - Throws: `Problem.tooLarge` as soon as more than `max` bytes are announced or have come, `malformed` where the
    ///   sender breaks off or its framing is not HTTP's; what `hold` throws where there is no room.
    func bodyBytes(max: Int, _ hold: BodyHold) async throws -> [UInt8] {
        if let announced = headers[.contentLength].flatMap({ Int($0) }), announced > max {
            throw Problem.tooLarge
        }
        var bytes: [UInt8] = []
        var room = 0
        var pieces = body.makeAsyncIterator()
        while let piece = try await pieces.piece() {
            let count = bytes.count + piece.readableBytes
            guard count <= max else { throw Problem.tooLarge }
            if count > room { room = min(max, Swift.max(count, 2 * room, Self.roomBytesMin)) }
            try hold.keep(room, arrived: piece.readableBytes)
            bytes.reserveCapacity(room)
            bytes.append(contentsOf: piece.readableBytesView)
        }
        try hold.isWhole()
        return bytes
    }

    /// The least memory that a body is given once it has begun, in bytes.
    private static let roomBytesMin = 4_096
}

extension RequestBody.AsyncIterator {
    /// The next piece of the body; nil at its end.
    ///
    /// - Throws: `Problem.madeRoom` if the body had to make room for others, `malformed` where the sender breaks off or
    ///   its framing is not HTTP's.
    @concurrent
    mutating func piece() async throws(Problem) -> ByteBuffer? {
        do {
            return try await next()
        } catch is BodyMadeRoom {
            throw .madeRoom
        } catch {
            throw .malformed
        }
    }
}

extension VaultClient {
    /// Asks and turns a refusal into its problem.
    func answer(to request: some WireTable) async throws -> VaultReply {
        let reply = try await ask(request)
        if case .refused(let refusal) = reply { throw Problem(refusal) }
        return reply
    }

    /// How long a vault that went away is waited for while nothing can have been kept yet: one is back within a second,
    /// unless something is wrong.
    static let patienceForReturn = TimeAmount.seconds(10)

    /// Between two attempts to ask a vault that is not there.
    static let pause = TimeAmount.milliseconds(20)

    /// Asks again while there is no vault, for what may be asked twice.
    ///
    /// - Parameter limit: how long; nil for as long as it takes.
    /// - Throws: `VaultUnavailable` when the time is over.
    func onceThereIsAVault<Answer>(
        within limit: TimeAmount? = nil, _ ask: () async throws -> Answer
    ) async throws -> Answer {
        let end = limit.map { NIODeadline.now() + $0 }
        while true {
            do {
                return try await ask()
            } catch let error as VaultUnavailable {
                if let end, NIODeadline.now() >= end { throw error }
                try await Self.wait(Self.pause)
            }
        }
    }

    /// Lets some time pass.
    static func wait(_ time: TimeAmount) async throws {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        try await loop.scheduleTask(in: time) {}.futureResult.get()
    }

    /// Asks for bytes.
    func bytes(for request: some WireTable) async throws -> [UInt8] {
        guard case .bytes(let bytes) = try await answer(to: request) else {
            throw VaultUnavailable()
        }
        return bytes
    }

    /// Asks for a promise.
    func promised(for request: some WireTable) async throws -> Promised {
        guard case .promised(let promised) = try await answer(to: request) else {
            throw VaultUnavailable()
        }
        return promised
    }
}

extension ResponseBody {
    /// The most of a document that is written at once, in bytes.
    private static let pieceBytes = 16 << 10

    /// The pieces that a document is written in, each when the peer has read what was before: who does not read costs no
    /// copy of the whole, and who reads slowly is seen to get on (`PeerDeadlineHandler`).
    static func pieces(_ bytes: [UInt8]) -> some Sequence<ByteBuffer> {
        stride(from: 0, to: bytes.count, by: pieceBytes).lazy.map { start in
            ByteBuffer(bytes: bytes[start..<min(start + pieceBytes, bytes.count)])
        }
    }

    /// A document whose length is known.
    static func whole(_ bytes: [UInt8]) -> ResponseBody {
        guard bytes.count > pieceBytes else {
            return ResponseBody(byteBuffer: ByteBuffer(bytes: bytes))
        }
        return ResponseBody(contentLength: bytes.count) { writer in
            for piece in pieces(bytes) { try await writer.write(piece) }
            try await writer.finish(nil)
        }
    }
}

extension Response {
    /// An answer of one media type.
    static func of(
        _ bytes: [UInt8], type: String, status: HTTPResponse.Status = .ok
    ) -> Response {
        Response(status: status, headers: [.contentType: type], body: .whole(bytes))
    }

    /// A JSON document.
    static func json(
        _ value: CanonicalJSON, status: HTTPResponse.Status = .ok
    ) -> Response {
        of(value.encoded, type: "application/json", status: status)
    }

    /// 201 with a promise, its record and its salt.
    static func created(_ promised: Promised) -> Response {
        json(promised.json, status: .created)
    }
}

extension Promised {
    /// The three parts as the public and the staff interface show them.
    var json: CanonicalJSON {
        .object([
            "promise": .string(String(decoding: promise, as: UTF8.self)),
            "record": .string(String(decoding: record, as: UTF8.self)),
            "salt": .string(Base64.encode(salt)),
        ])
    }
}
