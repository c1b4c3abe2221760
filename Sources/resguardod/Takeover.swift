import Confinement

/// The patience of a start: when a supervisor has been killed, its roles end at once, but the kernel takes a moment to
/// give back what they held.
struct Takeover {
    /// How long a start waits for the folder and the addresses all together.
    static let patience = Duration.seconds(5)
    private static let pause = Duration.milliseconds(20)

    private let deadline = ContinuousClock.now + patience

    /// What a supervisor has for itself as long as it lives.
    final class Held {
        /// Of the state folder; the vault shares it, so that it is free once both have ended.
        let lock: Descriptor
        /// What people and programs connect to.
        let sockets: SupervisorSockets

        fileprivate init(lock: consuming Descriptor, sockets: SupervisorSockets) {
            self.lock = lock
            self.sockets = sockets
        }
    }

    /// Takes the state folder, then the addresses.
    ///
    /// - Throws: `inUse` if somebody still has the folder at the end, or why an address could not be had.
    func take(
        _ settings: Settings, _ environment: [String: String], _ signals: inout SignalQueue
    ) throws(ConfinementError) -> Held {
        let lock = try lock(settings.vault.stateDirectory, &signals)
        let sockets = try SupervisorSockets(
            settings.supervisor, inherited: InheritedSockets(environment: environment)
        ) { address throws(ConfinementError) in try listen(on: address, &signals) }
        return Held(lock: lock, sockets: sockets)
    }

    private func lock(
        _ folder: String, _ signals: inout SignalQueue
    ) throws(ConfinementError) -> Descriptor {
        while true {
            if let lock = try FolderLock.take(folder) { return lock }
            guard wait(&signals) else { throw .inUse(path: folder) }
        }
    }

    private func listen(
        on address: ListenAddress, _ signals: inout SignalQueue
    ) throws(ConfinementError) -> Descriptor {
        while true {
            do throws(ConfinementError) {
                return try ListeningSocket.open(address)
            } catch {
                guard error.isAddressInUse, wait(&signals) else { throw error }
            }
        }
    }

    /// False when the patience is over, or somebody wants the daemon to end.
    private func wait(_ signals: inout SignalQueue) -> Bool {
        guard ContinuousClock.now < deadline else { return false }
        let signal = signals.next(timeout: Self.pause)
        return signal != Signal.terminate && signal != Signal.interrupt
    }
}
