internal import Notes

/// The staff interface of a gateway (design section 8): each request is signed by the member.
///
/// What it returns is unchecked.
public struct StaffClient: Sendable {
    private let transport: any Transport
    private let sign: @Sendable (WireRequest) throws -> String

    /// Most bytes of a page of tips or reports.
    static let pageBytesMax = 64 * 1_048_576

    /// Talks through `transport`; `sign` makes the base64 request note for each request.
    public init(
        _ transport: any Transport, sign: @escaping @Sendable (WireRequest) throws -> String
    ) {
        self.transport = transport
        self.sign = sign
    }

    /// The roster's note and its staff part.
    public func roster() async throws -> (note: [UInt8], staff: [UInt8]) {
        let answer: StaffRosterAnswer = try await json(
            WireRequest("GET", "/v1/roster/staff"), limit: 16 << 20)
        return (Array(answer.note.utf8), Array(answer.staff.utf8))
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
        try await transport.stream(try signed(request), take: take)
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

    private func signed(_ request: WireRequest) throws -> WireRequest {
        var request = request
        request.authorisation = try sign(request)
        return request
    }

    private func json<Answer: Decodable>(
        _ request: WireRequest, status: Int = 200, limit: Int
    ) async throws -> Answer {
        let response = try await transport.exchange(try signed(request), limit: limit)
        return try AnswerReading.decode(response, status: status)
    }
}
