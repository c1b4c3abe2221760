import Confinement
import Foundation

/// Starts the three roles, starts them again when they end, and parses nothing.
///
/// One thread, one loop over signals; no task, no dispatch queue. When a role ends, the pairs it
/// was part of are made anew: the role that still lives gets its end over the control channel, the
/// other one at its start. So an edge keeps its visitors' connections while the vault is away, and
/// what it asks meanwhile waits in the pair.
final class Supervisor {
    private let settings: Settings
    private let configuration: Configuration
    private let held: Takeover.Held
    private let vault = SupervisedRole(.vault)
    private let edges = [SupervisedRole(.edgePublic), SupervisedRole(.edgeStaff)]
    private let pairs = [EdgePair(.edgePublic), EdgePair(.edgeStaff)]
    /// What each role is told of the settings, in JSON.
    private let documents: [Role: [UInt8]]
    private var exitCode: Int32 = 0
    /// Whether certificate and key could not be opened when they were to be read again last.
    private var hasUnreadTLS = false

    /// How the program is started again, in a role.
    struct Configuration {
        /// What argv[0] is: the name in lists of processes.
        var name: String
    }

    private var roles: [SupervisedRole] { [vault] + edges }

    init(
        _ settings: Settings, held: Takeover.Held, configuration: Configuration
    ) throws {
        self.settings = settings
        documents = try Self.documents(of: settings)
        self.held = held
        self.configuration = configuration
    }

    /// Runs until told to stop, or until a role says at its start that it cannot work with these
    /// settings.
    ///
    /// - Returns: the exit code.
    func run(_ signals: consuming SignalQueue) throws -> Int32 {
        for pair in pairs { try pair.renew() }
        while true {
            try startDueRoles()
            switch signals.next(timeout: untilNextStart()) {
            case Signal.child: try collect()
            case Signal.hangUp: reload()
            case Signal.terminate, Signal.interrupt:
                return stop(&signals)
            default: break
            }
            if exitCode != 0 { return stop(&signals) }
        }
    }

    // MARK: - Starting

    private func startDueRoles() throws {
        for role in roles {
            guard let due = role.restartAt, due <= .now else { continue }
            do throws(ConfinementError) {
                try start(role)
                Log.line("\(role.role.words) started")
            } catch {
                Log.line("\(role.role.words) could not be started: \(error)")
                role.couldNotStart()
            }
        }
    }

    private func untilNextStart() -> Duration? {
        guard let next = roles.compactMap(\.restartAt).min() else { return nil }
        return max(ContinuousClock.now.duration(to: next), .zero)
    }

    private func start(_ role: SupervisedRole) throws(ConfinementError) {
        let control = try SocketPair()
        let document = try MemoryFile.containing(documents[role.role] ?? [])
        var descriptors = inherited(by: role.role)
        descriptors[InheritedDescriptor.control] = control.far.number
        descriptors[InheritedDescriptor.settings] = document.number
        let process = try ChildProcess.spawn(
            executable: "/proc/self/exe",
            arguments: [configuration.name, "--role", role.role.rawValue],
            environment: RoleEnvironment.variables, descriptors: descriptors)
        handedOver(to: role.role)
        role.started(process, control: DescriptorChannel(control.near))
        if role === vault, hasUnreadTLS { vault.tell(.tlsUnread) }
    }

    private func inherited(by role: Role) -> [CInt: CInt] {
        var descriptors: [CInt: CInt] = [:]
        switch role {
        case .vault:
            descriptors[InheritedDescriptor.publicPair] = pairs[0].vaultEnd?.number
            descriptors[InheritedDescriptor.staffPair] = pairs[1].vaultEnd?.number
            descriptors[InheritedDescriptor.stateLock] = held.lock.number
        case .edgePublic:
            descriptors[InheritedDescriptor.listener] = held.sockets.publicListener
            descriptors[InheritedDescriptor.loopback] = held.sockets.loopback
            descriptors[InheritedDescriptor.onion] = held.sockets.onion
            descriptors[InheritedDescriptor.vaultPair] = pairs[0].edgeEnd?.number
        case .edgeStaff:
            descriptors[InheritedDescriptor.listener] = held.sockets.staffListener
            descriptors[InheritedDescriptor.vaultPair] = pairs[1].edgeEnd?.number
        }
        return descriptors
    }

    /// An end stays open here no longer than it takes to hand it over: the other side must see when
    /// a role is gone.
    private func handedOver(to role: Role) {
        for pair in pairs {
            if role == .vault { pair.vaultEnd = nil }
            if role == pair.edge { pair.edgeEnd = nil }
        }
    }

    private static func documents(of settings: Settings) throws -> [Role: [UInt8]] {
        let encoder = JSONEncoder()
        return [
            .vault: Array(try encoder.encode(settings.vault)),
            .edgePublic: Array(try encoder.encode(settings.publicEdge)),
            .edgeStaff: Array(try encoder.encode(settings.staffEdge)),
        ]
    }

    // MARK: - Ending

