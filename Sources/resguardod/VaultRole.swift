import Confinement
import Foundation
import Ledger
import Notes
import Roster
import Sodium
import Synchronization
import Vault

/// The body of the vault.
enum VaultRole {
    /// The log's key file: 32 bytes in base64 and a line feed, in bytes.
    private static let seedFileBytesMax = 64
    /// A roster's note or staff part, in bytes: a longer one could not be handed out.
    private static let rosterBytesMax = RosterLimits.documentBytesMax
    /// A page note, in bytes.
    private static let pageNoteBytesMax = 1 << 20

    static func run(_ settings: VaultSettings) throws {
        var signals = SignalQueue(blocking: [SIGTERM])
        let ledger = try openLedger(settings)
        let limits = VaultLimits(
            diskReserveBytes: UInt64(settings.diskReserveBytes),
            attachmentBytesMax: settings.attachmentBytesMax,
            uploadIdleSeconds: UInt64(settings.uploadIdleSeconds),
            flood: FloodLimits(
                tipsPerMinute: settings.floodTipsPerMinute,
                formsPerMinute: settings.floodFormsPerMinute),
            folder: settings.stateDirectory)
        let files = Result {
            try roster(
                note: Descriptor.opening(settings.rosterNote),
                staff: Descriptor.opening(settings.rosterStaff))
        }
        let server = try VaultServer(
            ledger: ledger, roster: files, clock: .system, limits: limits
        ) { reason in
            Log.line("vault: \(reason); ending, because what is stored must not be guessed at")
            exit(74)
        } tell: { text in
            Log.line("vault: \(text)")
        } told: { outcome in
            if outcome != .unchanged { Log.line("vault: \(words(outcome))") }
        }
        do {
            if let path = settings.pageNote { try load(page: Descriptor.opening(path), server) }
        } catch {
            // Tips are taken without one, and the edge says whose its pages are.
            Log.line("vault: the page note stays as it was: \(error)")
        }
        server.servePublicEdge(on: InheritedDescriptor.publicPair)
        server.serveStaffEdge(on: InheritedDescriptor.staffPair)
        try ControlReceiver.start(descriptor: InheritedDescriptor.control) { event in
            hear(event, server)
        }
        _ = signals.next(timeout: nil)
        server.stop()
    }

    /// The ledger's database.
    static func ledgerPath(_ settings: VaultSettings) -> String {
        settings.stateDirectory + "/ledger.sqlite"
    }

    /// Opens the ledger, or makes an empty one, with the log's key.
    static func openLedger(_ settings: VaultSettings) throws -> LedgerStore {
        try LedgerStore(
            path: ledgerPath(settings),
            signer: NoteSigner(name: settings.origin, seed: seed(settings.logKey)))
    }

    private static func hear(_ event: ControlEvent, _ server: VaultServer) {
        switch event {
        case .newPublicPair(let descriptor): server.servePublicEdge(on: descriptor)
        case .newStaffPair(let descriptor): server.serveStaffEdge(on: descriptor)
        case .reloadRoster(let note, let staff):
            let files = Result {
                try roster(note: Descriptor(owning: note), staff: Descriptor(owning: staff))
            }
            server.load(files) { Log.line("vault: \(words($0))") }
        case .reloadPage(let note):
            do {
                try load(page: Descriptor(owning: note), server)
            } catch {
                Log.line("vault: the page note stays as it was: \(error)")
            }
        case .supervisorGone:
            server.stop()
            exit(0)
        case .newVaultPair, .newTLSFiles: break
        }
    }

    private static func words(_ outcome: RosterOutcome) -> String {
        switch outcome {
        case .taken, .unchanged: "read the roster again"
        case .waiting(let reason):
            "the roster did not take force: \(reason); whom it revokes is not revoked yet, "
                + "and it is tried again until it can be taken"
        case .refused(let reason): "the roster stays as it was: \(reason)"
        }
    }

    private static func load(page: consuming Descriptor, _ server: VaultServer) throws {
        let note = try page.contents(bytesMax: pageNoteBytesMax, name: "page note")
        server.load(page: note) { Log.line("vault: \(words($0))") }
    }

    private static func words(_ outcome: PageOutcome) -> String {
        switch outcome {
        case .taken: "read the page note"
        case .waiting(let reason): "the page note waits: \(reason)"
        case .refused(let reason): "the page note stays as it was: \(reason)"
        }
    }

    private static func seed(_ path: String) throws -> SecretBytes {
        let file = try PrivateFile.open(path)
        let text = try file.contents(bytesMax: seedFileBytesMax, name: path)
        let trimmed = String(decoding: text, as: UTF8.self)
            .trimmingCharacters(in: .whitespacesAndNewlines)
        return try SecretBytes(copying: Base64.decode(trimmed))
    }

    private static func roster(
        note: consuming Descriptor, staff: consuming Descriptor
    ) throws -> RosterFiles {
        RosterFiles(
            note: try note.contents(bytesMax: rosterBytesMax, name: "roster note"),
            staff: try staff.contents(bytesMax: rosterBytesMax, name: "roster's staff part"))
    }
}
