import Confinement

/// The sockets that people and programs connect to.
///
/// They stay open here while edges come and go, so that a connection made meanwhile waits in the
/// backlog instead of being refused. Never closed: they end with the supervisor.
struct SupervisorSockets {
    let publicListener: CInt
    let staffListener: CInt
    let loopback: CInt
    let onion: CInt?

    /// Takes what systemd passed, by name, and opens the rest.
    ///
    /// - Parameter open: opens a listening socket, as patiently as the start may be.
    init(
        _ settings: SupervisorSettings, inherited: InheritedSockets,
        open: (ListenAddress) throws(ConfinementError) -> Descriptor
    ) throws(ConfinementError) {
        publicListener = try Self.socket("public", settings.listenPublic, inherited, open)
        staffListener = try Self.socket("staff", settings.listenStaff, inherited, open)
        loopback = try Self.socket("loopback", settings.listenLoopback, inherited, open)
        if let number = inherited.descriptors["onion"] {
            onion = number
        } else if let path = settings.listenOnion {
            onion = try ListeningSocket.open(path: path).release()
        } else {
            onion = nil
        }
    }

    /// Says where each listens: the operator may have left the choice of a port to the kernel.
    func announce() {
        let ports = [
            ("public", ListeningSocket.port(of: publicListener)),
            ("staff", ListeningSocket.port(of: staffListener)),
            ("loopback", ListeningSocket.port(of: loopback)),
        ]
        for (name, port) in ports {
            if let port { Log.line("listening, \(name): port \(port)") }
        }
    }

    private static func socket(
        _ name: String, _ address: String, _ inherited: InheritedSockets,
        _ open: (ListenAddress) throws(ConfinementError) -> Descriptor
    ) throws(ConfinementError) -> CInt {
        if let number = inherited.descriptors[name] { return number }
        return try open(ListenAddress(address)).release()
    }
}
