/// What a staff command's exit code says (design section 8; the numbers are those of sysexits.h).
public enum ExitKind: Int32, Sendable {
    /// The command was called wrongly.
    case usage = 64
    /// What was read or received does not hold: altered, forged, malformed, out of sequence.
    case badInput = 65
    /// The gateway could not be reached or cannot answer now; trying again later may help.
    case unreachable = 69
    /// Another command works in this home and does not end.
    case busy = 75
    /// The gateway, the roster or the state of a file does not allow it.
    case refused = 77
}

/// An error that a person at a terminal can act on.
public protocol Explained: Error, Sendable {
    /// One line that says what failed, without secrets; it may hold hostile text and is filtered
    /// when shown.
    var sentence: String { get }
    /// The command's exit code.
    var exit: ExitKind { get }
}

/// An error of a command's own making, where no module has a case for it.
public struct Complaint: Explained, Equatable {
    /// What failed.
    public let sentence: String
    /// The command's exit code.
    public let exit: ExitKind

    /// A complaint with its exit code.
    public init(_ exit: ExitKind, _ sentence: String) {
        self.exit = exit
        self.sentence = sentence
    }
}
