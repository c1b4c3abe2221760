import Confinement

/// The body of the vault.
enum VaultRole {
    static func run(_ settings: VaultSettings) throws {
        var signals = SignalQueue(blocking: [15])
        try ControlReceiver.start(descriptor: InheritedDescriptor.control) { event in
            Log.line("vault heard \(event)")
        }
        _ = signals.next(timeout: nil)
    }
}
