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
    /// Connections that may be open at once, those from the loopback aside.
    public var connectionsMax: Int
    /// Says nothing about who connects.
    public var logger: Logger
    /// What all listeners of the edge may hold for bodies.
    private let bodies = BodyBudget()

    /// Connections at once that ask for health and metrics.
    static let loopbackConnectionsMax = 16
    /// Descriptors that are no visitor's connection: the listeners, the pairs to vault and supervisor, those of the event
    /// loops, the loopback's connections, and new pairs and files as they come.
    private static let otherDescriptorsMax = 64
    /// Connections that are worth their memory.
    private static let mostConnections = 16_384

    /// Puts the parts together.
    ///
    /// - Parameter descriptorsMax: how many the process may have open, whatever for.
    public init(
        listener: CInt, vault: VaultClient, tls: TLSContextHolder, deadline: TimeAmount,
        handshakeDeadline: TimeAmount, descriptorsMax: Int, logger: Logger
    ) {
        self.listener = listener
        self.vault = vault
        self.tls = tls
        self.deadline = deadline
        self.handshakeDeadline = handshakeDeadline
        connectionsMax = max(
            min(descriptorsMax - Self.otherDescriptorsMax, Self.mostConnections), 1)
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

    /// Health and metrics at once, and the rest when there is a roster.
    public func services() -> [any Service] {
        let watch = PageWatch(tell: tell)
        var operations = Routes()
        LoopbackRoutes(vault: configuration.vault, watch: watch).add(to: &operations)
        return [
            configuration.plainServer(
                loopback, configuration.channel(operations),
                ConnectionLimit(EdgeConfiguration.loopbackConnectionsMax)),
            PublicListeners(edge: self, watch: watch),
        ]
    }

    /// Asks until there is a roster that pages can be made of; nil if the task is cancelled before.
    fileprivate func site(_ watch: PageWatch) async -> Site? {
        await Site.load(vault: configuration.vault, configuration: pages, watch: watch)
    }

    /// What serves the public.
    fileprivate func services(for site: Site) -> [any Service] {
        let desk = FormDesk(origin: site.state.origin)
        let log = LogRoutes(vault: configuration.vault)
        let location = pages.onionHost.map(OnionLocation.init(host:))
        let routes = routes(site, desk, log, onion: location)
        // Whoever comes through tor takes from the same process.
        let limit = ConnectionLimit(configuration.connectionsMax)
        var services: [any Service] = [
            configuration.server(configuration.channel(routes), limit), SiteRefresh(site: site),
        ]
        if let onion {
            let channel = configuration.channel(
                self.routes(site, desk, log, onion: nil), closesAfterBodies: true)
            services.append(configuration.plainServer(onion, channel, limit))
        }
        return services
    }

    private func routes(
        _ site: Site, _ desk: FormDesk, _ log: LogRoutes, onion: OnionLocation?
    ) -> Routes {
        let vault = configuration.vault
        var routes = Routes()
        TipRoutes(vault: vault).add(to: &routes)
        log.add(to: &routes)
        PageRoutes(site: site, vault: vault, desk: desk, onion: onion).add(to: &routes)
        return routes
    }
}

/// The public listeners, which wait for the first roster: health can be asked for meanwhile.
private struct PublicListeners: Service {
    let edge: PublicEdge
    let watch: PageWatch

    func run() async throws {
        guard let site = await firstSite() else { return }
        try await withThrowingTaskGroup { tasks in
            for service in edge.services(for: site) { tasks.addTask { try await service.run() } }
            // One that fails ends the others.
            for try await () in tasks {}
        }
    }

    /// The site; nil if the edge has to end before, and then no vault that keeps silent is waited for.
    private func firstSite() async -> Site? {
        let (sites, made) = AsyncStream.makeStream(of: Site.self)
        let loading = Task {
            if let site = await edge.site(watch) { made.yield(site) }
            made.finish()
        }
        return await withGracefulShutdownHandler {
            for await site in sites { return site }
            return nil
        } onGracefulShutdown: {
            loading.cancel()
            made.finish()
        }
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
        let limit = ConnectionLimit(configuration.connectionsMax)
        let members = PinnedChannel(
            base: configuration.channel(routes), vault: configuration.vault,
            deadline: configuration.handshakeDeadline)
        return [configuration.server(members, limit)]
    }
}

extension EdgeConfiguration {
    fileprivate func channel(
        _ routes: Routes, closesAfterBodies: Bool = false
    ) -> GuardedChannel {
        HTTPApplication.channel(
            routes: routes, bodies: bodies, deadline: deadline, logger: logger,
            closesAfterBodies: closesAfterBodies)
    }

    fileprivate func server(
        _ child: some ServerChildChannel, _ limit: ConnectionLimit
    ) -> any Service {
        InheritedServer(
            descriptor: listener,
            child: TLSChildChannel(
                child, contexts: tls,
                timeouts: TLSTimeouts(
                    handshake: handshakeDeadline, drain: min(deadline, .seconds(60)))),
            limit: limit, group: MultiThreadedEventLoopGroup.singleton, logger: logger)
    }

    fileprivate func plainServer(
        _ descriptor: CInt, _ child: GuardedChannel, _ limit: ConnectionLimit
    ) -> any Service {
        InheritedServer(
            descriptor: descriptor, child: child, limit: limit,
            group: MultiThreadedEventLoopGroup.singleton, logger: logger)
    }
}
