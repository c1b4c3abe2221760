import ArgumentParser
import Confinement
import Foundation
import Ledger

/// The start of every role: harden, read the role's settings, and go.
enum RoleProcess {
    /// The largest settings document, in bytes.
    private static let settingsBytesMax = 65_536

    /// Runs the role until it ends.
    static func run(_ role: Role) throws {
        Confinement.hardenProcess(child: true)
        // Before any thread exists: one that did not inherit the mask would take the signal by its
        // default, in the middle of a request. The role waits for it when it is ready to.
        _ = SignalQueue(blocking: [Signal.terminate])
        do {
            switch role {
            case .vault: try VaultRole.run(settings())
            case .edgePublic: try EdgeRole.run(publicEdge: settings())
            case .edgeStaff: try EdgeRole.run(staffEdge: settings())
            }
        } catch let code as ExitCode {
            throw code
        } catch {
            Log.line("\(role.words): \(error)")
            throw ExitCode(exitCode(for: error))
        }
    }

    /// The exit code that says what went wrong, for the supervisor: 77 refused, 75 for what passes
    /// by itself, such as a full disk, else 65, because a role that throws could not begin with what
    /// it was given.
    private static func exitCode(for error: any Error) -> Int32 {
        switch error {
        case ConfinementError.openPermissions, ConfinementError.missing,
            ConfinementError.moreThanOneThread:
            77
        case LedgerError.full, LedgerError.unavailable: 75
        default: 65
        }
    }

    private static func settings<Value: Decodable>() throws -> Value {
        let file = Descriptor(owning: InheritedDescriptor.settings)
        let json = try file.contents(bytesMax: settingsBytesMax, name: "settings")
        return try JSONDecoder().decode(Value.self, from: Data(json))
    }
}

/// The daemon's own lines on standard error: what happens to it, never to a request; no time, no
/// address.
enum Log {
    static func line(_ text: String) { StandardError.line("resguardod: \(text)") }
}
