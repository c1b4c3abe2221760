import ArgumentParser
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

    /// The exit code after the storage failed: the next vault makes durable what it finds before it serves.
    private static let storageFailed: Int32 = 74

    static func run(_ settings: VaultSettings) throws {
        var signals = SignalQueue(blocking: [SIGTERM])
        do {
            let server = try open(settings)
            try ControlReceiver.start(descriptor: InheritedDescriptor.control) { event in
                hear(event, server)
            }
            _ = signals.next(timeout: nil)
            server.stop()
        } catch LedgerError.fatal(let reason) {
            try standIn(for: LedgerError.fatal(reason), &signals)
        }
    }

    /// A storage that fails at the start is tried again after a while, not at once.
    private static func standIn(for error: LedgerError, _ signals: inout SignalQueue) throws {
        Log.line("vault: \(error); nothing is served or taken, and it is tried again in a while")
        let standIn = VaultStandIn(reason: "\(error)")
        standIn.servePublicEdge(on: InheritedDescriptor.publicPair)
        standIn.serveStaffEdge(on: InheritedDescriptor.staffPair)
        try ControlReceiver.start(descriptor: InheritedDescriptor.control) { event in
            switch event {
            case .newPublicPair(let descriptor): standIn.servePublicEdge(on: descriptor)
            case .newStaffPair(let descriptor): standIn.serveStaffEdge(on: descriptor)
            case .supervisorGone: exit(0)
            // The next vault reads the files itself.
            case .reloadRoster, .reloadPage, .newVaultPair, .newTLSFiles, .rosterUnread,
                .pageUnread, .tlsUnread, .tlsRead:
                for number in event.descriptors { _ = Descriptor(owning: number) }
            }
        }
        let isToldToEnd = signals.next(timeout: .seconds(VaultServer.heldSeconds)) != nil
        throw ExitCode(isToldToEnd ? 0 : storageFailed)
    }

    private static func open(_ settings: VaultSettings) throws -> VaultServer {
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
        let clock = VaultClock.system(
            confirmedUntil: UInt64(settings.clockConfirmedUntilSeconds))
        let server = try VaultServer(
            ledger: ledger, roster: files, clock: clock, limits: limits
        ) {
            exit(storageFailed)
        } tell: { text in
            Log.line("vault: \(text)")
        } told: { outcome in
            if outcome != .unchanged { Log.line("vault: \(words(outcome))") }
        }
        if let path = settings.pageNote {
            load(page: Result { try page(Descriptor.opening(path)) }, server)
        }
        server.servePublicEdge(on: InheritedDescriptor.publicPair)
        server.serveStaffEdge(on: InheritedDescriptor.staffPair)
        return server
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
            load(
                Result {
                    try roster(note: Descriptor(owning: note), staff: Descriptor(owning: staff))
                }, server)
        case .rosterUnread: load(.failure(Unread()), server)
        case .reloadPage(let note):
            load(page: Result { try page(Descriptor(owning: note)) }, server)
        case .pageUnread: load(page: .failure(Unread()), server)
        case .tlsUnread: server.warn(ofUnreadCertificate: true)
        case .tlsRead: server.warn(ofUnreadCertificate: false)
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

    /// What the supervisor could not open; the line before says why.
    private struct Unread: Error, CustomStringConvertible {
        var description: String { "its file could not be opened, and the daemon's log says why" }
    }

    private static func load(_ files: Result<RosterFiles, any Error>, _ server: VaultServer) {
        server.load(files) { Log.line("vault: \(words($0))") }
    }

    private static func load(page: Result<[UInt8], any Error>, _ server: VaultServer) {
        server.load(page: page) { Log.line("vault: \(words($0))") }
    }

    private static func page(_ file: consuming Descriptor) throws -> [UInt8] {
        try file.contents(bytesMax: pageNoteBytesMax, name: "page note")
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
