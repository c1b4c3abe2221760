import Ledger
import Notes
import Sodium

/// Answers the public edge's table.
struct PublicService: RequestHandler {
    let core: VaultCore

    func handle(_ request: PublicRequest, answer: @escaping @Sendable (VaultReply) -> Void) {
        switch request {
        case .submit(let envelope, let source):
            core.change(.tip(envelope: envelope, from: source), answer: answer)
        case .beginUpload: core.change(.beginUpload, answer: answer)
        case .uploadChunk(let id, let index, let bytes):
            core.change(.uploadChunk(id: id, index: index, bytes: bytes), answer: answer)
        case .finishUpload(let id, let sha256, let source):
            core.change(.finishUpload(id: id, sha256: sha256, from: source), answer: answer)
        // Reads no row, and has to answer when nothing else does.
        case .health:
            core.read(.operations, evenIfStopped: true, answer: answer) {
                .bytes(Operations(core: core).health())
            }
        case .metrics:
            core.read(.operations, answer: answer) {
                .bytes(try Operations(core: core).metrics())
            }
        // Where a key was revoked, the edge learns it of these, whatever is read meanwhile.
        case .roster: core.recall(answer: answer) { core.book.publicDocument }
        case .page:
            core.recall(answer: answer) { () throws(Refusal) in try found(core.pages.document) }
        case .effort: core.recall(answer: answer) { core.flood.asked() }
        default: core.read(.everybody, answer: answer) { .bytes(try bytes(for: request)) }
        }
    }

    private func bytes(for request: PublicRequest) throws -> [UInt8] {
        switch request {
        case .proof(let commitment): return try proof(commitment)
        case .mailbox(let id, let cursor): return try mailbox(id, after: cursor)
        case .checkpoint: return try found(core.ledger.checkpoint())
        case .tile(let level, let index, let width):
            let width = width == 0 ? LedgerLimits.tileHashCount : Int(width)
            let address = TileAddress(level: Int(level), index: index, width: width)
            return try found(address.flatMap { try core.ledger.tile($0) })
        case .entries(let index, let width):
            let width = width == 0 ? LedgerLimits.tileHashCount : Int(width)
            return try found(core.ledger.entryBundle(index: index, width: width))
        case .submit, .beginUpload, .uploadChunk, .finishUpload, .health, .metrics, .roster, .page,
            .effort:
            throw Refusal.malformed
        }
    }

    private func found(_ bytes: [UInt8]?) throws(Refusal) -> [UInt8] {
        guard let bytes else { throw .notFound }
        return bytes
    }

    private func proof(_ commitment: [UInt8]) throws -> [UInt8] {
        guard let hash = Hash256(commitment), let proof = try core.ledger.proof(of: hash) else {
            throw Refusal.notFound
        }
        return proof.encoded
    }

    private func mailbox(_ id: [UInt8], after cursor: UInt32) throws -> [UInt8] {
        guard let hash = Hash256(id) else { throw Refusal.malformed }
        return try MailboxSlots.answer(filling: { Randomness.bytes($0) }) {
            try core.ledger.mailbox(hash, after: cursor)
        }
    }
}
