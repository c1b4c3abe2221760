import Confinement
import Foundation
import Gateway
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import TLS

/// The body of the two edges: read what needs files, give everything up, and serve.
enum EdgeRole {
    static func run(publicEdge settings: PublicEdgeSettings) throws {
        let pages = try PageConfiguration(
            statesWithAttachments: Set(settings.attachmentStates),
            attachmentBytesMax: settings.attachmentBytesMax, onionHost: settings.onionHost)
        let process = try EdgeProcess(
            tls: settings.tls, clientCertificates: .none, timeouts: settings.timeouts,
            words: Role.edgePublic.words, confinementRequired: settings.confinementRequired)
        let onion = settings.hasOnion ? InheritedDescriptor.onion : nil
        try process.serve { configuration in
            PublicEdge(
                configuration: configuration, pages: pages,
                loopback: InheritedDescriptor.loopback, onion: onion
            ) {
                Log.line("\(Role.edgePublic.words): \($0)")
            }.services()
        }
    }

    static func run(staffEdge settings: StaffEdgeSettings) throws {
        let process = try EdgeProcess(
            tls: settings.tls, clientCertificates: .required, timeouts: settings.timeouts,
            words: Role.edgeStaff.words, confinementRequired: settings.confinementRequired)
        try process.serve { StaffEdge(configuration: $0).services() }
    }
}

/// What both edges do around their services.
private struct EdgeProcess {
    let tls: TLSContextHolder
    let timeouts: Timeouts
    let words: String

    /// Reads the TLS files, confines the process while it has one thread, and puts Swift concurrency on the event
    /// loops.
    init(
        tls files: TLSFiles, clientCertificates: ClientCertificates, timeouts: Timeouts,
        words: String, confinementRequired: Bool
    ) throws {
        let chain = try Descriptor.opening(files.certificate)
        let key = try PrivateFile.open(files.key)
        tls = TLSContextHolder(
            try TLSContext(
                certificateChainDescriptor: chain.number, privateKeyDescriptor: key.number,
                clientCertificates: clientCertificates))
        self.timeouts = timeouts
        self.words = words
        let report = try Confinement.confineEdge(required: confinementRequired)
        for gap in report.gaps { Log.line("\(words): \(gap)") }
        try Executor.install()
    }

    /// Serves until SIGTERM, then finishes what was accepted.
    func serve(
        _ services: @escaping @Sendable (EdgeConfiguration) -> [any Service]
    ) throws {
        var signals = SignalQueue(blocking: [SIGTERM])
        var logger = Logger(label: words) { _ in SwiftLogNoOpLogHandler() }
        logger.logLevel = .critical
        let group = MultiThreadedEventLoopGroup.singleton
        let words = words
        let vault = try VaultClient.connecting(
            descriptor: InheritedDescriptor.vaultPair, group: group
        ) {
            Log.line("\(words): the vault has hung up and nobody connects it anew, ending")
            exit(1)
        }
        let configuration = EdgeConfiguration(
            listener: InheritedDescriptor.listener, vault: vault, tls: tls,
            deadline: .seconds(Int64(timeouts.stepSeconds)),
            handshakeDeadline: .seconds(Int64(timeouts.handshakeSeconds)),
            descriptorsMax: Confinement.descriptorsMax, logger: logger)
        let tls = tls
        try ControlReceiver.start(descriptor: InheritedDescriptor.control) { event in
            Self.hear(event, vault: vault, tls: tls, words: words)
        }
        // A service that is not given a name is printed whole for one, with all pages: a fifth of a second.
        let named = services(configuration).map { service in
            ServiceGroupConfiguration.ServiceConfiguration(
                service: service, serviceName: "\(type(of: service))")
        }
        let serviceGroup = ServiceGroup(configuration: .init(services: named, logger: logger))
        let finished = group.next().makePromise(of: Void.self)
        finished.completeWithTask { try await serviceGroup.run() }
        finished.futureResult.whenFailure { error in
            Log.line("\(words): \(error)")
            exit(1)
        }
        _ = signals.next(timeout: nil)
        Task { await serviceGroup.triggerGracefulShutdown() }
        try finished.futureResult.wait()
    }

    private static func hear(
        _ event: ControlEvent, vault: VaultClient, tls: TLSContextHolder, words: String
    ) {
        switch event {
        case .newVaultPair(let descriptor):
            _ = vault.attach(descriptor: descriptor, group: MultiThreadedEventLoopGroup.singleton)
        case .newTLSFiles(let certificate, let key):
            let chain = Descriptor(owning: certificate)
            let key = Descriptor(owning: key)
            do {
                try tls.reload(
                    certificateChainDescriptor: chain.number, privateKeyDescriptor: key.number)
                Log.line("\(words): read certificate and key again")
            } catch {
                Log.line("\(words): certificate and key stay as they were: \(error)")
            }
        case .supervisorGone: exit(0)
        case .newPublicPair, .newStaffPair, .reloadRoster, .reloadPage, .rosterUnread, .pageUnread,
            .tlsUnread, .tlsRead:
            break
        }
    }
}
