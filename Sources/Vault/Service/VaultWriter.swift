import Envelope
import Foundation
import Ledger
import Notes
import Roster
import Sodium

/// Makes every change to the ledger, on the one thread that may: takes what waits, appends it as one group, and
/// answers each sender after the group is durable.
final class VaultWriter: Sendable {
    /// Changes in one group.
    static let groupItemsMax = 64
    /// Changes that may wait, in bytes; beyond that senders are asked to come again.
    static let waitingBytesMax = 64 << 20

    private let ledger: LedgerStore
    private let book: RosterBook
    private let limits: VaultLimits
    private let room: DiskRoom
    private let flood: FloodGate
    private let uploads: UploadShelf
    private let standing: Standing

    /// - Parameters:
    ///   - ledger: where everything goes.
    ///   - book: the roster in force.
    ///   - clock: tells how long an upload has been idle.
    ///   - limits: disk reserve and sizes.
    ///   - flood: decides each tip's lane.
    ///   - standing: judges the storage's errors.
    init(
        ledger: LedgerStore, book: RosterBook, clock: VaultClock, limits: VaultLimits,
        flood: FloodGate, standing: Standing
    ) throws(LedgerError) {
        self.ledger = ledger
        self.book = book
        self.limits = limits
        room = DiskRoom(limits: limits, ledger: ledger)
        self.flood = flood
        uploads = try UploadShelf(ledger: ledger, limits: limits, room: room, clock: clock)
        self.standing = standing
    }

    /// Does one group: what is appended in one transaction, and then the steps of uploads in another, so that nobody's
    /// uploads make a tip wait.
    ///
    /// Nothing of a group depends on something else of it: whoever wants that waits for the first one's answer.
    func work(_ changes: [Change]) {
        guard standing.stopped == nil else {
            for change in changes { change.answer(.refused(.busy)) }
            return
        }
        let free = room.free()
        var appends: [(AppendItem, Change)] = []
        var steps: [(UploadStep, Change)] = []
        for change in changes {
            do throws(Refusal) {
                if let step = try step(change.work) {
                    steps.append((step, change))
                } else if let item = try item(change.work, free) {
                    appends.append((item, change))
                }
            } catch {
                change.answer(.refused(error))
            }
        }
        append(appends)
        stage(steps)
        for change in changes { if case .tick = change.work { tick(change) } }
        tidy()
    }

    /// Deletes a piece of what was dropped, now that everybody has been answered.
    private func tidy() {
        do throws(LedgerError) { try uploads.sweep() } catch { _ = standing.refusal(of: error) }
    }

    /// The step of an upload; nil if the change is none.
    private func step(_ work: Change.Work) throws(Refusal) -> UploadStep? {
        switch work {
        case .beginUpload:
            // Nothing but an attachment makes an envelope too long to come in one piece.
            guard limits.attachmentBytesMax > 0 else { throw .tooLarge }
            return .begin(id: Randomness.bytes(LedgerStore.uploadIDBytes))
        case .uploadChunk(let id, let index, let bytes):
            guard !bytes.isEmpty else { throw .malformed }
            guard index < limits.uploadChunksMax else { throw .tooLarge }
            return .row(id: id, index: index, bytes: bytes)
        default: return nil
        }
    }

    /// What is to be appended; nil if the change appends nothing.
    private func item(
        _ work: Change.Work, _ free: DiskRoom.Free
    ) throws(Refusal) -> AppendItem? {
        switch work {
        case .tip(let envelope, let source):
            let head = Array(envelope.prefix(EnvelopeLimits.outlineBytes))
            let sealing = try Sealing(head: head, totalBytes: envelope.count, book: book)
            return .tip(sealing.append(envelope, in: lanes(from: source) { free }))
        case .finishUpload(let id, let sha256, let source):
            guard let hash = Hash256(sha256) else { throw .malformed }
            return .tip(try finished(upload: id, sha256: hash, from: source))
        case .report(let report): return .report(report)
        case .acknowledgement(let note, let report):
            return .acknowledgement(note: note, report: report)
        case .reply(let id, let blob): return .reply(id: id, blob: blob)
        case .status(let note): return .status(note: note)
        case .roster(let note, let staff, let version):
            return .roster(note: note, staff: staff, version: version)
        case .page(let note): return .page(note: note)
        case .beginUpload, .uploadChunk, .tick: return nil
        }
    }

    /// The append of a staged upload.
    ///
    /// One that is not there may have been finished before and its answer lost: the ledger then answers with the
    /// promise of the same envelope (formats.md §4), and else refuses.
    private func finished(
        upload id: [UInt8], sha256: Hash256, from source: TipSource
    ) throws(Refusal) -> TipAppend {
        let head: [UInt8]?
        do { head = try ledger.stagedRow(upload: id, row: 0) } catch {
            throw standing.refusal(of: error)
        }
        guard let head else {
            return TipAppend(envelope: sha256, deskKey: sha256, upload: id) { _ in
                throw Refusal.unknownUpload
            }
        }
        // Not what was free when the group began: the uploads of one group may fill a disk.
        let lanes = lanes(from: source) { self.room.free() }
        return try Sealing(head: head, totalBytes: nil, book: book)
            .append(upload: id, sha256: sha256, in: lanes)
    }

