/// How much a tick writes into the write-ahead log at most.
///
/// Commitments and envelopes are random, so that in a long log each entry of a tick changes a page of its own, whole, in
/// `placed` and in `answered`: a tick of five thousand entries over a million writes 37 MiB of `placed` alone.
enum TickSize {
    /// Indexes in which entries lie in random order.
    private static let indexes: UInt64 = 2
    /// Rows of the sparsest page of such an index: one that is half full.
    private static let rowsPerPageMin: UInt64 = 128
    /// What an entry brings to its end of the other tables, in bytes: its place, its hash in a tile.
    private static let bytesBeside: UInt64 = 128

    /// - Parameters:
    ///   - waiting: entries that get their place with the tick.
    ///   - placed: entries that have theirs.
    static func bytes(waiting: Int, placed: UInt64) -> UInt64 {
        let waiting = UInt64(waiting)
        let pages = min(waiting, (placed + waiting) / rowsPerPageMin + 1)
        return indexes * pages * UInt64(Schema.pageBytes) + waiting * bytesBeside
    }
}
