import Foundation
import Ledger

/// Whether the disk has room: what is free on it, and what is free inside the ledger's file, which never gets shorter.
struct DiskRoom: Sendable {
    /// What has to be free outside the file in any case, in bytes: the write-ahead log grows there.
    static let outsideBytesMin: UInt64 = 16 << 20

    let limits: VaultLimits
    let ledger: LedgerStore

    /// What is free at one moment.
    struct Free: Sendable {
        /// Whether the reserve is free.
        let hasReserve: Bool
        /// Whether what ordinary tips may not use of the reserve is free.
        let hasRoomForOrdinaryTips: Bool
        /// Bytes that are free beyond the reserve.
        let beyondReserve: UInt64
    }

    /// Asks the system; a disk that cannot be asked counts as full.
    ///
    /// What the next tick will write counts as used: the more waits for it, the sooner nothing more is taken.
    func free() -> Free {
        let outside = outside()
        let inside = ledger.reusableBytes
        let tick = ledger.nextTickBytes
        let isThere = { (bytes: UInt64) in
            outside.map { Self.isThere(bytes, besideTick: tick, outside: $0, inside: inside) }
                ?? false
        }
        let all = (outside ?? 0) + inside
        return Free(
            hasReserve: isThere(limits.diskReserveBytes),
            hasRoomForOrdinaryTips: isThere(limits.ordinaryReserveBytes),
            beyondReserve: all - min(all, limits.diskReserveBytes + tick))
    }

    private func outside() -> UInt64? {
        let attributes = try? FileManager.default.attributesOfFileSystem(forPath: limits.folder)
        return (attributes?[.systemFreeSize] as? NSNumber)?.uint64Value
    }

    /// - Parameters:
    ///   - bytes: what is asked for.
    ///   - tick: what the next tick will write into the write-ahead log.
    ///   - outside: bytes that are free on the disk.
    ///   - inside: bytes that are free in the file.
    static func isThere(
        _ bytes: UInt64, besideTick tick: UInt64, outside: UInt64, inside: UInt64
    ) -> Bool {
        outside >= min(bytes, outsideBytesMin) + tick && outside + inside >= bytes + tick
    }
}
