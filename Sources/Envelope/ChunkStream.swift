import Crypto
import Sodium

/// The key of one stream of chunks, in swift-crypto's own guarded type.
typealias ChunkKey = SymmetricKey

/// Encrypts a stream in the chunk format of formats §4; holds one chunk of plaintext at most.
struct ChunkSealer: ~Copyable {
    private let key: SymmetricKey
    private var counter: UInt64 = 0
    private var buffer: [UInt8] = []
    /// Plaintext taken so far, in bytes.
    private(set) var plaintextBytes = 0

    init(key: SymmetricKey) {
        self.key = key
        // All at once: growing by and by would leave copies of plaintext in the blocks left behind.
        buffer.reserveCapacity(EnvelopeLimits.chunkBytes)
    }

    /// Takes plaintext and appends the ciphertext of the chunks that it completes.
    mutating func write(
        _ plaintext: ArraySlice<UInt8>, appendingTo out: inout [UInt8]
    ) throws(EnvelopeError) {
        var rest = plaintext
        while !rest.isEmpty {
            // A full chunk is sealed only once a byte follows it: until then it could be the last.
            if buffer.count == EnvelopeLimits.chunkBytes {
                try sealBuffer(isLast: false, appendingTo: &out)
            }
            let room = EnvelopeLimits.chunkBytes - buffer.count
            buffer.append(contentsOf: rest.prefix(room))
            rest = rest.dropFirst(room)
        }
        plaintextBytes += plaintext.count
    }

    /// Seals what is left as the last chunk; an empty stream is `outOfOrder`.
    consuming func finish(appendingTo out: inout [UInt8]) throws(EnvelopeError) {
        guard !buffer.isEmpty else { throw .outOfOrder }
        try sealBuffer(isLast: true, appendingTo: &out)
    }

    private mutating func sealBuffer(
        isLast: Bool, appendingTo out: inout [UInt8]
    ) throws(EnvelopeError) {
        try ChunkAEAD.seal(
            buffer[...], key: key, counter: counter, isLast: isLast, appendingTo: &out)
        counter += 1
        LockedMemory.wipe(&buffer)
        buffer.removeAll(keepingCapacity: true)
    }
}

/// Decrypts the chunk format of formats §4 from pieces of any size; holds one chunk of ciphertext at most.
struct ChunkOpener: ~Copyable {
    private static let fullBytes = EnvelopeLimits.chunkBytes + EnvelopeLimits.chunkOverheadBytes

    private let key: SymmetricKey
    private var counter: UInt64 = 0
    private var buffer: [UInt8] = []

    init(key: SymmetricKey) {
        self.key = key
    }

    /// Takes ciphertext and hands each plaintext chunk that is complete, and is not the last, to `sink`.
    mutating func read(
        _ ciphertext: ArraySlice<UInt8>, _ sink: ([UInt8]) throws(EnvelopeError) -> Void
    ) throws(EnvelopeError) {
        var rest = ciphertext
        while !rest.isEmpty {
            if buffer.count == ChunkOpener.fullBytes {
                let chunk = try ChunkAEAD.open(
                    buffer[...], key: key, counter: counter, isLast: false)
                counter += 1
                buffer.removeAll(keepingCapacity: true)
                try sink(chunk)
            }
            let room = ChunkOpener.fullBytes - buffer.count
            buffer.append(contentsOf: rest.prefix(room))
            rest = rest.dropFirst(room)
        }
    }

    /// The plaintext of the last chunk, which is never empty.
    consuming func finish() throws(EnvelopeError) -> [UInt8] {
        guard buffer.count > EnvelopeLimits.chunkOverheadBytes else { throw .endsEarly }
        return try ChunkAEAD.open(buffer[...], key: key, counter: counter, isLast: true)
    }
}