    /// How a new tip gets its lane; `free` tells what room there is.
    private func lanes(
        from source: TipSource, free: @escaping () -> DiskRoom.Free
    ) -> Sealing.Lanes {
        Sealing.Lanes(
            take: { try self.lane(of: $0, from: source, free()) },
            giveBack: { self.flood.giveBack($0, from: source) })
    }

    /// The lane of a new tip; refused where the disk has no room for that lane.
    private func lane(
        of envelope: Hash256, from source: TipSource, _ free: DiskRoom.Free
    ) throws(Refusal) -> TipLane {
        // What cannot be taken at all uses up nothing of the budget.
        guard free.hasRoomForOrdinaryTips else { throw .full }
        let lane = flood.lane(of: envelope, from: source)
        guard lane == .ordinary || free.hasReserve else { throw .full }
        return lane
    }

    private func append(_ waiting: [(AppendItem, Change)]) {
        guard !waiting.isEmpty else { return }
        do throws(LedgerError) {
            let outcomes = try ledger.appendGroup(waiting.map(\.0), tick: book.tick)
            let replies = try outcomes.map { outcome throws(LedgerError) in
                try reply(for: outcome)
            }
            for ((outcome, reply), (_, change)) in zip(zip(outcomes, replies), waiting) {
                if case .finishUpload(let id, _, _) = change.work, outcome.endsUpload {
                    uploads.end(id)
                }
                change.answer(reply)
            }
        } catch {
            let refusal = standing.refusalOfAppend(after: error)
            for (_, change) in waiting { change.answer(.refused(refusal)) }
        }
    }

    private func reply(for outcome: AppendOutcome) throws(LedgerError) -> VaultReply {
        switch outcome {
        case .appended(let entry), .duplicate(let entry):
            .promised(
                Promised(
                    promise: try ledger.promise(entry).encoded, record: entry.record,
                    salt: entry.salt))
        case .refused(let refusal): .refused(Refusal(refusal))
        }
    }

    private func stage(_ waiting: [(UploadStep, Change)]) {
        guard !waiting.isEmpty else { return }
        do throws(LedgerError) {
            let replies = try uploads.take(waiting.map(\.0), tick: book.tick)
            for (reply, (_, change)) in zip(replies, waiting) { change.answer(reply) }
        } catch {
            let refusal = standing.refusal(of: error)
            for (_, change) in waiting { change.answer(.refused(refusal)) }
        }
    }

    private func tick(_ change: Change) {
        standing.clockWarning = book.clockWarning
        do throws(LedgerError) {
            // A clock that is not believed leaves the tick as it is: it has not ended.
            if try end(book.tick) {
                flood.follow(try ledger.newestRoots())
                try uploads.follow()
            }
            // Room that others have used up.
            _ = try uploads.take([], tick: book.tick)
            change.answer(.done)
        } catch {
            change.answer(.refused(standing.refusal(of: error)))
        }
    }

    /// Ends the ticks before this one; false if they were ended before.
    ///
    /// Nobody waits for a tick's answer: what keeps it from being written is told here.
    private func end(_ tick: UInt64) throws(LedgerError) -> Bool {
        let missing = book.missingTick(before: tick)
        do throws(LedgerError) {
            let outcome = try ledger.tick(tick, keepTicks: limits.keepTicks(book.ticks))
            standing.tickWarning = nil
            return outcome != nil
        } catch {
            _ = standing.refusal(of: error)
            // Whatever stops the vault has been told already.
            if let missing, standing.stopped == nil {
                standing.tickWarning =
                    "the tick that ended at \(UTCTime.text(missing.end)) could not be written: \(error); nothing new gets"
                    + " its place in the log until it can be, which is tried again by itself"
            }
            throw error
        }
    }
}

extension Refusal {
    /// What the ledger refused, in the words of the wire.
    init(_ refusal: AppendRefusal) {
        self =
            switch refusal {
            case .number(let expected): .numberGap(expected: expected)
            case .unknownSubject, .notShreddable, .shredded: .notAllowed
            case .rosterVersion: .notAllowed
            case .unknownUpload: .unknownUpload
            case .limit: .tooLarge
            case .sealing(let error), .unfitUpload(let error): Refusal(sealing: error)
            }
    }

    /// What kept a tip from being sealed: only what is wrong with the envelope's own bytes is told as that.
    ///
    /// A page gives a malformed one up for good, and so loses a tip that the vault could not seal for want of memory.
    init(sealing error: any Error) {
        switch error {
        case let refusal as Refusal: self = refusal
        case EnvelopeError.malformedEnvelope, EnvelopeError.unknownSuite,
            EnvelopeError.outsideLimit:
            self = .malformed
        default: self = .busy
        }
    }
}

extension AppendOutcome {
    /// Whether the upload that the tip was to be made from is dropped with it.
    fileprivate var endsUpload: Bool {
        switch self {
        case .appended, .duplicate, .refused(.unfitUpload): true
        case .refused: false
        }
    }
}
