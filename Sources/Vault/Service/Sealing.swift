import Envelope
import Ledger
import Roster

/// Turns an envelope into the rows of a sealed body, inside the transaction that appends it (formats.md §5).
///
/// The vault reads the first 72 bytes of an envelope and no more: it has no key that opens the rest.
struct Sealing {
    /// How one tip gets its lane.
    struct Lanes {
        /// Decides the lane of the envelope with that hash, and takes from the budget.
        let take: (Hash256) throws -> TipLane
        /// Takes that back, where the tip that was given the lane is refused.
        let giveBack: (TipLane) -> Void
    }

    private let outline: EnvelopeOutline
    /// The keys to seal to, or why the envelope is not taken.
    private let keys: Result<SealKeys, Refusal>

    /// Looks the envelope's key up in the roster.
    ///
    /// A key that is refused is only said once the ledger has found no earlier entry of the envelope: whoever lost the
    /// answer and sends the same again gets its promise, whatever became of the key meanwhile (formats.md §4).
    ///
    /// - Parameters:
    ///   - head: at least the envelope's first 72 bytes.
    ///   - totalBytes: its length, if it is known already.
    ///   - book: the roster in force.
    /// - Throws: `malformed` if this is no envelope.
    init(head: [UInt8], totalBytes: Int?, book: RosterBook) throws(Refusal) {
        do {
            outline =
                if let totalBytes {
                    try EnvelopeOutline.inspect(head[...], totalBytes: totalBytes)
                } else {
                    try EnvelopeOutline(head[...])
                }
        } catch {
            throw .malformed
        }
        do {
            keys = .success(
                try book.sealKeys(forEnvelopeKey: outline.keyID, suite: outline.suite))
        } catch {
            keys = .failure(error)
        }
    }

    /// The append of an envelope that is in memory whole.
    ///
    /// - Parameter lanes: decides the lane of the envelope with that hash.
    func append(_ envelope: [UInt8], in lanes: Lanes) -> TipAppend {
        let hash = Hash256(hashing: envelope)
        return tip(hash, upload: nil, lanes) { slot in
            let writer = try SealedBodyWriter(
                deskSequence: slot.number, to: keys.get(), envelopeSHA256: hash.bytes)
            return try seal(into: slot, with: writer, expecting: hash) {
                $0 == 0 ? envelope[...] : nil
            }
        }
    }

    /// The append of a staged upload, whose envelope must have this hash: one that has not is dropped.
    func append(upload: [UInt8], sha256: Hash256, in lanes: Lanes) -> TipAppend {
        tip(sha256, upload: upload, lanes) { slot in
            let writer = try SealedBodyWriter(deskSequence: slot.number, to: keys.get())
            do {
                return try seal(into: slot, with: writer, expecting: sha256) {
                    try slot.uploadRow($0)?[...]
                }
            } catch let error where Refusal(sealing: error) != .busy {
                throw AppendRefusal.unfitUpload(error)
            }
        }
    }

    private func tip(
        _ hash: Hash256, upload: [UInt8]?, _ lanes: Lanes,
        seal: @escaping (TipSlot) throws -> SealedTip
    ) -> TipAppend {
        TipAppend(
            envelope: hash, deskKey: Hash256(outline.keyID.bytes) ?? hash, upload: upload,
            lane: {
                // What is refused uses up nothing of the budget.
                _ = try keys.get()
                return try lanes.take(hash)
            },
            seal: { slot in
                do { return try seal(slot) } catch {
                    lanes.giveBack(slot.lane)
                    throw error
                }
            })
    }

    /// Seals piece after piece; `part` gives the envelope's parts in order, nil after the last.
    private func seal(
        into slot: TipSlot, with writer: consuming SealedBodyWriter, expecting hash: Hash256,
        part: (UInt32) throws -> ArraySlice<UInt8>?
    ) throws -> SealedTip {
        let commitS = writer.commitment
        try slot.write(row: writer.firstRow)
        var index: UInt32 = 0
        var rest = try part(index) ?? []
        while !rest.isEmpty {
            let piece = rest.prefix(EnvelopeLimits.chunkBytes)
            rest = rest.dropFirst(piece.count)
            if rest.isEmpty {
                index += 1
                rest = try part(index) ?? []
            }
            try slot.write(row: writer.seal(piece, isLast: rest.isEmpty))
        }
        let summary = try writer.finish()
        guard summary.envelopeSHA256 == hash.bytes else { throw Refusal.uploadMismatch }
        _ = try EnvelopeOutline.inspect(outline.bytes[...], totalBytes: summary.envelopeBytes)
        guard let body = Hash256(summary.bodySHA256), let commit = Hash256(outline.commitment),
            let commitS = Hash256(commitS)
        else { throw Refusal.malformed }
        return SealedTip(
            body: body, commit: commit, commitS: commitS, size: UInt64(summary.envelopeBytes))
    }
}
