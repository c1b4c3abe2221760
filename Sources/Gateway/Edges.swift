import Hummingbird
import HummingbirdCore
public import Logging
public import NIOCore
import NIOPosix
public import ServiceLifecycle
public import TLS
import Vault

/// What both edges need: inherited descriptors, the TLS certificate, and time limits.
public struct EdgeConfiguration: Sendable {
    /// The listening TCP socket.
    public var listener: CInt
    /// The edge's client of the vault.
    public var vault: VaultClient
    /// Certificate and key, replaceable while serving.
    public var tls: TLSContextHolder
    /// See `PeerDeadlineHandler`.
    public var deadline: TimeAmount
    /// The TLS handshake's own deadline.
    public var handshakeDeadline: TimeAmount
    /// Says nothing about who connects.
    public var logger: Logger

    /// Puts the parts together.
    public init(
        listener: CInt, vault: VaultClient, tls: TLSContextHolder, deadline: TimeAmount,
        handshakeDeadline: TimeAmount, logger: Logger
    ) {
        self.listener = listener
        self.vault = vault
        self.tls = tls
        self.deadline = deadline
        self.handshakeDeadline = handshakeDeadline
        self.logger = logger
    }
}

/// The edge of the public listener: pages, tips, the log; and, on their own sockets, health for the operator and the
/// onion service.
public struct PublicEdge: Sendable {
    private let configuration: EdgeConfiguration
    private let pages: PageConfiguration
    private let loopback: CInt
    private let onion: CInt?
    private let tell: @Sendable (String) -> Void

    /// - Parameters:
    ///   - configuration: descriptors and limits.
    ///   - pages: what the pages need that the roster does not say.
    ///   - loopback: the listening socket for health and metrics.
    ///   - onion: the listening Unix socket for tor, if there is one.
    ///   - tell: tells the operator something, in the daemon's log; nothing of it is about a visitor.
    public init(
        configuration: EdgeConfiguration, pages: PageConfiguration, loopback: CInt, onion: CInt?,
        tell: @escaping @Sendable (String) -> Void
    ) {
        self.configuration = configuration
        self.pages = pages
        self.loopback = loopback
        self.onion = onion
        self.tell = tell
    }

    /// Asks the vault for the roster and makes the services that serve it.
    ///
    /// - Throws: when the vault cannot be asked, or pages cannot be made from its roster.
    public func services() async throws -> [any Service] {
        let vault = configuration.vault
        let site = try await Site.load(vault: vault, configuration: pages, tell: tell)
        let desk = FormDesk(origin: site.state.origin)
        let routes = routes(site, desk, onion: pages.onionHost.map(OnionLocation.init(host:)))
        var operations = Routes()
        LoopbackRoutes(vault: vault, watch: site.watch).add(to: &operations)
        let plain = configuration.channel(operations)
        var services: [any Service] = [
            configuration.server(configuration.channel(routes)),
            InheritedServer(
                descriptor: loopback, child: plain,
                group: MultiThreadedEventLoopGroup.singleton, logger: configuration.logger),
            SiteRefresh(site: site),
        ]
        if let onion {
            services.append(
                InheritedServer(
                    descriptor: onion,
                    child: configuration.channel(
                        self.routes(site, desk, onion: nil), closesAfterBodies: true),
                    group: MultiThreadedEventLoopGroup.singleton,
                    logger: configuration.logger))
        }
        return services
    }

    private func routes(_ site: Site, _ desk: FormDesk, onion: OnionLocation?) -> Routes {
        let vault = configuration.vault
        var routes = Routes()
        TipRoutes(vault: vault).add(to: &routes)
        LogRoutes(vault: vault).add(to: &routes)
        PageRoutes(site: site, vault: vault, desk: desk, onion: onion).add(to: &routes)
        return routes
    }
}

/// The edge of the staff listener.
public struct StaffEdge: Sendable {
    private let configuration: EdgeConfiguration

    /// - Parameter configuration: descriptors and limits; its TLS context demands client certificates.
    public init(configuration: EdgeConfiguration) {
        self.configuration = configuration
    }

    /// The service of the staff listener.
    public func services() -> [any Service] {
        var routes = Routes()
        StaffRoutes(vault: configuration.vault).add(to: &routes)
        return [configuration.server(configuration.channel(routes))]
    }
}

extension EdgeConfiguration {
    fileprivate func channel(
        _ routes: Routes, closesAfterBodies: Bool = false
    ) -> GuardedChannel {
        HTTPApplication.channel(
            routes: routes, deadline: deadline, logger: logger,
            closesAfterBodies: closesAfterBodies)
    }

    fileprivate func server(_ child: GuardedChannel) -> any Service {
        InheritedServer(
            descriptor: listener,
            child: TLSChildChannel(
                child, contexts: tls,
                timeouts: TLSTimeouts(
                    handshake: handshakeDeadline, drain: min(deadline, .seconds(60)))),
            group: MultiThreadedEventLoopGroup.singleton, logger: logger)
    }
}
