/// Stands where the vault would, while its storage cannot be relied on: health says why, and whoever asks for anything else
/// is told to come again.
public struct VaultStandIn: Sendable {
    private let health: [UInt8]

    /// - Parameter reason: what is wrong, for the operator.
    public init(reason: String) {
        health = Operations.health(stopped: reason)
    }

    /// Serves the public table on a socket pair, until the edge ends.
    public func servePublicEdge(on descriptor: CInt) {
        VaultConnection.serve(descriptor, PublicStandIn(health: health))
    }

    /// Serves the staff table on a socket pair, until the edge ends.
    public func serveStaffEdge(on descriptor: CInt) {
        VaultConnection.serve(descriptor, StaffStandIn())
    }
}

private struct PublicStandIn: RequestHandler {
    let health: [UInt8]

    func handle(_ request: PublicRequest, answer: @escaping @Sendable (VaultReply) -> Void) {
        if case .health = request { answer(.bytes(health)) } else { answer(.refused(.busy)) }
    }
}

private struct StaffStandIn: RequestHandler {
    func handle(_ request: StaffRequest, answer: @escaping @Sendable (VaultReply) -> Void) {
        answer(.refused(.busy))
    }
}
