public import Envelope
import Ledger
import Notes
import Synchronization

/// Where a tip came from, which decides whose budget it is taken from.
public enum TipSource: Sendable, Hashable {
    /// The edge made the envelope of a form without JavaScript.
    case form
    /// A page or a program made it, and may have worked for it.
    case sender(EffortProof?)
}

/// The flood budget with the vault's clock and the log's newest roots: asked by the readers, and by the one writer.
final class FloodGate: Sendable {
    private struct State {
        var budget: FloodBudget
        /// The newest two, the newest first: a tick between asking and sending does no harm.
        var roots: [Hash256]
    }

    private let state: Mutex<State>
    private let clock: VaultClock

    /// - Parameters:
    ///   - limits: what is taken a minute.
    ///   - roots: those of the newest two checkpoints (`LedgerStore.newestRoots`).
    ///   - clock: the vault's time.
    init(_ limits: FloodLimits, roots: [Hash256], clock: VaultClock) {
        self.clock = clock
        state = Mutex(
            State(budget: FloodBudget(limits, now: clock.now()), roots: roots))
    }

    /// Takes the roots after a tick.
    func follow(_ roots: [Hash256]) { state.withLock { $0.roots = roots } }

    /// What a tip is asked for now: bits and root, JCS.
    func asked() -> [UInt8] {
        let now = clock.now()
        let (bits, root) = state.withLock {
            ($0.budget.bitsAsked(now: now), $0.roots.first)
        }
        return CanonicalJSON.object([
            "bits": .integer(bits), "root": .string(Base64.encode(root?.bytes ?? [])),
        ]).encoded
    }

    /// The work that is asked now, in bits.
    var bitsAsked: Int {
        let now = clock.now()
        return state.withLock { $0.budget.bitsAsked(now: now) }
    }

    /// The lane of a tip that is not in the ledger yet; counts as its arrival.
    func lane(of envelope: Hash256, from source: TipSource) -> TipLane {
        let now = clock.now()
        switch source {
        case .form:
            return state.withLock { $0.budget.admitForm(now: now) }
                ? .ordinary : .quarantine(effort: 0)
        case .sender(let proof):
            return state.withLock { state in
                let roots = state.roots
                var known: Int?
                let effort = {
                    let found = known ?? Self.effort(proof, envelope, roots)
                    known = found
                    return found
                }
                let isAdmitted = state.budget.admitTip(now: now, effort: effort)
                return isAdmitted ? .ordinary : .quarantine(effort: effort())
            }
        }
    }

    /// Takes back a tip that was given this lane, and is refused after all.
    func giveBack(_ lane: TipLane, from source: TipSource) {
        state.withLock {
            $0.budget.giveBack(isForm: source == .form, wasAdmitted: lane == .ordinary)
        }
    }

    /// Work on a root that is not among the newest proves nothing.
    private static func effort(
        _ proof: EffortProof?, _ envelope: Hash256, _ roots: [Hash256]
    ) -> Int {
        guard let proof, roots.contains(where: { $0.bytes == proof.root }) else { return 0 }
        return (try? proof.bits(for: envelope.bytes)) ?? 0
    }
}
