import Sodium
import Synchronization

/// Leave for a member to read the rows of one body, given after a signed request was checked, so that each row of a
/// large body does not need a signature of its own.
struct Grant: Equatable, Sendable {
    /// The tip's, 32 bytes.
    let commitment: [UInt8]
    /// Rows of the body: after the last of them the grant is used up.
    let rows: UInt32
    /// Whose request it was.
    let member: BookMember
    /// The certificate that it came with.
    let pin: [UInt8]
}

/// The grants that are open, in memory only, each known by 16 random bytes.
final class Grants: Sendable {
    /// How long a grant is good, in seconds.
    static let secondsMax: UInt64 = 3_600
    /// Grants of one member at once: one more takes the place of the oldest, so that nobody shuts another out.
    static let ofMemberMax = 16

    private struct Open {
        let grant: Grant
        let order: UInt64
        let until: UInt64
    }

    private struct State {
        var open: [[UInt8]: Open] = [:]
        var given: UInt64 = 0
    }

    private let state = Mutex(State())

    /// Opens a grant, and returns its handle.
    func give(_ grant: Grant, now: UInt64) -> [UInt8] {
        let handle = Randomness.bytes(16)
        state.withLock { state in
            state.open = state.open.filter { $0.value.until > now }
            let own = state.open.filter { $0.value.grant.member == grant.member }
            if own.count >= Self.ofMemberMax,
                let oldest = own.min(by: { $0.value.order < $1.value.order })
            {
                state.open[oldest.key] = nil
            }
            state.given += 1
            state.open[handle] = Open(
                grant: grant, order: state.given, until: now + Self.secondsMax)
        }
        return handle
    }

    /// What a handle stands for; nil if it was used up, displaced or is too old.
    func grant(_ handle: [UInt8], now: UInt64) -> Grant? {
        state.withLock { state in
            guard let open = state.open[handle], open.until > now else { return nil }
            return open.grant
        }
    }

    /// Closes a grant.
    func end(_ handle: [UInt8]) {
        state.withLock { $0.open[handle] = nil }
    }
}
