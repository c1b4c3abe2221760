public import Confinement
public import Ledger
public import Sodium

extension ConfinementError: Explained {
    /// The error in one line.
    public var sentence: String { "\(description)." }

    /// 77 for a file that others can open, 65 for the rest.
    public var exit: ExitKind {
        if case .openPermissions = self { .refused } else { .badInput }
    }
}

extension SodiumError: Explained {
    /// The error in one line.
    public var sentence: String {
        switch self {
        case .unavailable: "The cryptographic library refused to work."
        case .outOfGuardedMemory:
            "The system gives no guarded memory for secrets; ulimit -l shows how much may be locked."
        case .wrongLength(let what, let allowed, let actual):
            "\(what): \(actual) bytes, allowed are \(allowed.lowerBound) to \(allowed.upperBound)."
        case .cannotOpen: "It cannot be decrypted: another key or passphrase, or altered."
        case .weakPublicKey: "A public key is one that no honest party makes."
        case .streamEnded: "Data follows its last part."
        case .unsupportedParameters: "It asks for more work or memory than is granted here."
        }
    }

    /// 77 where the system gives too little, 65 for the rest.
    public var exit: ExitKind {
        switch self {
        case .unavailable, .outOfGuardedMemory: .refused
        default: .badInput
        }
    }
}

extension RecordError: Explained {
    /// The error in one line.
    public var sentence: String {
        switch self {
        case .notCanonical: "A record of the log is not in its one canonical spelling."
        case .malformed(let what): "A record of the log is malformed: \(what)."
        }
    }

    /// Always bad input.
    public var exit: ExitKind { .badInput }
}

extension LogTextError: Explained {
    /// The error in one line.
    public var sentence: String {
        switch self {
        case .malformed(let what): "The log's checkpoint or proof is malformed: \(what)."
        case .notSigned: "The log's checkpoint is not signed by its key."
        case .otherOrigin: "The checkpoint is of another log."
        }
    }

    /// Always bad input.
    public var exit: ExitKind { .badInput }
}
