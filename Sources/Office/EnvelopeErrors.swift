public import Envelope
public import Notes

extension EnvelopeError: Explained {
    /// The error in one line.
    public var sentence: String {
        switch self {
        case .malformedKeyLine: "A key line is malformed."
        case .wrongKeyUse(let needed, let actual):
            "A key is for \(actual.rawValue) where \(needed.rawValue) is needed."
        case .seedIsNotOfKeyLine: "A private key is not that of its public line."
        case .malformedEnvelope: "The envelope is malformed."
        case .unknownSuite(let suite): "The envelope's suite \(suite) is unknown here."
        case .notForTheseKeys: "It is addressed to a key that this office does not hold."
        case .cannotOpen: "It cannot be decrypted: another key, or altered."
        case .commitmentMismatch: "It opens with a key that it does not commit to: refused."
        case .endsEarly: "It ends before its last part."
        case .dataAfterLast: "Data follows its last part."
        case .badFrames(let problem): "The tip's inside breaks the format (\(problem.rawValue))."
        case .malformedDocument: "The tip's JSON is not as the format says."
        case .malformedReceipt: "That is no receipt."
        case .outsideLimit(let what, let allowed, let actual):
            "\(what): \(actual), allowed are \(allowed.lowerBound) to \(allowed.upperBound)."
        case .outOfOrder: "An envelope was written out of order."
        case .unavailable: "The cryptographic library refused to work."
        }
    }

    /// Always bad input.
    public var exit: ExitKind { .badInput }
}

extension NoteError: Explained {
    /// The error in one line.
    public var sentence: String {
        switch self {
        case .malformedVerifierKey: "That is no verifier key (name+hash+base64)."
        case .malformedKeyName: "That is no name for a key."
        case .unsigned: "The note is not signed by the key it needs."
        case .badSignature(let name): "The signature by \(name) is forged."
        case .wrongOrigin: "The note is another gateway's."
        case .unavailable: "The cryptographic library refused to work."
        default: "The note, or a part of it, is malformed (\(self))."
        }
    }

    /// Always bad input.
    public var exit: ExitKind { .badInput }
}
