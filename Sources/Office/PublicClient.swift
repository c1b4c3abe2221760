public import Envelope
internal import FoundationEssentials

/// The public interface of a gateway, as anybody can use it (design section 8).
///
/// What it returns is unchecked.
public struct PublicClient: Sendable {
    private let transport: any Transport

    /// Greatest envelope that is sent in one request, in bytes; larger ones go up in pieces.
    public static let directEnvelopeBytesMax = 1_048_576
    /// Size of a piece of an upload, in bytes; the last is shorter.
    public static let uploadPieceBytes = 65_536
    /// Media type of an envelope.
    static let envelopeType = "application/vnd.resguardo.envelope"

    /// Talks through `transport`.
    public init(_ transport: any Transport) {
        self.transport = transport
    }

    /// The public roster's note, encoded.
    public func roster() async throws -> [UInt8] {
        let answer: RosterAnswer = try await json(WireRequest("GET", "/v1/roster"), limit: 1 << 20)
        return Array(answer.note.utf8)
    }

    /// The newest page note with its entry, or nil if there is none.
    public func page() async throws -> OfferedPage? {
        let request = WireRequest("GET", "/.well-known/resguardo-page")
        let response = try await transport.exchange(request, limit: 4 << 20)
        if response.status == 404 { return nil }
        return try AnswerReading.decode(response, status: 200)
    }

    /// Who in a browser asks for a document.
    enum Asker: CaseIterable {
        /// A person, by an address or a link.
        case person
        /// A page's own script, which looks whether its page is still the newest.
        case script
    }

    /// What a browser gets under a path, whatever the status.
    func document(_ path: String, for asker: Asker) async throws -> WireResponse {
        var request = WireRequest("GET", path)
        request.headers = asker == .person ? Self.personsHeaders : Self.scriptsHeaders
        return try await transport.exchange(request, limit: Self.documentBytesMax)
    }

    /// Greatest document of a page, in bytes.
    private static let documentBytesMax = 1 << 20

    /// Those of Tor Browser, of which there are many and all alike.
    private static let personsHeaders = [
        "User-Agent": browser,
        "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
        "Accept-Language": "en-US,en;q=0.5", "Upgrade-Insecure-Requests": "1",
        "Sec-Fetch-Dest": "document", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": "none",
        "Sec-Fetch-User": "?1", "Priority": "u=0, i",
    ]
    private static let scriptsHeaders = [
        "User-Agent": browser, "Accept": "*/*", "Accept-Language": "en-US,en;q=0.5",
        "Sec-Fetch-Dest": "empty", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Site": "same-origin",
    ]
    private static let browser =
        "Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0"

    /// Hands in an envelope of at most 1 MiB, with what was worked for it.
    public func submit(
        _ envelope: [UInt8], effort: EffortProof? = nil
    ) async throws -> OfferedEntry {
        var request = WireRequest(
            "POST", "/v1/tips", contentType: Self.envelopeType, body: envelope)
        request.headers = Self.headers(effort)
        return try await json(request, status: 201, limit: 65_536)
    }

    /// Works for an envelope as much as the gateway asks now.
    ///
    /// - Parameter sha256: the envelope's, 32 bytes.
    /// - Returns: nil if it asks for nothing, or does not say: a tip goes without.
    public func effort(for sha256: [UInt8]) async -> EffortProof? {
        let request = WireRequest("GET", "/v1/effort")
        guard let response = try? await transport.exchange(request, limit: 4_096),
            let asked: EffortAnswer = try? AnswerReading.decode(response, status: 200),
            asked.bits > 0, let root = Data(base64Encoded: asked.root)
        else { return nil }
        return try? EffortProof.work(
            bits: asked.bits, root: Array(root), envelope: sha256, attemptsMax: Self.attemptsMax)
    }

    /// Attempts for a tip, whatever a gateway asks: about ten seconds.
    private static let attemptsMax = 1 << 15

    private static func headers(_ effort: EffortProof?) -> [String: String] {
        guard let effort else { return [:] }
        return ["Resguardo-Effort": Data(effort.bytes).base64EncodedString()]
    }

