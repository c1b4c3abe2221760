import COpenSSL
import NIOCore

/// The ciphertext of one connection between OpenSSL and NIO, as a `BIO` without buffers of its own:
/// OpenSSL reads straight from the buffer the socket filled and writes straight into the one the
/// socket will send.
///
/// The `BIO` holds an unretained pointer to this object; `Session`, which owns both, frees the `BIO`
/// first.
final class RecordTransport {
    /// Received and not yet taken by OpenSSL.
    private var inbound: ByteBuffer?
    /// Made by OpenSSL and not yet taken by the handler.
    private var outbound: ByteBuffer?
    private let allocator: ByteBufferAllocator

    init(allocator: ByteBufferAllocator) {
        self.allocator = allocator
    }

    /// Bytes received and not yet taken by OpenSSL.
    var inboundBytes: Int { inbound?.readableBytes ?? 0 }

    /// Bytes made and not yet taken by the handler.
    var outboundBytes: Int { outbound?.readableBytes ?? 0 }

    func receive(_ bytes: ByteBuffer) {
        guard inbound == nil else {
            var bytes = bytes
            inbound?.writeBuffer(&bytes)
            return
        }
        inbound = bytes
    }

    /// Makes room so that the records to come are written without growing the buffer.
    func reserve(_ bytes: Int) {
        guard outbound == nil else {
            outbound?.reserveCapacity(minimumWritableBytes: bytes)
            return
        }
        outbound = allocator.buffer(capacity: bytes)
    }

    /// Hands over what OpenSSL made.
    ///
    /// The buffer is not kept: an idle connection holds none.
    func takeOutbound() -> ByteBuffer? {
        guard outboundBytes > 0 else { return nil }
        return outbound.take()
    }

    fileprivate func read(into target: UnsafeMutableRawBufferPointer) -> Int {
        let count =
            unsafe inbound?.readWithUnsafeReadableBytes { source in
                let count = min(source.count, target.count)
                unsafe target.copyMemory(from: UnsafeRawBufferPointer(rebasing: source[..<count]))
                return count
            } ?? 0
        if inboundBytes == 0 { inbound = nil }
        return count
    }

    fileprivate func write(_ source: UnsafeRawBufferPointer) {
        if outbound == nil { outbound = allocator.buffer(capacity: source.count) }
        unsafe outbound?.writeBytes(source)
    }
}

extension RecordTransport {
    /// A new `BIO*` that reads and writes this object; the caller owns it, and this must outlive it.
    func makeBIO() -> OpaquePointer? {
        guard let method = unsafe Self.method.pointer, let bio = unsafe BIO_new(method) else {
            return nil
        }
        unsafe BIO_set_data(bio, Unmanaged.passUnretained(self).toOpaque())
        unsafe BIO_set_init(bio, 1)
        // Looked at only after a read that gave nothing, where it is always right; so it is set
        // once. Writes never fail.
        unsafe copenssl_bio_set_retry_read(bio)
        return unsafe bio
    }

    private static let method = Method()

    /// Owns the process's one `BIO_METHOD*`.
    ///
    /// `@unchecked Sendable`: written in `init` only.
    @safe private final class Method: @unchecked Sendable {
        let pointer: OpaquePointer?

        init() {
            let method = unsafe BIO_meth_new(
                BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "NIO ByteBuffer")
            unsafe BIO_meth_set_read_ex(method, readRecords)
            unsafe BIO_meth_set_write_ex(method, writeRecords)
            unsafe BIO_meth_set_ctrl(method, control)
            unsafe pointer = unsafe method
        }

        deinit { unsafe BIO_meth_free(pointer) }
    }
}

private func readRecords(
    _ bio: OpaquePointer?, _ bytes: UnsafeMutablePointer<CChar>?, _ count: Int,
    _ done: UnsafeMutablePointer<Int>?
) -> CInt {
    guard let object = unsafe BIO_get_data(bio) else { return 0 }
    let transport = unsafe Unmanaged<RecordTransport>.fromOpaque(object).takeUnretainedValue()
    let copied = unsafe transport.read(
        into: UnsafeMutableRawBufferPointer(start: bytes, count: count))
    unsafe done?.pointee = copied
    return copied > 0 ? 1 : 0
}

private func writeRecords(
    _ bio: OpaquePointer?, _ bytes: UnsafePointer<CChar>?, _ count: Int,
    _ done: UnsafeMutablePointer<Int>?
) -> CInt {
    guard let object = unsafe BIO_get_data(bio) else { return 0 }
    let transport = unsafe Unmanaged<RecordTransport>.fromOpaque(object).takeUnretainedValue()
    unsafe transport.write(UnsafeRawBufferPointer(start: bytes, count: count))
    unsafe done?.pointee = count
    return 1
}

/// OpenSSL flushes after each flight; the rest of what it asks (kernel TLS and the like) is no.
private func control(
    _: OpaquePointer?, _ command: CInt, _: CLong, _: UnsafeMutableRawPointer?
) -> CLong {
    command == BIO_CTRL_FLUSH ? 1 : 0
}
