public import Envelope
import Notes

/// Whether a key may still be used.
public enum KeyState: Hashable, Sendable {
    /// Pages offer it and offices seal to it.
    case active
    /// No page offers it any more, but what was begun with it is taken before this second since 1970.
    case accepted(until: UInt64)
    /// Refused at once.
    case revoked
}

/// A key of an office with its state.
public struct RosterKey: Hashable, Sendable {
    /// The key line, whose hash is the `key_id`.
    public let line: KeyLine
    /// Its state.
    public internal(set) var state: KeyState

    /// Pairs a line with a state.
    public init(line: KeyLine, state: KeyState) {
        self.line = line
        self.state = state
    }

    /// True if something addressed to the key at that time (seconds since 1970) is taken.
    public func isAccepted(at seconds: UInt64) -> Bool {
        switch state {
        case .active: true
        case .accepted(let until): seconds < until
        case .revoked: false
        }
    }

    var json: CanonicalJSON {
        var members: [String: CanonicalJSON] = ["line": .string(line.line)]
        switch state {
        case .active: members["state"] = "active"
        case .accepted(let until):
            members["state"] = "accepted"
            members["until"] = .integer(Int(clamping: until))
        case .revoked: members["state"] = "revoked"
        }
        return .object(members)
    }

    init(_ json: CanonicalJSON) throws(RosterError) {
        let fields = try Fields(json, "key", ["line", "state"], optional: ["until"])
        do {
            line = try KeyLine(parsing: fields.string("line"))
        } catch {
            throw .malformed("key line")
        }
        let name = try fields.string("state")
        switch (name, fields["until"] != nil) {
        case ("active", false): state = .active
        case ("accepted", true): state = .accepted(until: try fields.number("until"))
        case ("revoked", false): state = .revoked
        default: throw .malformed("key state")
        }
    }
}
