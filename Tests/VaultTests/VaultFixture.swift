import Crypto
import Envelope
import Foundation
import Ledger
import Notes
import Roster
import Sodium
import Synchronization

@testable import Vault

/// Seconds that pass only when a test says so.
final class Elapsed: Sendable {
    let seconds = Mutex<UInt64>(0)

    func pass(_ more: UInt64) { seconds.withLock { $0 += more } }
}

/// A vault with a ledger of its own, one desk of AR and its operator; the folder goes with it.
final class VaultFixture: Sendable {
    static let origin = "gateway.example/test"
    static let now: UInt64 = 1_800_000_000
    static let pin = [UInt8](repeating: 1, count: 32)

    final class Told: Sendable {
        let lines = Mutex<[String]>([])
    }

    let folder: String
    let core: VaultCore
    /// What the operator was told.
    let told = Told()
    private let authority: NoteSigner
    private let member: NoteSigner

    let elapsed = Elapsed()

    init(
        attachmentBytesMax: Int = 1 << 20, diskReserveBytes: UInt64 = 0,
        clock: VaultClock? = nil
    ) throws {
        folder =
            FileManager.default.temporaryDirectory
            .appending(path: "vault-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
        let log = try Self.signer(Self.origin)
        member = try Self.signer("\(Self.origin)/desk-ar/operator-1")
        let ledger = try LedgerStore(path: folder + "/ledger.sqlite", signer: log)
        authority = try Self.signer("\(Self.origin)/authority-1")
        let clock =
            clock
            ?? VaultClock(
                now: { Self.now }, elapsed: { [elapsed] in elapsed.seconds.withLock { $0 } })
        let files = try Self.roster(by: authority, log: log.verifier, member: member.verifier)
        let told = told
        core = try VaultCore(
            ledger: ledger,
            book: RosterBook.open(
                ledger: ledger, files: .success(files), clock: clock),
            pages: PageShelf(ledger), clock: clock,
            limits: VaultLimits(
                diskReserveBytes: diskReserveBytes, attachmentBytesMax: attachmentBytesMax,
                uploadIdleSeconds: 600,
                flood: FloodLimits(tipsPerMinute: 10, formsPerMinute: 10), folder: folder),
            fail: { reason in preconditionFailure("the vault would end: \(reason)") },
            tell: { line in told.lines.withLock { $0.append(line) } })
    }

    deinit {
        core.stop()
        try? FileManager.default.removeItem(atPath: folder)
    }

    private static func signer(_ name: String) throws -> NoteSigner {
        try NoteSigner(name: name, seed: SecretBytes(random: 32))
    }

    private static func roster(
        by authority: NoteSigner, log: NoteVerifier, member: NoteVerifier
    ) throws -> RosterFiles {
        var draft = RosterDraft(
            founding: origin, authorities: [authority.verifier], threshold: 1, log: log,
            tickSeconds: 3_600, expires: now + 80 * 86_400)
        try draft.addDesk("desk-ar", state: "AR")
        for use in KeyUse.allCases {
            try draft.addKey(
                KeyLine(
                    origin: origin, office: "desk-ar", state: "AR", use: use,
                    publicKey: Randomness.bytes(use.publicKeyBytes)))
        }
        try draft.addMember("operator-1", of: "desk-ar", verifier: member, pins: [pin])
        let (text, staff) = try draft.finished()
        return RosterFiles(note: try authority.sign(text).encoded, staff: staff)
    }

    /// The newest roster of the ledger.
    func newest() throws -> Roster {
        guard let entry = try core.ledger.rosters().last else { throw RosterError.malformed("") }
        return try Roster(note: Note(parsing: entry.note), staff: entry.staff)
    }

    /// The version after the newest, signed; `rewrite` changes its text as no edit would.
    func next(
        expires: UInt64 = now + 80 * 86_400,
        _ edit: (inout RosterDraft) throws -> Void = { _ in },
        rewrite: (String) -> String = { $0 }
    ) throws -> RosterFiles {
        var draft = RosterDraft(after: try newest(), expires: expires)
        try edit(&draft)
        let (part, staff) = try draft.finished()
        let text = rewrite(String(decoding: part.text, as: UTF8.self))
        let body = try PublicRoster(text: Array(text.utf8))
        return RosterFiles(note: try authority.sign(body).encoded, staff: staff)
    }

    /// Gives the vault a roster, and waits until it is known what becomes of it.
    func load(_ files: RosterFiles) async -> RosterOutcome {
        let loader = RosterLoader(core: core) {}
        return await withCheckedContinuation { continuation in
            loader.load(.success(files)) { continuation.resume(returning: $0) }
        }
    }

    /// Has a change made.
    func change(_ work: Change.Work) async -> VaultReply {
        await Self.answer { core.change(work, answer: $0) }
    }

    /// A read as the operator's program signs it.
    func signed(
        _ action: StaffRequest.Action, at seconds: UInt64 = now
    ) throws -> StaffRequest {
        let line = action.line
        let note = RequestNote(
            origin: Self.origin, method: line.method, target: line.target,
            bodyHash: Array(SHA256.hash(data: action.httpBody)), seconds: seconds,
            nonce: Randomness.bytes(16))
        return StaffRequest(
            action: action, authorisation: try member.sign(note).encoded, pin: Self.pin)
    }

    /// Waits for what a service answers.
    static func answer(
        to ask: (@escaping @Sendable (VaultReply) -> Void) -> Void
    ) async -> VaultReply {
        await withCheckedContinuation { continuation in
            ask { continuation.resume(returning: $0) }
        }
    }
}
