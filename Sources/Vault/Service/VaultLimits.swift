import Foundation
import Ledger

/// Sizes and reserves of one vault.
public struct VaultLimits: Sendable {
    /// Bytes that stay free on the disk: below that nothing new is taken.
    public var diskReserveBytes: UInt64
    /// The sum of a tip's attachments, in bytes.
    public var attachmentBytesMax: Int
    /// The folder of the ledger.
    public var folder: String

    /// Puts the limits together.
    public init(diskReserveBytes: UInt64, attachmentBytesMax: Int, folder: String) {
        self.diskReserveBytes = diskReserveBytes
        self.attachmentBytesMax = attachmentBytesMax
        self.folder = folder
    }

    /// Pieces of an upload: the attachments with an eighth for padding (Padmé adds at most 12 %), and the rest of the
    /// tip.
    var uploadChunksMax: UInt32 {
        let bytes = attachmentBytesMax + attachmentBytesMax / 8 + (1 << 20)
        return UInt32(bytes / WireLimits.uploadChunkBytes + 1)
    }

    /// Ticks for which an upload and the answer to an envelope are kept: a day (formats.md §4, §8).
    func keepTicks(_ ticks: Ticks) -> UInt64 { ticks.perDay }

    /// Whether the reserve is free.
    ///
    /// A disk that cannot be asked counts as full.
    func hasRoom() -> Bool {
        let attributes = try? FileManager.default.attributesOfFileSystem(forPath: folder)
        guard let free = attributes?[.systemFreeSize] as? NSNumber else { return false }
        return free.uint64Value >= diskReserveBytes
    }
}
