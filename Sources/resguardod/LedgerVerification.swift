import Confinement
import Foundation
import Ledger

/// `--verify-ledger`: recomputes everything that a stopped daemon has stored.
enum LedgerVerification {
    /// Says what is wrong, one fault a line, and then how much was looked at.
    ///
    /// Takes the state folder as a daemon does, so that none starts meanwhile.
    ///
    /// - Returns: the exit code: 0 if everything is as it was promised, 69 if a daemon has the folder, else 65.
    static func run(_ settings: VaultSettings) throws -> Int32 {
        guard let lock = try FolderLock.take(settings.stateDirectory) else {
            Log.line("\(ConfinementError.inUse(path: settings.stateDirectory))")
            return 69
        }
        defer { withExtendedLifetime(lock) {} }
        Confinement.hardenProcess(child: false)
        do {
            return try check(settings)
        } catch {
            Log.line("\(error)")
            return 65
        }
    }

    private static func check(_ settings: VaultSettings) throws -> Int32 {
        let path = VaultRole.ledgerPath(settings)
        guard FileManager.default.fileExists(atPath: path) else {
            Log.line("there is no ledger at \(path)")
            return 65
        }
        let check = try VaultRole.openLedger(settings).verifyAll()
        for fault in check.faults { Log.line(fault) }
        guard check.faults.isEmpty else {
            let isCut = check.faults.count == LedgerCheck.faultsMax
            Log.line("\(isCut ? "at least " : "")\(check.faults.count) faults in the ledger")
            return 65
        }
        Log.line(
            "the ledger holds: \(check.entries) entries, \(check.placed) of them in the tree and "
                + "\(check.pending) promised for a tick that is not over, under \(check.checkpoints) "
                + "checkpoints; \(check.shredded) were shredded")
        return 0
    }
}
