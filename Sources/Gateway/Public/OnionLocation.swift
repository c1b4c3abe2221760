/// Where the onion service has the same page (Tor's proposal for `Onion-Location`): Tor Browser offers it to whoever
/// comes over TLS.
struct OnionLocation: Sendable {
    private let host: String

    /// - Parameter host: the service's name, `….onion`.
    init(host: String) { self.host = host }

    /// The page at one of the site's own addresses; never built from what a request says.
    func location(of address: String) -> String { "http://\(host)\(address)" }
}
