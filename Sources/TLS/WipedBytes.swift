import COpenSSL
import Glibc

/// Bytes of an inherited file, overwritten when they are let go.
@safe struct WipedBytes: ~Copyable {
    private let storage: UnsafeMutableRawBufferPointer
    private let count: Int

    /// Reads to the end of `descriptor`, which stays open.
    init(readingDescriptor descriptor: CInt) throws(TLSError) {
        // One byte more than allowed, so that a longer file is seen and not cut.
        let storage = UnsafeMutableRawBufferPointer.allocate(
            byteCount: Limits.pemBytesMax + 1, alignment: 16)
        var filled = 0
        var failure: TLSError?
        while failure == nil {
            let room = unsafe UnsafeMutableRawBufferPointer(rebasing: storage[filled...])
            let got = unsafe Glibc.read(descriptor, room.baseAddress, room.count)
            if got == 0 { break }
            if got < 0 {
                if errno != EINTR { failure = .descriptorUnreadable(errno) }
                continue
            }
            filled += got
            if filled > Limits.pemBytesMax { failure = .inputTooLarge }
        }
        if let failure {
            unsafe OPENSSL_cleanse(storage.baseAddress, storage.count)
            unsafe storage.deallocate()
            throw failure
        }
        unsafe self.storage = unsafe storage
        self.count = filled
    }

    deinit {
        unsafe OPENSSL_cleanse(storage.baseAddress, storage.count)
        unsafe storage.deallocate()
    }

    /// The bytes read.
    var bytes: RawSpan {
        @_lifetime(borrow self)
        borrowing get {
            let filled = unsafe UnsafeRawBufferPointer(rebasing: storage.prefix(count))
            return unsafe _overrideLifetime(RawSpan(_unsafeBytes: filled), borrowing: self)
        }
    }

    /// A copy of the bytes, for what is no secret.
    var array: [UInt8] {
        unsafe Array(storage.prefix(count))
    }
}
