import Ledger
import Roster

/// What became of a roster that was given to a running vault.
public enum RosterOutcome: Sendable, Equatable {
    /// It is in the log, now or since before: what it revokes is revoked, and the rest counts from the next tick on.
    case taken
    /// It is the one that was in force already.
    case unchanged
    /// It could not be appended, for this reason: the roster before it is still the one in force, and whoever the new
    /// one revokes is not revoked yet.
    ///
    /// It is tried again by itself, and its end is told then.
    case waiting(String)
    /// It will not be appended, for this reason: the roster before it stays.
    case refused(String)
}

/// Brings a newer roster into the log, and tries again for as long as there is no room for it: a revocation must not
/// be lost because a disk was full when it came.
final class RosterLoader: Sendable {
    /// Who is told what became of a roster; called from any thread.
    typealias Told = @Sendable (RosterOutcome) -> Void

    private let core: VaultCore
    private let settled: @Sendable () -> Void
    private let wanted = WantedEntry<RosterFiles, RosterOutcome>()

    /// - Parameter settled: called whenever what was under way has ended or waits.
    init(core: VaultCore, settled: @escaping @Sendable () -> Void) {
        self.core = core
        self.settled = settled
    }

    /// Whether a roster is on its way into the log just now.
    var isUnderWay: Bool { wanted.isUnderWay }

    /// Takes a roster, in the place of one that still waits.
    ///
    /// If it cannot be read, or is not the next one by the rules of the one in force, one that waits goes on waiting.
    func load(_ given: Result<RosterFiles, any Error>, told: @escaping Told) {
        do {
            let files = try given.get()
            if try core.book.accept(files) != nil {
                wanted.want(files, told: told)
                tryAgain()
            } else {
                wanted.drop()
                core.standing.rosterWarning = nil
                told(.unchanged)
            }
        } catch {
            // The storage's own errors are for others to act on, too.
            if let error = error as? LedgerError { _ = core.standing.refusal(of: error) }
            if wanted.isEmpty { warn(refused: "\(error)") }
            told(.refused("\(error)"))
        }
    }

    private func warn(refused reason: String) {
        core.standing.rosterWarning =
            "whom the roster that was given last revokes is not revoked, because it was refused: \(reason)"
    }

    /// Tries again to append a roster that waits, if one does.
    func tryAgain() {
        guard let due = wanted.next() else { return }
        do {
            guard let version = try core.book.accept(due.given) else {
                return end(.taken, due.count)
            }
            append(due.given, version, due.count)
        } catch let error as LedgerError {
            _ = core.standing.refusal(of: error)
            wait("the ledger cannot be read now", due.count)
        } catch {
            end(.refused("\(error)"), due.count)
        }
    }

    private func append(_ files: RosterFiles, _ version: UInt64, _ count: Int) {
        core.change(.roster(note: files.note, staff: files.staff, version: version)) {
            [self] reply in
            switch reply {
            case .promised:
                do {
                    try core.book.reload()
                    end(.taken, count)
                } catch {
                    // The new roster may revoke somebody: going on by the old one would let them in.
                    core.standing.stop("the roster just appended cannot be read: \(error)")
                }
            case .refused(.full): wait("the disk is full", count)
            case .refused(.busy), .refused(.durabilityUnknown):
                wait("the ledger takes nothing now", count)
            default: end(.refused("the ledger does not take it"), count)
            }
        }
    }

    /// Said once a roster, not at every try.
    private func wait(_ reason: String, _ count: Int) {
        let told = wanted.wait(count)
        defer { settled() }
        guard let told else { return }
        core.standing.rosterWarning =
            "a newer roster is not in force for want of room: whom it revokes is not revoked"
        told(.waiting(reason))
    }

    private func end(_ outcome: RosterOutcome, _ count: Int) {
        let told = wanted.end(count)
        defer { settled() }
        guard let told else { return }
        if case .refused(let reason) = outcome {
            warn(refused: reason)
        } else {
            core.standing.rosterWarning = nil
        }
        told(outcome)
    }
}
