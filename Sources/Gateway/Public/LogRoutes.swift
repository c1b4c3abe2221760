import HTTPTypes
import Hummingbird
import Notes
import Vault

/// The public log (C2SP tlog-tiles), proofs, the public roster, the page note, and mailboxes.
struct LogRoutes {
    private let vault: VaultClient
    private let rosters: SharedDocument
    private let pages: SharedDocument

    init(vault: VaultClient) {
        self.vault = vault
        rosters = SharedDocument { try await vault.bytes(for: PublicRequest.roster) }
        pages = SharedDocument { try await vault.bytes(for: PublicRequest.page) }
    }

    func add(to routes: inout Routes) {
        routes.get("/checkpoint", use: checkpoint)
        routes.get("/tile/**", use: tile)
        routes.get("/v1/proofs/:commitment", use: proof)
        routes.get("/v1/roster", use: roster)
        routes.get("/.well-known/resguardo-page", use: page)
        routes.post("/v1/mailbox", use: mailbox)
    }

    @Sendable private func checkpoint(_: Request, _: GatewayContext) async throws -> Response {
        .of(try await vault.bytes(for: PublicRequest.checkpoint), type: "text/plain; charset=utf-8")
    }

    @Sendable private func tile(
        _ request: Request, _ context: GatewayContext
    ) async throws -> Response {
        let parts = context.parameters.getCatchAll().map(String.init)
        guard let request = TilePath.request(parts) else { throw Problem.notFound }
        return .of(try await vault.bytes(for: request), type: "application/octet-stream")
    }

    @Sendable private func proof(
        _: Request, _ context: GatewayContext
    ) async throws -> Response {
        let commitment = try context.commitment()
        let proof = try await vault.bytes(for: PublicRequest.proof(commitment: commitment))
        return .of(proof, type: "text/plain; charset=utf-8")
    }

    @Sendable private func roster(_: Request, _: GatewayContext) async throws -> Response {
        .of(try await rosters.bytes(), type: "application/json")
    }

    @Sendable private func page(_: Request, _: GatewayContext) async throws -> Response {
        .of(try await pages.bytes(), type: "application/json")
    }

    @Sendable private func mailbox(
        _ request: Request, _ context: GatewayContext
    ) async throws -> Response {
        try request.expect(mediaType: "application/octet-stream")
        let body = try await request.bodyBytes(max: 36, context.hold)
        guard body.count == 36 else { throw Problem.wrongLength }
        let cursor = body[32...].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        let slots = try await vault.bytes(
            for: PublicRequest.mailbox(id: Array(body[..<32]), cursor: cursor))
        return .of(slots, type: "application/octet-stream")
    }
}

extension GatewayContext {
    /// The path's `commitment`: 32 bytes in base64url.
    func commitment() throws(Problem) -> [UInt8] {
        guard let text = parameters.get("commitment"),
            let bytes = try? Base64.decodeURL(text), bytes.count == 32
        else { throw .malformed }
        return bytes
    }
}

/// Tile paths of C2SP tlog-tiles: `L/N[.p/W]` and `entries/N[.p/W]`, N in groups of three digits, all but the last
/// marked with `x`.
enum TilePath {
    /// The request behind the path's parts after `/tile/`, nil if there can be no such tile.
    static func request(_ parts: [String]) -> PublicRequest? {
        guard let first = parts.first, parts.count >= 2,
            let (index, width) = number(Array(parts.dropFirst()))
        else { return nil }
        if first == "entries" { return .entries(index: index, width: width) }
        guard let level = UInt8(first), level <= 63, first == String(level) else { return nil }
        return .tile(level: level, index: index, width: width)
    }

    private static func number(_ parts: [String]) -> (UInt64, UInt16)? {
        var groups = parts
        var width: UInt16 = 0
        if groups.count >= 2, groups[groups.count - 2].hasSuffix(".p") {
            let last = groups.removeLast()
            guard let partial = UInt16(last), (1...255).contains(partial), last == String(partial)
            else { return nil }
            width = partial
            groups[groups.count - 1].removeLast(2)
        }
        guard groups.count <= 6 else { return nil }
        var index: UInt64 = 0
        for (position, group) in groups.enumerated() {
            let isLast = position == groups.count - 1
            guard isLast != group.hasPrefix("x") else { return nil }
            let digits = isLast ? group : String(group.dropFirst())
            guard digits.utf8.count == 3, digits.utf8.allSatisfy({ (48...57).contains($0) }),
                let value = UInt64(digits)
            else { return nil }
            guard !(position == 0 && !isLast && value == 0) else { return nil }
            index = index * 1_000 + value
        }
        return (index, width)
    }
}
