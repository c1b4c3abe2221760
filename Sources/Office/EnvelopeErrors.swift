public import Envelope
public import Notes

extension EnvelopeError: Explained {
    /// The error in one line.
    public var sentence: String {
        switch self {
        case .malformedKeyLine:
            "That is no key line: its office has lower-case letters, digits and dashes, "
                + "its State is two capitals or region."
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
        case .malformedNote: "That is no signed note."
        case .unknownAlgorithm: "The verifier key is of an algorithm that is not used here."
        case .wrongType: "The note is of another type than is needed here."
        case .furtherSignatures: "The note has more signatures than the one that it may have."
        case .malformedLine(let what):
            "The note's line for the \(what) is missing, superfluous or malformed."
        case .malformedBase64: "A base64 text is malformed, or not of the length it should have."
        case .malformedJSON(let offset): "The JSON is malformed at byte \(offset)."
        case .notCanonical: "The JSON is not in its one canonical spelling."
        }
    }

    /// Always bad input.
    public var exit: ExitKind { .badInput }
}

extension TipTextError: Explained {
    /// The error in one line.
    public var sentence: String {
        switch self {
        case .empty: "The text is empty."
        case .tooLong(let limit):
            "The text is longer than \(limit) characters, which is the most that a tip can have."
        case .invalidUTF8: "The text is not UTF-8."
        case .controlCharacter: "The text holds a control character."
        case .bidirectionalControl:
            "The text holds a character that turns the direction of writing round."
        }
    }

    /// Always bad input.
    public var exit: ExitKind { .badInput }
}
