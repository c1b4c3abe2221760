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

    let folder: String
    let core: VaultCore
    private let member: NoteSigner

    let elapsed = Elapsed()

    init(attachmentBytesMax: Int = 1 << 20, diskReserveBytes: UInt64 = 0) throws {
        folder =
            FileManager.default.temporaryDirectory
            .appending(path: "vault-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
        let log = try Self.signer(Self.origin)
        member = try Self.signer("\(Self.origin)/desk-ar/operator-1")
        let ledger = try LedgerStore(path: folder + "/ledger.sqlite", signer: log)
        let clock = VaultClock(
            now: { Self.now }, elapsed: { [elapsed] in elapsed.seconds.withLock { $0 } })
        let files = try Self.roster(log: log.verifier, member: member.verifier)
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
            tell: { _ in })
    }

    deinit {
        core.stop()
        try? FileManager.default.removeItem(atPath: folder)
    }

    private static func signer(_ name: String) throws -> NoteSigner {
        try NoteSigner(name: name, seed: SecretBytes(random: 32))
    }

    private static func roster(log: NoteVerifier, member: NoteVerifier) throws -> RosterFiles {
        let authority = try signer("\(origin)/authority-1")
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

    /// A read as the operator's program signs it.
    func signed(_ action: StaffRequest.Action) throws -> StaffRequest {
        let line = action.line
        let note = RequestNote(
            origin: Self.origin, method: line.method, target: line.target,
            bodyHash: Array(SHA256.hash(data: action.httpBody)), seconds: Self.now,
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
