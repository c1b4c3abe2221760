import Ledger

/// Sizes and reserves of one vault.
public struct VaultLimits: Sendable {
    /// Bytes that stay free beside what the next tick will write (`DiskRoom`): below that no upload is begun and no tip
    /// goes into quarantine.
    ///
    /// Half of it is for ordinary tips (`ordinaryReserveBytes`), so that an attack which fills the disk with quarantined
    /// ones does not close the door for the others.
    public var diskReserveBytes: UInt64
    /// Bytes that stay free from ordinary tips too, for ticks and the work of the offices.
    var ordinaryReserveBytes: UInt64 { diskReserveBytes / 2 }
    /// The sum of a tip's attachments, in bytes; 0 where no State takes any, and then no upload is begun.
    public var attachmentBytesMax: Int
    /// Seconds without enough that is new (`UploadBudget`) after which an upload may have to make room for others.
    public var uploadIdleSeconds: UInt64
    /// How many tips go into the ordinary lane.
    public var flood: FloodLimits
    /// The folder of the ledger.
    public var folder: String

    /// Puts the limits together.
    public init(
        diskReserveBytes: UInt64, attachmentBytesMax: Int, uploadIdleSeconds: UInt64,
        flood: FloodLimits, folder: String
    ) {
        self.diskReserveBytes = diskReserveBytes
        self.attachmentBytesMax = attachmentBytesMax
        self.uploadIdleSeconds = uploadIdleSeconds
        self.flood = flood
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
}
