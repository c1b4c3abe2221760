import Envelope
import Ledger

/// One change to the ledger, on its way to the thread that makes them.
struct Change: Sendable {
    /// What is to be changed.
    enum Work: Sendable {
        /// Seal and append an envelope that is here whole.
        case tip(envelope: [UInt8], from: TipSource)
        /// Open an upload.
        case beginUpload
        /// Keep a piece of an upload.
        case uploadChunk(id: [UInt8], index: UInt32, bytes: [UInt8])
        /// Seal and append an upload.
        case finishUpload(id: [UInt8], sha256: [UInt8], from: TipSource)
        /// Append what a member signed, after every check.
        case report(ReportAppend)
        /// Append an acknowledgement about a report's entry.
        case acknowledgement(note: [UInt8], report: Hash256)
        /// Append a reply.
        case reply(id: Hash256, blob: [UInt8])
        /// Append a status note.
        case status(note: [UInt8])
        /// Append a roster.
        case roster(note: [UInt8], staff: [UInt8], version: UInt64)
        /// Append a page note.
        case page(note: [UInt8])
        /// End the ticks that are over.
        case tick
    }

    let work: Work
    let answer: @Sendable (VaultReply) -> Void

    /// Its size in bytes, about, for the budget of what may wait.
    var bytes: Int {
        switch work {
        case .tip(let envelope, _): envelope.count
        case .uploadChunk(_, _, let bytes): bytes.count
        case .report(let report): report.note.count + report.triage.count
        case .acknowledgement(let note, _), .status(let note), .page(let note): note.count
        case .reply(_, let blob): blob.count
        case .roster(let note, let staff, _): note.count + staff.count
        case .beginUpload, .finishUpload, .tick: 256
        }
    }
}
