internal import CConfinement
internal import Glibc

/// The capability sets of the calling thread (capabilities(7)).
enum Capabilities {
    static func drop() throws(ConfinementError) {
        // Fails without CAP_SETPCAP, where there is nothing to drop: no_new_privs bars the way
        // back.
        for capability in UInt(0)..<64 { _ = process(PR_CAPBSET_DROP, capability) }
        _ = process(PR_CAP_AMBIENT, UInt(PR_CAP_AMBIENT_CLEAR_ALL))
        let version3: UInt32 = 0x2008_0522
        var header: [UInt32] = [version3, 0]
        let nothing = [UInt32](repeating: 0, count: 6)
        guard unsafe cconfinement_capset(&header, nothing) == 0 else { throw lastError("capset") }
    }

    /// Whether any capability is left in the bounding set.
    static var boundingSetIsEmpty: Bool {
        !(UInt(0)..<64).contains { process(PR_CAPBSET_READ, $0) == 1 }
    }
}
