import CSodium

/// Sizes of libsodium's `secretstream_xchacha20poly1305`, in bytes.
public enum SecretStream {
    /// Size of a stream key.
    public static let keyByteCount = 32
    /// Size of the header that precedes the messages.
    public static let headerByteCount = 24
    /// How much longer a message is than its plaintext: tag byte 1, authenticator 16.
    public static let overheadBytes = 17
    /// Greatest plaintext of one message.
    public static let messageBytesMax = 65_536
}

/// Encrypts a stream of messages under one key; the last one says that it is the last.
///
/// Reordering, dropping, repeating or altering a message makes every later one unreadable.
public struct SecretStreamWriter: ~Copyable, Sendable {
    // The library's state holds key material, hence guarded memory. Its fields are bytes, so any address is aligned.
    private let state: SecretBytes
    private var hasEnded = false
    /// The 24 bytes that the reader needs first.
    public let header: [UInt8]

    /// Starts a stream under a 32-byte key.
    public init(key: borrowing SecretBytes) throws(SodiumError) {
        try requireLength("stream key", key.count, SecretStream.keyByteCount)
        let state = try SecretBytes(count: crypto_secretstream_xchacha20poly1305_statebytes())
        var header = [UInt8](repeating: 0, count: SecretStream.headerByteCount)
        let status = unsafe crypto_secretstream_xchacha20poly1305_init_push(
            state.streamState, &header, key.base)
        guard status == 0 else { throw .unavailable }
        self.state = state
        self.header = header
    }

    /// Encrypts one message of at most 65,536 bytes; the result is 17 bytes longer.
    ///
    /// After a final one no other follows.
    public mutating func push(_ plaintext: RawSpan, isFinal: Bool) throws(SodiumError) -> [UInt8] {
        guard !hasEnded else { throw .streamEnded }
        let size = plaintext.byteCount
        try requireLength("stream message", size, 0...SecretStream.messageBytesMax)
        let tag =
            isFinal
            ? crypto_secretstream_xchacha20poly1305_tag_final()
            : crypto_secretstream_xchacha20poly1305_tag_message()
        let state = unsafe self.state.streamState
        var status: Int32 = -1
        let sealedSize = size + SecretStream.overheadBytes
        let message = unsafe plaintext.withUnsafeBytes { from in
            unsafe [UInt8](unsafeUninitializedCapacity: sealedSize) { out, count in
                unsafe status = crypto_secretstream_xchacha20poly1305_push(
                    state, out.baseAddress, nil,
                    from.baseAddress?.assumingMemoryBound(to: UInt8.self), UInt64(size),
                    nil, 0, tag)
                count = status == 0 ? sealedSize : 0
            }
        }
        guard status == 0 else { throw .unavailable }
        hasEnded = isFinal
        return message
    }

    /// Encrypts one message given as typed bytes.
    public mutating func push(
        _ plaintext: Span<UInt8>, isFinal: Bool
    ) throws(SodiumError) -> [UInt8] {
        try push(unsafe plaintext.bytes, isFinal: isFinal)
    }

    /// Encrypts one message given as an array.
    public mutating func push(_ plaintext: [UInt8], isFinal: Bool) throws(SodiumError) -> [UInt8] {
        try push(unsafe plaintext.span.bytes, isFinal: isFinal)
    }
}

/// Decrypts a stream that `SecretStreamWriter` made, message by message, in order.
public struct SecretStreamReader: ~Copyable, Sendable {
    private let state: SecretBytes
    /// True once the final message has been read: nothing may follow it, and a stream that stops before it is cut.
    public private(set) var hasEnded = false

    /// Starts reading with the 32-byte key and the stream's 24-byte header.
    public init(key: borrowing SecretBytes, header: [UInt8]) throws(SodiumError) {
        try requireLength("stream key", key.count, SecretStream.keyByteCount)
        try requireLength("stream header", header.count, SecretStream.headerByteCount)
        let state = try SecretBytes(count: crypto_secretstream_xchacha20poly1305_statebytes())
        let status = unsafe crypto_secretstream_xchacha20poly1305_init_pull(
            state.streamState, header, key.base)
        guard status == 0 else { throw .cannotOpen }
        self.state = state
    }

    /// Decrypts the next message into ordinary memory; after a failure the stream cannot be read on.
    ///
    /// The plaintext is an envelope, itself a ciphertext, so it needs no guarded memory.
    public mutating func pull(
        _ message: RawSpan
    ) throws(SodiumError) -> (plaintext: [UInt8], isFinal: Bool) {
        guard !hasEnded else { throw .streamEnded }
        let size = message.byteCount
        try requireLength(
            "stream message", size,
            SecretStream.overheadBytes...(SecretStream.messageBytesMax + SecretStream.overheadBytes)
        )
        let state = unsafe self.state.streamState
        var tag: UInt8 = 0
        var status: Int32 = -1
        let plainSize = size - SecretStream.overheadBytes
        let plaintext = unsafe message.withUnsafeBytes { from in
            unsafe [UInt8](unsafeUninitializedCapacity: plainSize) { out, count in
                unsafe status = crypto_secretstream_xchacha20poly1305_pull(
                    state, out.baseAddress, nil, &tag,
                    from.baseAddress?.assumingMemoryBound(to: UInt8.self), UInt64(size), nil, 0)
                count = status == 0 ? plainSize : 0
            }
        }
        let isFinal = tag == crypto_secretstream_xchacha20poly1305_tag_final()
        // Only the two tags of the format exist; a rekey or push tag would be another dialect.
        guard status == 0, isFinal || tag == crypto_secretstream_xchacha20poly1305_tag_message()
        else {
            hasEnded = true
            throw .cannotOpen
        }
        hasEnded = isFinal
        return (plaintext, isFinal)
    }

    /// Decrypts the next message given as typed bytes.
    public mutating func pull(
        _ message: Span<UInt8>
    ) throws(SodiumError) -> (plaintext: [UInt8], isFinal: Bool) {
        try pull(unsafe message.bytes)
    }

    /// Decrypts the next message given as an array.
    public mutating func pull(
        _ message: [UInt8]
    ) throws(SodiumError) -> (plaintext: [UInt8], isFinal: Bool) {
        try pull(unsafe message.span.bytes)
    }
}

extension SecretBytes {
    /// The block as libsodium's stream state; only for blocks of that size.
    fileprivate var streamState: UnsafeMutablePointer<crypto_secretstream_xchacha20poly1305_state> {
        unsafe base.assumingMemoryBound(to: crypto_secretstream_xchacha20poly1305_state.self)
    }
}
