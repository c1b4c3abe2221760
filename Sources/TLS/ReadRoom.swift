import NIOCore

/// How much one read of a connection's socket may bring: little until a read is full, and then a whole tip at once.
///
/// A channel keeps its buffer for as long as it lives. NIO's own allocator doubles it read by read, so that a tip without
/// attachments, the first and only request of most connections, comes in seven pieces, each of which goes all the way up
/// through the handlers. Starting large would give every silent visitor a large buffer.
struct ReadRoom: RecvByteBufferAllocator {
    /// The room of the next read, in bytes.
    private(set) var bytes = Limits.firstReadBytes

    func buffer(allocator: ByteBufferAllocator) -> ByteBuffer {
        allocator.buffer(capacity: bytes)
    }

    func nextBufferSize() -> Int? { bytes }

    mutating func record(actualReadBytes: Int) -> Bool {
        let before = bytes
        bytes = actualReadBytes >= bytes ? Limits.fullReadBytes : Limits.firstReadBytes
        return bytes > before
    }
}
