import Ledger

/// Which uploads have to make room, when the uploads hold as much as they may.
///
/// It knows nothing of who sends. In memory only: after a restart every upload counts as alive just now. Time comes in
/// as seconds that only pass.
struct UploadBudget {
    /// Uploads at once, with and without pieces.
    static let countMax = 16_384
    /// Of the room beyond the disk's reserve, uploads may hold one part in so many; the others are for tips.
    static let partsOfRoom: UInt64 = 2
    /// What an upload counts for beside its pieces, in bytes.
    static let bytesEach: UInt64 = 4_096
    /// New bytes that show that somebody is still sending: a whole piece, so that nobody holds much by sending little.
    static let growthBytesMin = WireLimits.uploadChunkBytes
    /// And of what an upload holds, one part in so many: who holds a thousand pieces shows it by eight.
    static let partsOfGrowth: UInt64 = 128
    /// Uploads that one group drops, so that it is not long before the tips of the next one have their turn.
    static let dropsMax = 256
    /// Turns in `order` that have passed, after which they are cleared away.
    private static let passedMax = 1_024

    fileprivate struct Upload {
        var bytes: UInt64
        /// Bytes that came since it last counted as alive.
        var growth = 0
        /// When that was.
        var alive: UInt64
        /// Its place in `order`.
        var turn: UInt64
    }

    /// An upload that made room, as it was.
    struct Dropped {
        let id: [UInt8]
        fileprivate let upload: Upload
    }

    private let idleSeconds: UInt64
    private var uploads: [[UInt8]: Upload] = [:]
    /// Who was alive when, the longest ago first; a turn that its upload does not have any more has passed.
    private var order: [(id: [UInt8], turn: UInt64)] = []
    private var nextTurn: UInt64 = 0
    /// What all of them hold, in bytes.
    private(set) var bytes: UInt64 = 0
    /// What is being written, in bytes.
    private(set) var reserved: UInt64 = 0
    /// What those held whose pieces are still to be deleted: as good as free.
    private var ended: UInt64 = 0

    /// - Parameter idleSeconds: how long an upload is left alone that does not grow.
    init(idleSeconds: UInt64) {
        self.idleSeconds = idleSeconds
    }

    /// Uploads that are known.
    var count: Int { uploads.count }

    /// What the uploads may hold together, in bytes.
    ///
    /// - Parameter free: bytes that are free beyond the reserve now.
    func bytesMax(free: UInt64) -> UInt64 { (free + ended + bytes) / Self.partsOfRoom }

    /// Whether there is room for so much more.
    ///
    /// - Parameters:
    ///   - more: bytes.
    ///   - uploads: uploads that begin with them.
    ///   - free: bytes that are free beyond the reserve now.
    func fits(_ more: UInt64, uploads: Int = 0, free: UInt64) -> Bool {
        bytes + reserved + more <= bytesMax(free: free) && count + uploads <= Self.countMax
    }

    /// Whether an upload is known.
    func has(_ id: [UInt8]) -> Bool { uploads[id] != nil }

    /// Counts an upload that begins.
    mutating func begin(_ id: [UInt8], holding held: UInt64 = 0, now: UInt64) {
        let all = Self.bytesEach + held
        uploads[id] = Upload(bytes: all, alive: now, turn: takeTurn(id))
        bytes += all
    }

    private mutating func takeTurn(_ id: [UInt8]) -> UInt64 {
        order.append((id, nextTurn))
        defer { nextTurn += 1 }
        return nextTurn
    }

    /// Counts a piece that is going to be written.
    mutating func reserve(_ count: UInt64) { reserved += count }

    /// Everything that was reserved is written, or is not.
    mutating func settle() {
        reserved = 0
        // Each upload that is known has one turn that has not passed.
        guard order.count - uploads.count > Self.passedMax else { return }
        order.removeAll { uploads[$0.id]?.turn != $0.turn }
    }

    /// Counts a piece that was written; one that only replaces what was there is no sign of life.
    mutating func grow(_ id: [UInt8], by growth: Int, now: UInt64) {
        guard var upload = uploads[id] else { return }
        let held = UInt64(max(Int(Self.bytesEach), Int(upload.bytes) + growth))
        bytes = bytes - upload.bytes + held
        upload.bytes = held
        upload.growth += growth
        if upload.growth >= max(Self.growthBytesMin, Int(held / Self.partsOfGrowth)) {
            upload.growth = 0
            upload.alive = now
            upload.turn = takeTurn(id)
        }
        uploads[id] = upload
    }

    /// Forgets an upload that was finished or dropped.
    mutating func end(_ id: [UInt8]) {
        guard let held = forget(id) else { return }
        ended += held
    }

    /// Forgets an upload of which nothing was written, or nothing is left; what it counted for.
    @discardableResult
    mutating func forget(_ id: [UInt8]) -> UInt64? {
        guard let upload = uploads.removeValue(forKey: id) else { return nil }
        bytes -= upload.bytes
        return upload.bytes
    }

    /// Takes note that nothing is left of those that ended.
    mutating func sweptAll() { ended = 0 }

    /// Forgets all but these.
    mutating func keep(only ids: Set<[UInt8]>) {
        for id in uploads.keys where !ids.contains(id) { end(id) }
    }

    /// Ends those that have not grown for the longest time, until there is room or each of the others has grown lately.
    ///
    /// - Parameters:
    ///   - more: bytes that room is wanted for.
    ///   - new: uploads that begin with them.
    ///   - free: bytes that are free beyond the reserve now.
    ///   - senders: uploads that somebody is sending right now.
    ///   - dropsMax: how many may be ended.
    mutating func makeRoom(
        for more: UInt64, uploads new: Int = 0, free: UInt64, sparing senders: Set<[UInt8]>,
        atMost dropsMax: Int, now: UInt64
    ) -> [Dropped] {
        var dropped: [Dropped] = []
        var place = order.startIndex
        while dropped.count < dropsMax, place < order.endIndex,
            !fits(more, uploads: new, free: free)
        {
            let (id, turn) = order[place]
            place += 1
            guard let upload = uploads[id], upload.turn == turn else { continue }
            guard upload.alive + idleSeconds <= now else { break }
            guard !senders.contains(id) else { continue }
            end(id)
            dropped.append(Dropped(id: id, upload: upload))
        }
        return dropped
    }

    /// Takes back that an upload made room, as long as nothing was settled since: it has its turn as before.
    mutating func restore(_ dropped: Dropped) {
        uploads[dropped.id] = dropped.upload
        bytes += dropped.upload.bytes
        ended -= min(ended, dropped.upload.bytes)
    }
}
