/// Which upload has to make room, when the uploads hold as much as they may.
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

    private struct Upload {
        var bytes: UInt64
        /// Bytes that came since it last counted as alive.
        var growth = 0
        var alive: UInt64
    }

    private let idleSeconds: UInt64
    private var uploads: [[UInt8]: Upload] = [:]
    /// What all of them hold, in bytes.
    private(set) var bytes: UInt64 = 0
    /// What is being written, in bytes.
    private(set) var reserved: UInt64 = 0
    /// What those held whose pieces are still to be deleted: as good as free.
    private var ended: UInt64 = 0
    /// Until then nobody can be idle, and nobody is looked for.
    private var nobodyBefore: UInt64 = 0

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

    /// Whether an upload is known.
    func has(_ id: [UInt8]) -> Bool { uploads[id] != nil }

    /// Counts an upload that begins.
    mutating func begin(_ id: [UInt8], holding held: UInt64 = 0, now: UInt64) {
        let all = Self.bytesEach + held
        uploads[id] = Upload(bytes: all, alive: now)
        bytes += all
    }

    /// Counts a piece that is going to be written.
    mutating func reserve(_ count: UInt64) { reserved += count }

    /// Everything that was reserved is written, or is not.
    mutating func settle() { reserved = 0 }

    /// Counts a piece that was written; one that only replaces what was there is no sign of life.
    mutating func grow(_ id: [UInt8], by growth: Int, now: UInt64) {
        guard var upload = uploads[id] else { return }
        let held = UInt64(max(Int(Self.bytesEach), Int(upload.bytes) + growth))
        bytes = bytes - upload.bytes + held
        upload.bytes = held
        upload.growth += growth
        if upload.growth >= Self.growthBytesMin {
            upload.growth = 0
            upload.alive = now
        }
        uploads[id] = upload
    }

    /// Forgets an upload that was finished or dropped.
    mutating func end(_ id: [UInt8]) {
        guard let upload = uploads.removeValue(forKey: id) else { return }
        bytes -= upload.bytes
        ended += upload.bytes
    }

    /// Takes note that nothing is left of those that ended.
    mutating func sweptAll() { ended = 0 }

    /// Forgets all but these.
    mutating func keep(only ids: Set<[UInt8]>) {
        for id in uploads.keys where !ids.contains(id) { end(id) }
    }

    /// The upload that has not grown for the longest time; nil if each has grown lately.
    ///
    /// - Parameter sender: the upload that room is wanted for, which somebody is sending.
    mutating func idlest(but sender: [UInt8]?, now: UInt64) -> [UInt8]? {
        guard now >= nobodyBefore else { return nil }
        let oldest = uploads.filter { $0.key != sender }.min { $0.value.alive < $1.value.alive }
        guard let oldest else { return nil }
        guard oldest.value.alive + idleSeconds <= now else {
            nobodyBefore = oldest.value.alive + idleSeconds
            return nil
        }
        return oldest.key
    }
}
