import Notes

/// Every limit of the ledger, with its unit.
public enum LedgerLimits {
    /// Longest tick, in seconds.
    public static let tickSecondsMax = Seconds.perDay
    /// Hashes of a full tile, and the number that every signed tree size is a multiple of (C2SP
    /// tlog-tiles).
    public static let tileHashCount = 256
    /// Items of one group append: what one fsync is shared by.
    public static let groupItemsMax = 4_096
    /// Longest record, in bytes of JCS.
    public static let recordBytesMax = 8_192
    /// Longest note, in encoded bytes.
    public static let noteBytesMax = 1 << 20
    /// Longest attachment of a note (sealed triage, staff part), in bytes.
    public static let attachmentBytesMax = 8 << 20
    /// Longest row of a body or an upload, in bytes.
    public static let rowBytesMax = 1 << 17
    /// Rows of one body or upload.
    public static let rowCountMax: UInt32 = 1 << 20
    /// Bytes of a reply's blob.
    public static let replyBytes = 4_144
    /// Slots of one mailbox answer.
    public static let mailboxSlots = 4
    /// Longest name of an office, in bytes of UTF-8.
    public static let officeNameBytesMax = 128
    /// Largest number that a record may hold: integers of JCS stay below 2^53.
    public static let recordIntegerMax: UInt64 = (1 << 53) - 1
    /// Rows of one page of a view.
    public static let pageRowsMax = 1_000
    /// Bytes of what one page of a view lists, after which it takes no more; it has one row all the same.
    public static let pageBytesMax = 1 << 20
}
