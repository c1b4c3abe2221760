import Ledger
import Notes
import Roster

/// What became of a page note that was given to a vault.
public enum PageOutcome: Sendable, Equatable {
    /// It is in the log, now or since before, and is what the gateway answers with.
    case taken
    /// It cannot be entered yet, for this reason; it is tried again by itself, and its end is told then.
    case waiting(String)
    /// It will not be entered, for this reason: the one before it stays.
    case refused(String)
}

/// Brings a newer page note into the log; the intake does not depend on it.
///
/// A note that names a roster which is not in force waits for that roster: both come with one SIGHUP.
final class PageLoader: Sendable {
    private let core: VaultCore
    private let wanted = WantedEntry<[UInt8], PageOutcome>()

    init(core: VaultCore) {
        self.core = core
    }

    /// Takes a note, in the place of one that still waits; `tryAgain` is what judges it.
    ///
    /// If it cannot be read, one that waits goes on waiting.
    func want(
        _ given: Result<[UInt8], any Error>, told: @escaping @Sendable (PageOutcome) -> Void
    ) {
        switch given {
        case .success(let note): wanted.want(note, told: told)
        case .failure(let error):
            if wanted.isEmpty { warn("\(error)") }
            told(.refused("\(error)"))
        }
    }

    private func warn(_ reason: String) {
        core.standing.pageWarning =
            "the page note that was given last is not what is answered with: \(reason)"
    }

    /// Judges the note that waits, if one does, and enters it if it may follow the one before.
    ///
    /// A version that never came here is no fault: the authorities of the roster in force signed this one.
    func tryAgain() {
        guard let due = wanted.next() else { return }
        do throws(PageNoteError) {
            let note = try PageVerification.note(due.given)
            if let same = core.pages.newest, same.text == note.text {
                return end(.taken, due.count)
            }
            let page = try core.book.accept(page: note)
            if let known = core.pages.newest {
                try PageVerification.requireContinuation(of: page, after: known)
            }
            append(due.given, due.count)
        } catch .otherRoster {
            wait(PageNoteError.otherRoster.description, due.count)
        } catch {
            end(.refused("\(error)"), due.count)
        }
    }

    private func append(_ note: [UInt8], _ count: Int) {
        core.change(.page(note: note)) { [self] reply in
            switch reply {
            case .promised:
                do throws(LedgerError) {
                    try core.pages.reload(core.ledger)
                    end(.taken, count)
                } catch {
                    end(.refused("what was just entered cannot be read: \(error)"), count)
                }
            case .refused(.full): wait("the disk is full", count)
            case .refused(.busy), .refused(.durabilityUnknown):
                wait("the ledger takes nothing now", count)
            default: end(.refused("the ledger does not take it"), count)
            }
        }
    }

    private func wait(_ reason: String, _ count: Int) {
        guard let told = wanted.wait(count) else { return }
        warn(reason)
        told(.waiting(reason))
    }

    private func end(_ outcome: PageOutcome, _ count: Int) {
        guard let told = wanted.end(count) else { return }
        if case .refused(let reason) = outcome {
            warn(reason)
        } else {
            core.standing.pageWarning = nil
        }
        told(outcome)
    }
}
