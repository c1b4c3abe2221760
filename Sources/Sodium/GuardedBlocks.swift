import CSodium
import Synchronization

/// Small blocks of guarded memory that were given back, wiped, and are kept for the next secret of the same size.
///
/// `sodium_malloc` and `sodium_free` make about eight system calls a pair, 50 µs here, and sealing a tip takes five
/// secrets. A kept block stays locked, fenced and out of core dumps, and holds zeros. Of libsodium's checks one comes
/// later: the canary before a block is looked at only when the block is really freed. A write past the end meets the
/// guard page at once, as ever.
enum GuardedBlocks {
    /// Greatest block that is kept, in bytes: keys and pairs of keys.
    static let keptBytesMax = 128
    /// Greatest number of blocks kept of one size; each holds two locked pages at most.
    static let keptPerSizeMax = 8

    /// Addresses of kept blocks by their size in bytes: pointers do not pass through a `Mutex`, numbers do.
    private static let kept = Mutex<[Int: [UInt]]>([:])

    /// A block of exactly `count` zero bytes, or nil if the system refuses one.
    static func take(_ count: Int) -> UnsafeMutableRawPointer? {
        let address = kept.withLock { blocks in blocks[count]?.popLast() }
        if let address { return unsafe UnsafeMutableRawPointer(bitPattern: address) }
        guard let block = unsafe sodium_malloc(count) else { return nil }
        // sodium_malloc fills with 0xdb.
        unsafe sodium_memzero(block, count)
        return unsafe block
    }

    /// Wipes a block from `take` and keeps or frees it.
    static func giveBack(_ block: UnsafeMutableRawPointer, count: Int) {
        unsafe sodium_memzero(block, count)
        let address = UInt(bitPattern: block)
        let isKept = kept.withLock { blocks in
            guard count <= keptBytesMax, blocks[count, default: []].count < keptPerSizeMax else {
                return false
            }
            blocks[count, default: []].append(address)
            return true
        }
        // It wipes too, and checks the canary.
        if !isKept { unsafe sodium_free(block) }
    }

    /// Number of blocks of `count` bytes that wait to be used again.
    static func keptBlocks(of count: Int) -> Int {
        kept.withLock { blocks in blocks[count]?.count ?? 0 }
    }
}
