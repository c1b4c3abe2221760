import HTTPTypes
import Hummingbird
import Vault

/// Health and metrics, for the operator's own machine only.
///
/// What is counted moves at the tick and no finer, so that nobody who reads it learns when somebody reported.
struct LoopbackRoutes: Sendable {
    private let vault: VaultClient
    private let watch: PageWatch

    /// - Parameters:
    ///   - vault: the public edge's client.
    ///   - watch: whether the pages are those of the page note.
    init(vault: VaultClient, watch: PageWatch) {
        self.vault = vault
        self.watch = watch
    }

    /// Adds `GET /healthz` and `GET /metrics`.
    func add(to routes: inout Routes) {
        routes.get("/healthz") { _, _ in
            let health = try await vault.bytes(for: PublicRequest.health)
            return Response.of(watch.adding(to: health), type: "application/json")
        }
        routes.get("/metrics") { _, _ in
            Response.of(
                try await vault.bytes(for: PublicRequest.metrics) + watch.metrics,
                type: "text/plain; version=0.0.4; charset=utf-8")
        }
    }
}
