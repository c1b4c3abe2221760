import HTTPTypes
import Hummingbird
import NIOCore
import Notes
import TLS
import Vault

/// The staff interface: takes requests apart and hands them to the vault, which decides.
///
/// The edge checks nothing that matters: it passes on the member's note and the pin of the certificate it saw, and the
/// vault compares both with what it is asked to do. Without a note no body is read. Bodies are canonical JSON, so that the vault can compute from the
/// fields alone the hash that the member signed.
struct StaffRoutes: Sendable {
    private let vault: VaultClient
    /// A report's JSON: the note, and the triage in base64.
    private static let reportBytesMax =
        WireLimits.noteBytesMax * 2 + WireLimits.triageBytesMax * 3 / 2 + 1_024

    /// - Parameter vault: the staff edge's client.
    init(vault: VaultClient) {
        self.vault = vault
    }

    /// Adds the routes of design.md §8's staff listener.
    func add(to routes: inout Routes) {
        routes.get("/v1/roster/staff") {
            try await read(.roster(version: try $0.version()), $0, $1)
        }
        routes.get("/v1/tips") { try await read(.tips(after: try $0.after()), $0, $1) }
        routes.get("/v1/queue") { try await read(.queue(after: try $0.after()), $0, $1) }
        routes.get("/v1/bodies/:commitment", use: body)
        routes.post("/v1/reports", use: report)
        routes.post("/v1/acknowledgements") {
            try await note($0, $1) { .acknowledgement(note: $0) }
        }
        routes.post("/v1/statuses") { try await note($0, $1) { .status(note: $0) } }
        routes.post("/v1/replies", use: reply)
    }

    private func read(
        _ action: StaffRequest.Action, _ request: Request, _ context: GatewayContext
    ) async throws -> Response {
        let signed = try await seal(of: request, context).request(action)
        return .of(try await vault.bytes(for: signed), type: "application/json")
    }

    private func note(
        _ request: Request, _ context: GatewayContext,
        _ action: ([UInt8]) -> StaffRequest.Action
    ) async throws -> Response {
        let seal = try await seal(of: request, context)
        try request.expect(mediaType: "text/plain")
        let body = try await request.bodyBytes(max: WireLimits.noteBytesMax, context.hold)
        return .created(try await vault.promised(for: seal.request(action(body))))
    }

    @Sendable private func report(
        _ request: Request, _ context: GatewayContext
    ) async throws -> Response {
        let seal = try await seal(of: request, context)
        let fields = try await jsonBody(request, max: Self.reportBytesMax, context.hold)
        guard fields.count == 2, case .string(let note) = fields["note"],
            note.utf8.count <= WireLimits.noteBytesMax,
            case .string(let encoded) = fields["triage"],
            let triage = try? Base64.decode(encoded), triage.count <= WireLimits.triageBytesMax
        else { throw Problem.malformed }
        let action = StaffRequest.Action.report(note: Array(note.utf8), triage: triage)
        return .created(try await vault.promised(for: seal.request(action)))
    }

    @Sendable private func reply(
        _ request: Request, _ context: GatewayContext
    ) async throws -> Response {
        let seal = try await seal(of: request, context)
        let fields = try await jsonBody(request, max: WireLimits.replyBytes * 2, context.hold)
        guard fields.count == 2, case .string(let id) = fields["id"],
            let id = try? Base64.decode(id), id.count == 32,
            case .string(let blob) = fields["blob"],
            let blob = try? Base64.decode(blob), blob.count == WireLimits.replyBytes
        else { throw Problem.malformed }
        let action = StaffRequest.Action.reply(id: id, blob: blob)
        return .created(try await vault.promised(for: seal.request(action)))
    }

    @Sendable private func body(
        _ request: Request, _ context: GatewayContext
    ) async throws -> Response {
        let commitment = try context.commitment()
        let text = request.uri.queryParameters.get("chunk") ?? "0"
        guard let first = UInt32(text) else { throw Problem.malformed }
        let action = StaffRequest.Action.body(commitment: commitment, row: first)
        let signed = try await seal(of: request, context).request(action)
        guard case .grant(let grant, let rows) = try await vault.answer(to: signed) else {
            throw VaultUnavailable()
        }
        guard first < rows else { throw Problem.notFound }
        let vault = vault
        let body = ResponseBody { writer in
            for row in first..<rows {
                let action = StaffRequest.Action.bodyRow(grant: grant, row: row)
                let next = StaffRequest(action: action, authorisation: [], pin: signed.pin)
                let bytes = try await vault.bytes(for: next)
                for piece in ResponseBody.pieces(bytes) { try await writer.write(piece) }
            }
            try await writer.finish(nil)
        }
        return Response(
            status: .ok, headers: [.contentType: "application/octet-stream"], body: body)
    }

    private func jsonBody(
        _ request: Request, max: Int, _ hold: BodyHold
    ) async throws -> [String: CanonicalJSON] {
        try request.expect(mediaType: "application/json")
        let body = try await request.bodyBytes(max: max, hold)
        guard case .object(let fields) = try? CanonicalJSON(parsingCanonical: body) else {
            throw Problem.malformed
        }
        return fields
    }

    /// By whom a request says it is; a note in its form, whoever signed it.
    private func seal(of request: Request, _ context: GatewayContext) async throws -> StaffSeal {
        guard let header = request.headers[.resguardoRequest],
            let note = try? Base64.decode(header),
            note.count <= StaffRequest.authorisationBytesMax,
            (try? RequestNote(text: Note(parsing: note).text)) != nil,
            let pin = try await context.channel.tlsPeerIdentity()?.spkiSHA256
        else { throw Problem.unauthorised }
        return StaffSeal(note: note, pin: pin)
    }
}

/// What a staff request is judged by: the member's note, and the key that the connection was made with.
private struct StaffSeal {
    let note: [UInt8]
    let pin: Bytes32

    func request(_ action: StaffRequest.Action) -> StaffRequest {
        StaffRequest(action: action, authorisation: note, pin: pin)
    }
}

extension Request {
    /// The version asked for, from 1; nil if none is named.
    fileprivate func version() throws(Problem) -> UInt64? {
        guard let text = uri.queryParameters.get("version") else { return nil }
        guard let version = UInt64(text), version > 0 else { throw .malformed }
        return version
    }

    /// The list's cursor, 0 if not given.
    fileprivate func after() throws(Problem) -> UInt64 {
        guard let text = uri.queryParameters.get("after") else { return 0 }
        guard let after = UInt64(text) else { throw .malformed }
        return after
    }
}
