import Envelope
import Ledger
import Notes
import Sodium
import Synchronization
import Testing

@testable import Vault

/// A report that is in the ledger and whose sender has lost the answer: it gets its entry, whatever has changed since.
@Suite("Known reports")
struct KnownReportTests {
    /// To a key that no roster has any more.
    private static func note(_ tip: Hash256, _ triage: [UInt8], number: UInt64) throws -> Note {
        let gone = try NoteSigner(
            name: "\(VaultFixture.origin)/desk-ar/operator-0", seed: SecretBytes(random: 32))
        return try gone.sign(
            ReportNote(
                origin: VaultFixture.origin, tip: tip.bytes, number: number,
                commitR: Randomness.bytes(32), triageHash: Hash256(hashing: triage).bytes,
                recipients: [.init(keyID: Randomness.bytes(32), wrap: Randomness.bytes(1_232))]))
    }

    private let triage = [UInt8](repeating: 7, count: 4_112)

    /// A report that the ledger has from an office, by a member who is gone, to a key that is.
    private func append(from sender: String, _ vault: VaultFixture) throws -> (Note, Entry) {
        let ledger = vault.core.ledger
        let tip = AppendItem.tip(
            TipAppend(envelope: Hash256(hashing: [1]), deskKey: Hash256(hashing: [2])) { slot in
                try slot.write(row: [1])
                let hash = Hash256(hashing: [1])
                return SealedTip(body: hash, commit: hash, commitS: hash, size: 1)
            })
        let tick = vault.core.book.tick
        let subject = try #require(try ledger.appendGroup([tip], tick: tick)[0].entry?.commitment)
        let note = try Self.note(subject, triage, number: 1)
        let report = ReportAppend(
            note: note.encoded, triage: triage, tip: subject, sender: sender,
            recipient: "police-ar", number: 1)
        let entry = try ledger.appendGroup([.report(report)], tick: tick)[0].entry
        return (note, try #require(entry))
    }

    private func answer(
        _ note: Note, _ vault: VaultFixture, at seconds: UInt64
    ) async throws -> VaultReply {
        let request = try vault.signed(.report(note: note.encoded, triage: triage), at: seconds)
        let service = StaffService(core: vault.core, start: VaultFixture.now - 1)
        return await VaultFixture.answer { service.handle(request, answer: $0) }
    }

    @Test(
        "a colleague gets the entry of a report whose signer and key are gone, in an expired roster too"
    )
    func known() async throws {
        let now = Mutex(VaultFixture.now)
        let vault = try VaultFixture(
            clock: VaultClock(now: { now.withLock { $0 } }, elapsed: { 0 }))
        let (note, entry) = try append(from: "desk-ar", vault)
        let later = VaultFixture.now + 81 * 86_400
        for seconds in [VaultFixture.now, later] {
            now.withLock { $0 = seconds }
            guard case .promised(let promised) = try await answer(note, vault, at: seconds) else {
                Issue.record("it is not known")
                continue
            }
            #expect(promised.record == entry.record && promised.salt == entry.salt)
        }
        #expect(vault.core.book.isExpired(at: later))
        let unknown = try Self.note(
            Hash256(hashing: [3]), triage, number: 2)
        #expect(try await answer(unknown, vault, at: later) == .refused(.notAllowed))
    }

    @Test("another office gets nothing, as for one that is not there")
    func others() async throws {
        let vault = try VaultFixture()
        let (note, _) = try append(from: "desk-br", vault)
        let reply = try await answer(note, vault, at: VaultFixture.now)
        #expect(reply == .refused(.notAllowed))
    }
}
