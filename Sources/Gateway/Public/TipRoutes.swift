import Envelope
import HTTPTypes
import Hummingbird
import Notes
import Vault

/// Envelopes in: whole, or in pieces (formats.md §4, §8), and the work that is asked for them in a flood.
struct TipRoutes {
    let vault: VaultClient

    static let envelopeType = "application/vnd.resguardo.envelope"
    /// The longest JSON body that finishes an upload, in bytes.
    private static let finishBytesMax = 1_024

    func add(to routes: inout Routes) {
        routes.get("/v1/effort", use: effort)
        routes.post("/v1/tips", use: submit)
        routes.post("/v1/uploads", use: begin)
        routes.put("/v1/uploads/:id", use: chunk)
    }

    @Sendable private func effort(_: Request, _: GatewayContext) async throws -> Response {
        .of(try await vault.bytes(for: PublicRequest.effort), type: "application/json")
    }

    @Sendable private func submit(
        _ request: Request, _ context: GatewayContext
    ) async throws -> Response {
        let source = TipSource.sender(try Self.proof(request.headers[values: .resguardoEffort]))
        switch request.mediaType {
        case Self.envelopeType:
            let envelope = try await request.bodyBytes(
                max: WireLimits.envelopeBytesMax, context.hold)
            let promised = try await vault.promised(
                for: PublicRequest.submit(envelope: envelope, from: source))
            return .created(promised)
        case "application/json":
            let body = try await request.bodyBytes(max: Self.finishBytesMax, context.hold)
            let finish = try Self.finish(body, from: source)
            return .created(try await vault.promised(for: finish))
        default: throw Problem.wrongType
        }
    }

    /// What was worked for the tip; nil where nothing was.
    private static func proof(_ values: [String]) throws(Problem) -> EffortProof? {
        guard let value = values.first else { return nil }
        guard values.count == 1, let bytes = try? Base64.decode(value),
            let proof = EffortProof(bytes)
        else { throw .malformed }
        return proof
    }

    private static func finish(
        _ body: [UInt8], from source: TipSource
    ) throws(Problem) -> PublicRequest {
        guard case .object(let fields) = try? CanonicalJSON(parsing: body), fields.count == 2,
            case .string(let upload) = fields["upload"],
            case .string(let hash) = fields["sha256"],
            let id = try? Base64.decodeURL(upload), id.count == 16,
            let sha256 = try? Base64.decode(hash), sha256.count == 32
        else { throw .malformed }
        return .finishUpload(id: id, sha256: sha256, from: source)
    }

    @Sendable private func begin(
        _ request: Request, _ context: GatewayContext
    ) async throws -> Response {
        _ = try await request.bodyBytes(max: 0, context.hold)
        guard case .handle(let id) = try await vault.answer(to: PublicRequest.beginUpload) else {
            throw VaultUnavailable()
        }
        return .json(.object(["upload": .string(Base64.encodeURL(id))]), status: .created)
    }

    @Sendable private func chunk(
        _ request: Request, _ context: GatewayContext
    ) async throws -> Response {
        guard let id = try? Base64.decodeURL(try context.parameters.require("id")), id.count == 16,
            let index = request.uri.queryParameters.get("chunk", as: UInt32.self)
        else { throw Problem.malformed }
        try request.expect(mediaType: "application/octet-stream")
        let bytes = try await request.bodyBytes(
            max: WireLimits.uploadChunkBytes, context.hold)
        let chunk = PublicRequest.uploadChunk(id: id, index: index, bytes: bytes)
        _ = try await vault.answer(to: chunk)
        return Response(status: .noContent)
    }
}