    /// Begins an upload; the result is its id, base64url.
    public func beginUpload() async throws -> String {
        let answer: UploadAnswer = try await json(
            WireRequest("POST", "/v1/uploads"), status: 201, limit: 4_096)
        // The id becomes part of a path, so nothing else than base64url may be in it.
        let isPlain = answer.upload.utf8.allSatisfy { byte in
            byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
                || Unicode.Scalar(byte).properties.isAlphabetic
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        }
        guard isPlain, (1...64).contains(answer.upload.utf8.count) else {
            throw GatewayProblem.malformedAnswer(what: "the upload's id")
        }
        return answer.upload
    }

    /// Sends piece `number` of an upload; any piece may be sent again.
    public func upload(_ id: String, piece number: Int, _ bytes: [UInt8]) async throws {
        let request = WireRequest(
            "PUT", "/v1/uploads/\(id)?chunk=\(number)", contentType: "application/octet-stream",
            body: bytes)
        let response = try await transport.exchange(request, limit: 65_536)
        guard response.status == 204 else { throw GatewayProblem(response) }
    }

    /// Ends an upload by the envelope's SHA-256, with what was worked for it.
    public func finishUpload(
        _ id: String, sha256: [UInt8], effort: EffortProof? = nil
    ) async throws -> OfferedEntry {
        let finish = UploadFinish(upload: id, sha256: Data(sha256).base64EncodedString())
        var request = WireRequest(
            "POST", "/v1/tips", contentType: "application/json",
            body: Array(try JSONEncoder().encode(finish)))
        request.headers = Self.headers(effort)
        return try await json(request, status: 201, limit: 65_536)
    }

    /// The inclusion proof of an entry (C2SP tlog-proof), or nil before its tick.
    public func proof(of commitment: [UInt8]) async throws -> [UInt8]? {
        try await optional("/v1/proofs/\(EntryName.text(commitment))", limit: 65_536)
    }

    /// The newest signed checkpoint.
    public func checkpoint() async throws -> [UInt8] {
        guard let bytes = try await optional("/checkpoint", limit: 65_536) else {
            throw GatewayProblem.malformedAnswer(what: "no checkpoint yet")
        }
        return bytes
    }

    /// The bytes under a path of the log, such as `tile/0/000`; nil if there is none.
    public func tile(_ path: String) async throws -> [UInt8]? {
        try await optional("/" + path, limit: 65_536)
    }

    /// Four slots of a mailbox from `cursor` on, and the next cursor.
    public func mailbox(
        id: [UInt8], cursor: UInt32
    ) async throws -> (next: UInt32, slots: [[UInt8]]) {
        let place = (0..<4).map { UInt8(truncatingIfNeeded: cursor >> (24 - 8 * UInt32($0))) }
        let request = WireRequest(
            "POST", "/v1/mailbox", contentType: "application/octet-stream", body: id + place)
        let response = try await transport.exchange(request, limit: 4 + 4 * Self.slotBytes)
        guard response.status == 200 else { throw GatewayProblem(response) }
        guard response.body.count == 4 + 4 * Self.slotBytes else {
            throw GatewayProblem.malformedAnswer(what: "the mailbox")
        }
        let next = response.body.prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
        let slots = (0..<4).map { index in
            Array(response.body[(4 + index * Self.slotBytes)..<(4 + (index + 1) * Self.slotBytes)])
        }
        return (next, slots)
    }

    /// Size of a mailbox's slot, in bytes.
    static let slotBytes = 4_144

    private func optional(_ target: String, limit: Int) async throws -> [UInt8]? {
        let response = try await transport.exchange(WireRequest("GET", target), limit: limit)
        switch response.status {
        case 200: return response.body
        case 404: return nil
        default: throw GatewayProblem(response)
        }
    }

    private func json<Answer: Decodable>(
        _ request: WireRequest, status: Int = 200, limit: Int
    ) async throws -> Answer {
        try AnswerReading.decode(
            try await transport.exchange(request, limit: limit), status: status)
    }
}

/// Reads JSON answers.
enum AnswerReading {
    /// Decodes an answer of this status, else throws what the gateway said.
    static func decode<Answer: Decodable>(
        _ response: WireResponse, status: Int
    ) throws(GatewayProblem) -> Answer {
        guard response.status == status else { throw GatewayProblem(response) }
        do {
            return try JSONDecoder().decode(Answer.self, from: Data(response.body))
        } catch {
            throw .malformedAnswer(what: "not the JSON of this interface")
        }
    }
}
