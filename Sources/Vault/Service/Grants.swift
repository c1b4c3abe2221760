import Sodium
import Synchronization

/// Leave to read the rows of one body, given after a member's request was checked, so that each row of a large body
/// does not need a signature of its own.
///
/// A grant is 16 random bytes, lives in memory only, and is good for `secondsMax` on the staff edge's connection.
final class Grants: Sendable {
    /// How long a grant is good, in seconds.
    static let secondsMax: UInt64 = 3_600
    /// Grants at once.
    static let countMax = 1_024

    private struct Grant {
        let commitment: [UInt8]
        let until: UInt64
    }

    private let grants = Mutex<[[UInt8]: Grant]>([:])

    /// A new grant for a body; nil if too many are open.
    func give(commitment: [UInt8], now: UInt64) -> [UInt8]? {
        grants.withLock { grants in
            grants = grants.filter { $0.value.until > now }
            guard grants.count < Self.countMax else { return nil }
            let handle = Randomness.bytes(16)
            grants[handle] = Grant(commitment: commitment, until: now + Self.secondsMax)
            return handle
        }
    }

    /// The commitment whose body a grant opens.
    func commitment(of handle: [UInt8], now: UInt64) -> [UInt8]? {
        grants.withLock { grants in
            guard let grant = grants[handle], grant.until > now else { return nil }
            return grant.commitment
        }
    }
}
