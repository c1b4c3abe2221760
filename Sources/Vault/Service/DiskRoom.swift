import Foundation
import Ledger

/// Whether the disk has room: what is free on it, and what is free inside the ledger's file, which never gets shorter.
struct DiskRoom: Sendable {
    /// What has to be free outside the file in any case, in bytes: the write-ahead log grows there.
    static let outsideBytesMin: UInt64 = 16 << 20

    let limits: VaultLimits
    let ledger: LedgerStore

    /// Whether the reserve is free.
    func isThere() -> Bool { isThere(limits.diskReserveBytes) }

    /// Whether what ordinary tips may not use of the reserve is free.
    func isThereForOrdinaryTips() -> Bool { isThere(limits.ordinaryReserveBytes) }

    /// Bytes that are free beyond the reserve.
    func beyondReserve() -> UInt64 {
        let free = (outside() ?? 0) + ledger.reusableBytes
        return free > limits.diskReserveBytes ? free - limits.diskReserveBytes : 0
    }

    /// A disk that cannot be asked counts as full.
    private func isThere(_ bytes: UInt64) -> Bool {
        guard let outside = outside() else { return false }
        return Self.isThere(bytes, outside: outside, inside: ledger.reusableBytes)
    }

    private func outside() -> UInt64? {
        let attributes = try? FileManager.default.attributesOfFileSystem(forPath: limits.folder)
        return (attributes?[.systemFreeSize] as? NSNumber)?.uint64Value
    }

    /// - Parameters:
    ///   - bytes: what is asked for.
    ///   - outside: bytes that are free on the disk.
    ///   - inside: bytes that are free in the file.
    static func isThere(_ bytes: UInt64, outside: UInt64, inside: UInt64) -> Bool {
        outside >= min(bytes, outsideBytesMin) && outside + inside >= bytes
    }
}
