internal import CConfinement
internal import Glibc

/// Landlock (Linux, Documentation/userspace-api/landlock.rst): rights over files, ports and other
/// processes.
enum Landlock {
    /// Gives up every right that this kernel's Landlock knows, with no exception, for the calling
    /// thread and its descendants.
    ///
    /// - Returns: the ABI the kernel has: 1 to 3 know files only, 4 adds TCP ports, 6 adds signals
    ///   and abstract sockets.
    static func giveUpEverything() throws(ConfinementError) -> Int {
        let versionFlag: UInt32 = 1
        let abi = Int(cconfinement_landlock_create_ruleset(nil, 0, versionFlag))
        guard abi >= 1 else { throw .missing(mechanism: "Landlock", code: errno) }
        let attributes = handledRights(abi: abi)
        let size = attributes.count * MemoryLayout<UInt64>.size
        let ruleset = unsafe cconfinement_landlock_create_ruleset(attributes, size, 0)
        guard ruleset >= 0 else { throw .missing(mechanism: "Landlock", code: errno) }
        let owned = Descriptor(owning: ruleset)
        guard cconfinement_landlock_restrict_self(owned.number, 0) == 0 else {
            throw .missing(mechanism: "Landlock", code: errno)
        }
        return abi
    }

    /// `struct landlock_ruleset_attr` as far as the ABI has it: files, network, scopes.
    static func handledRights(abi: Int) -> [UInt64] {
        // Bits 0 to 12 came with ABI 1, REFER with 2, TRUNCATE with 3, IOCTL_DEV with 5.
        let fileBits = abi >= 5 ? 16 : abi >= 3 ? 15 : abi >= 2 ? 14 : 13
        let files = (UInt64(1) << UInt64(fileBits)) - 1
        let bindAndConnect: UInt64 = 0b11
        let abstractSocketsAndSignals: UInt64 = 0b11
        if abi >= 6 { return [files, bindAndConnect, abstractSocketsAndSignals] }
        return abi >= 4 ? [files, bindAndConnect] : [files]
    }
}
