internal import Notes

/// The staff interface of a gateway (design section 8): each request is signed by the member.
///
/// What it returns is unchecked.
public struct StaffClient: Sendable {
    private let transport: any Transport
    private let clock: GatewayClock
    private let pause: @Sendable () async throws -> Void
    private let sign: @Sendable (WireRequest, UInt64) throws -> String

    /// How often a request is signed anew whose time the gateway did not take.
    static let signedAnewMax = 2

    /// Most bytes of a page of tips or reports.
    static let pageBytesMax = 64 * 1_048_576

    /// Talks through `transport`; `sign` makes the base64 request note for each request and time.
    ///
    /// - Parameters:
    ///   - now: this machine's time in Unix seconds.
    ///   - pause: what is waited before a request is signed anew: a second, so that its note is of another one.
    public init(
        _ transport: any Transport, now: @escaping @Sendable () -> UInt64,
        pause: @escaping @Sendable () async throws -> Void = {
            try await Task.sleep(for: .seconds(1))
        },
        sign: @escaping @Sendable (WireRequest, UInt64) throws -> String
    ) {
        self.transport = transport
        clock = GatewayClock(machine: now)
        self.pause = pause
        self.sign = sign
    }

    /// The newest roster's note, its entry and its staff part.
    public func roster() async throws -> OfferedRoster {
        try await json(WireRequest("GET", "/v1/roster/staff"), limit: 16 << 20)
    }

    /// An earlier version of it.
    public func roster(version: UInt64) async throws -> OfferedRoster {
        try await json(WireRequest("GET", "/v1/roster/staff?version=\(version)"), limit: 16 << 20)
    }

    /// A page of the desk's tips after a cursor.
    public func tips(after cursor: UInt64) async throws -> TipPage {
        try await json(
            WireRequest("GET", "/v1/tips?after=\(cursor)"), limit: Self.pageBytesMax)
    }

    /// A page of the unit's queue after a cursor.
    public func queue(after cursor: UInt64) async throws -> ReportPage {
        try await json(
            WireRequest("GET", "/v1/queue?after=\(cursor)"), limit: Self.pageBytesMax)
    }

    /// The sealed body of a tip from `row` on, as it arrives, until `take` returns false.
    public func body(
        of commitment: [UInt8], from row: Int, take: ([UInt8]) async throws -> Bool
    ) async throws {
        let request = WireRequest("GET", "/v1/bodies/\(EntryName.text(commitment))?chunk=\(row)")
        try await signing(request) { try await transport.stream($0, take: take) }
    }

    /// Appends a report note with its sealed triage.
    public func report(note: [UInt8], triage: [UInt8]) async throws -> OfferedEntry {
        try await post(
            "/v1/reports",
            [
                "note": .string(String(decoding: note, as: UTF8.self)),
                "triage": .string(Base64.encode(triage)),
            ])
    }

    /// Appends a reply for a mailbox.
    public func reply(id: [UInt8], blob: [UInt8]) async throws -> OfferedEntry {
        try await post(
            "/v1/replies",
            ["id": .string(Base64.encode(id)), "blob": .string(Base64.encode(blob))])
    }

    /// Appends an acknowledgement note.
    public func acknowledgement(note: [UInt8]) async throws -> OfferedEntry {
        let request = WireRequest(
            "POST", "/v1/acknowledgements", contentType: "text/plain", body: note)
        return try await json(request, status: 201, limit: 65_536)
    }

    /// Appends a status note.
    public func status(note: [UInt8]) async throws -> OfferedEntry {
        let request = WireRequest("POST", "/v1/statuses", contentType: "text/plain", body: note)
        return try await json(request, status: 201, limit: 65_536)
    }

    /// Bodies are canonical JSON: the vault makes them again from their fields to check the
    /// member's signature.
    private func post(
        _ target: String, _ fields: [String: CanonicalJSON]
    ) async throws -> OfferedEntry {
        let request = WireRequest(
            "POST", target, contentType: "application/json",
            body: CanonicalJSON.object(fields).encoded)
        return try await json(request, status: 201, limit: 65_536)
    }

    /// Signs a request and sends it; again by the gateway's time if the gateway says that it was another.
    ///
    /// So it does to whatever was signed before it started, too: it has no memory of what was used then.
    private func signing<Answer>(
        _ request: WireRequest, _ send: (WireRequest) async throws -> Answer
    ) async throws -> Answer {
        var request = request
        for _ in 0..<Self.signedAnewMax {
            request.authorisation = try sign(request, clock.now)
            do {
                return try await send(request)
            } catch GatewayProblem.stale(let time) {
                try clock.follow(time)
                try await pause()
            }
        }
        request.authorisation = try sign(request, clock.now)
        return try await send(request)
    }

    private func json<Answer: Decodable>(
        _ request: WireRequest, status: Int = 200, limit: Int
    ) async throws -> Answer {
        try await signing(request) { request in
            let response = try await transport.exchange(request, limit: limit)
            return try AnswerReading.decode(response, status: status)
        }
    }
}