    private func collect() throws {
        while let (child, end) = ChildProcess.nextEnded() {
            guard let role = roles.first(where: { $0.process == child }) else { continue }
            role.ended()
            if case .exit(let code) = end, Self.configurationErrors.contains(code),
                !role.hasSettled
            {
                Log.line("\(role.role.words) cannot work with this configuration")
                exitCode = code
                return
            }
            Log.line("\(role.role.words) \(Self.words(end)), starting again")
            try renewPairs(of: role.role)
        }
    }

    private func renewPairs(of ended: Role) throws {
        for (pair, edge) in zip(pairs, edges) where ended == .vault || ended == pair.edge {
            try pair.renew()
            if ended == .vault, edge.process != nil, let end = pair.edgeEnd.take() {
                edge.tell(.newVaultPair(end.number))
            }
            if ended != .vault, vault.process != nil, let end = pair.vaultEnd.take() {
                let isPublic = ended == .edgePublic
                vault.tell(isPublic ? .newPublicPair(end.number) : .newStaffPair(end.number))
            }
        }
    }

    /// The exit codes by which a role says that starting it again is of no use.
    private static let configurationErrors: Set<Int32> = [64, 65, 77, 78]

    static func words(_ end: ChildProcess.End) -> String {
        switch end {
        case .exit(let code): "ended with exit code \(code)"
        case .signal(Signal.forbiddenCall):
            "ended by signal \(Signal.forbiddenCall), for a system call that it may not make"
        case .signal(let signal): "ended by signal \(signal)"
        }
    }

    // MARK: - Reloading

    /// Opens the files anew and passes them on: the roles themselves can open nothing.
    ///
    /// The vault is told of what cannot be opened: its health is what an operator's machines look at.
    private func reload() {
        let tls = settings.publicEdge.tls
        let tlsRead = passOn(
            "certificate and key", tls.certificate, tls.key, isSecret: true, to: edges
        ) { .newTLSFiles(certificate: $0, key: $1) }
        hasUnreadTLS = !tlsRead
        vault.tell(tlsRead ? .tlsRead : .tlsUnread)
        let (note, staff) = (settings.vault.rosterNote, settings.vault.rosterStaff)
        let rosterRead = passOn("roster", note, staff, isSecret: false, to: [vault]) {
            .reloadRoster(note: $0, staff: $1)
        }
        if !rosterRead { vault.tell(.rosterUnread) }
        // After the roster, which it names.
        if let page = settings.vault.pageNote { passOn(page: page) }
    }

    private func passOn(page path: String) {
        do throws(ConfinementError) {
            let note = try Descriptor.opening(path)
            vault.tell(.reloadPage(note: note.number))
            Log.line("page note opened again")
        } catch {
            Log.line("page note not read again: \(error)")
            vault.tell(.pageUnread)
        }
    }

    /// Each role gets descriptors of its own, so that none moves another's place in the file.
    ///
    /// False if a file could not be opened.
    private func passOn(
        _ name: String, _ first: String, _ second: String, isSecret: Bool,
        to roles: [SupervisedRole], as event: (CInt, CInt) -> ControlEvent
    ) -> Bool {
        do throws(ConfinementError) {
            for role in roles {
                let one = try Descriptor.opening(first)
                let other = try isSecret ? PrivateFile.open(second) : Descriptor.opening(second)
                role.tell(event(one.number, other.number))
            }
            Log.line("\(name) opened again")
            return true
        } catch {
            Log.line("\(name) not read again: \(error)")
            return false
        }
    }

    // MARK: - Stopping

    /// Lets the edges finish what they accepted, then the vault; whoever takes too long is ended.
    private func stop(_ signals: inout SignalQueue) -> Int32 {
        Log.line("stopping")
        end(edges, within: Self.edgesFinishWithin, &signals)
        end([vault], within: Self.vaultFinishesWithin, &signals)
        Log.line("stopped")
        return exitCode
    }

    private func end(
        _ roles: [SupervisedRole], within limit: Duration, _ signals: inout SignalQueue
    ) {
        for role in roles { role.process?.send(signal: Signal.terminate) }
        let deadline = ContinuousClock.now + limit
        var isOverdue = false
        while true {
            // Before every wait: one signal may have stood for several children.
            while let (child, _) = ChildProcess.nextEnded() {
                self.roles.first { $0.process == child }?.ended()
            }
            let unfinished = roles.filter { $0.process != nil }
            guard !unfinished.isEmpty else { return }
            let left = ContinuousClock.now.duration(to: deadline)
            if left <= .zero, !isOverdue {
                isOverdue = true
                for role in unfinished {
                    Log.line("\(role.role.words) did not finish in time, ending it")
                    role.process?.send(signal: Signal.kill)
                }
            }
            _ = signals.next(timeout: isOverdue ? .seconds(1) : left)
        }
    }

    /// Longer than a form waits for its promise (`EnvelopeSender`).
    private static let edgesFinishWithin = Duration.seconds(40)
    private static let vaultFinishesWithin = Duration.seconds(10)
}

/// The signals by their numbers (signal(7)), the same on x86_64 and arm64.
enum Signal {
    static let hangUp: CInt = 1
    static let interrupt: CInt = 2
    static let kill: CInt = 9
    static let terminate: CInt = 15
    static let child: CInt = 17
    static let forbiddenCall: CInt = 31
}
