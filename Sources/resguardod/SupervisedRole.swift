import Confinement

/// One role as the supervisor sees it: its process, and what became of earlier ones.
final class SupervisedRole {
    let role: Role
    private(set) var process: ChildProcess?
    private(set) var restartAt: ContinuousClock.Instant?
    /// Whether a process of this role has ever lived for `RestartSchedule.settledAfter`: what it read at its start
    /// was sound then.
    private(set) var hasSettled = false
    private var control: DescriptorChannel?
    private var startedAt = ContinuousClock.Instant.now
    private var earlyEnds = 0

    init(_ role: Role) {
        self.role = role
        restartAt = .now
    }

    func started(_ process: ChildProcess, control: consuming DescriptorChannel) {
        self.process = process
        self.control = consume control
        startedAt = .now
        restartAt = nil
    }

    /// Notes the end and decides when to start again.
    func ended() {
        process = nil
        control = nil
        if startedAt.duration(to: .now) >= RestartSchedule.settledAfter {
            hasSettled = true
            earlyEnds = 0
        }
        restartAt = .now + RestartSchedule.delay(afterEarlyEnds: earlyEnds)
        earlyEnds += 1
    }

    /// Puts off a start that the system refused.
    func couldNotStart() { ended() }

    /// Tells the process something.
    ///
    /// One that does not take it has stopped reading, or has ended and is about to be collected: it is ended for good,
    /// and starts anew with all it needs.
    func tell(_ event: ControlEvent) {
        guard let process else { return }
        do throws(ConfinementError) {
            try control?.send(event)
        } catch {
            if !error.isPeerGone {
                Log.line("\(role.words) does not listen to its supervisor, ending it")
            }
            process.send(signal: Signal.kill)
        }
    }
}

/// The pair of connected sockets between one edge and the vault; an end that is nil here is with
/// its role.
final class EdgePair {
    let edge: Role
    var edgeEnd: Descriptor?
    var vaultEnd: Descriptor?

    init(_ edge: Role) { self.edge = edge }

    /// Puts a new pair in place of one that has lost an end.
    func renew() throws(ConfinementError) {
        let pair = try SocketPair()
        edgeEnd = consume pair.near
        vaultEnd = consume pair.far
    }
}
