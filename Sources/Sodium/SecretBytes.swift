import CSodium

/// Secret bytes in libsodium's guarded memory: locked against swap, kept out of core dumps, fenced by guard pages, and
/// wiped when the owner goes.
///
/// It cannot be copied by accident, printed, encoded or compared with `==`. Whoever holds it lends it: `bytes` and `span`
/// are borrows that the compiler does not let outlive the owner.
@safe
public struct SecretBytes: ~Copyable {
    /// The block of `sodium_malloc`'s, exactly `count` bytes long.
    let base: UnsafeMutableRawPointer
    /// Number of bytes.
    public let count: Int

    /// Makes `count` zero bytes.
    public init(count: Int) throws(SodiumError) {
        try Library.requireReady()
        try requireLength("secret", count, 0...Limits.secretBytesMax)
        guard let block = unsafe GuardedBlocks.take(count) else { throw .outOfGuardedMemory }
        unsafe self.base = block
        self.count = count
    }

    /// Makes `count` random bytes, written by libsodium straight into guarded memory.
    public init(random count: Int) throws(SodiumError) {
        try self.init(count: count)
        unsafe randombytes_buf(base, count)
    }

    /// Copies borrowed bytes, for instance those of another secret.
    public init(copying source: RawSpan) throws(SodiumError) {
        try self.init(count: source.byteCount)
        unsafe Self.fill(base, from: source)
    }

    /// Copies borrowed bytes that are already typed.
    public init(copying source: Span<UInt8>) throws(SodiumError) {
        try self.init(copying: unsafe source.bytes)
    }

    /// Copies an array, which itself stays in ordinary memory: only for bytes that arrived that way.
    public init(copying source: [UInt8]) throws(SodiumError) {
        try self.init(copying: source.span)
    }

    deinit {
        unsafe GuardedBlocks.giveBack(base, count: count)
    }

    /// The bytes, lent.
    public var bytes: RawSpan {
        @_lifetime(borrow self)
        borrowing get {
            let span = unsafe RawSpan(_unsafeStart: base, byteCount: count)
            return unsafe _overrideLifetime(span, borrowing: self)
        }
    }

    /// The bytes as a span with checked subscripts, lent.
    public var span: Span<UInt8> {
        @_lifetime(borrow self)
        borrowing get {
            let typed = unsafe UnsafeRawPointer(base).assumingMemoryBound(to: UInt8.self)
            let span = unsafe Span(_unsafeStart: typed, count: count)
            return unsafe _overrideLifetime(span, borrowing: self)
        }
    }

    /// The bytes as a span to write into, lent exclusively.
    public var mutableSpan: MutableSpan<UInt8> {
        @_lifetime(&self)
        mutating get {
            let typed = unsafe base.assumingMemoryBound(to: UInt8.self)
            let span = unsafe MutableSpan(_unsafeStart: typed, count: count)
            return unsafe _overrideLifetime(span, mutating: &self)
        }
    }

    /// Writes `source` from byte `offset` on; what does not fit is refused and nothing is written.
    public mutating func write(_ source: RawSpan, at offset: Int) throws(SodiumError) {
        let room = count - offset
        guard offset >= 0, room >= 0, source.byteCount <= room else {
            throw .wrongLength(
                what: "written part", allowed: 0...Swift.max(0, room), actual: source.byteCount)
        }
        unsafe Self.fill(base + offset, from: source)
    }

    /// Writes typed bytes from byte `offset` on.
    public mutating func write(_ source: Span<UInt8>, at offset: Int) throws(SodiumError) {
        try write(unsafe source.bytes, at: offset)
    }

    /// A second, independent owner of the same bytes.
    public borrowing func copy() throws(SodiumError) -> SecretBytes {
        try SecretBytes(copying: bytes)
    }

    /// An owner of the bytes in `range`.
    public borrowing func copy(_ range: Range<Int>) throws(SodiumError) -> SecretBytes {
        guard range.lowerBound >= 0, range.upperBound <= count else {
            throw .wrongLength(what: "secret", allowed: 0...count, actual: range.upperBound)
        }
        return try SecretBytes(copying: bytes.extracting(range))
    }

    /// Compares in time that depends on the lengths only.
    public borrowing func isEqual(to other: borrowing SecretBytes) -> Bool {
        guard count == other.count else { return false }
        return unsafe sodium_memcmp(base, other.base, count) == 0
    }

    /// Lends an array of the bytes to `body`, and wipes it afterwards.
    ///
    /// swift-crypto takes keys as `ContiguousBytes` and copies them into memory of its own: its working copies are the
    /// stated exception of the design (section 6). So call this late, do only the one operation in `body`, and let no
    /// copy leave it. What `body` keeps is beyond the wipe and falls to glibc's perturbation of freed memory.
    public borrowing func withWorkingCopy<R, E: Error>(
        _ body: ([UInt8]) throws(E) -> R
    ) throws(E) -> R {
        var working = workingCopy()
        defer { LockedMemory.wipe(&working) }
        return try body(working)
    }

    /// Copies `source` to `start`, where the caller has made sure of the room.
    private static func fill(_ start: UnsafeMutableRawPointer, from source: RawSpan) {
        unsafe source.withUnsafeBytes { from in
            unsafe UnsafeMutableRawBufferPointer(start: start, count: from.count)
                .copyMemory(from: from)
        }
    }

    private borrowing func workingCopy() -> [UInt8] {
        unsafe [UInt8](UnsafeRawBufferPointer(start: base, count: count))
    }
}

// Sendable unchecked, because the compiler does not look through the pointer: the block has one owner, is read through
// borrows and written through exclusive access only, which Swift's ownership rules check, and the pointer never leaves
// this module. So it may move between threads, and be read by several.
extension SecretBytes: @unchecked Sendable {}

/// Limits of this module, each in bytes.
enum Limits {
    /// Greatest secret: a chunk of plaintext plus what surrounds it fits; attachments are streamed.
    static let secretBytesMax = 16 * 1_048_576
    /// Greatest message signed or verified.
    static let signedBytesMax = 16 * 1_048_576
    /// Greatest message of a sealed box or a password box: seeds and small keys.
    static let boxedBytesMax = 65_536
    /// Greatest passphrase.
    static let passphraseBytesMax = 1_024
}
