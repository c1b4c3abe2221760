import COpenSSL

/// Owns a read-only `BIO*` over bytes that outlive it.
@safe struct PEMReader: ~Copyable {
    private let bio: OpaquePointer

    /// Reads from `bytes` in place: they must stay where they are while the reader lives.
    init(over bytes: UnsafeRawBufferPointer) throws(TLSError) {
        guard bytes.count <= Limits.pemBytesMax else { throw .inputTooLarge }
        guard let bio = unsafe BIO_new_mem_buf(bytes.baseAddress, CInt(bytes.count)) else {
            throw .contextUnavailable(ErrorQueue.drain())
        }
        unsafe self.bio = bio
    }

    deinit { unsafe BIO_free(bio) }

    /// The next certificate; nil when there is none or it does not parse (`ErrorQueue` says which).
    func nextCertificate() -> Certificate? {
        ErrorQueue.clear()
        guard let pointer = unsafe PEM_read_bio_X509(bio, nil, refusePassphrase, nil) else {
            return nil
        }
        return unsafe Certificate(owning: pointer)
    }

    /// The private key; nil when there is none, it does not parse or it is encrypted.
    func privateKey() -> PrivateKey? {
        ErrorQueue.clear()
        guard let pointer = unsafe PEM_read_bio_PrivateKey(bio, nil, refusePassphrase, nil) else {
            return nil
        }
        return unsafe PrivateKey(owning: pointer)
    }
}

/// Without a callback OpenSSL would ask for the passphrase on the terminal.
private func refusePassphrase(
    _: UnsafeMutablePointer<CChar>?, _: CInt, _: CInt, _: UnsafeMutableRawPointer?
) -> CInt { -1 }

/// Owns one reference to an `X509*`.
@safe struct Certificate: ~Copyable {
    private let pointer: OpaquePointer

    init(owning pointer: OpaquePointer) {
        unsafe self.pointer = pointer
    }

    deinit { unsafe X509_free(pointer) }

    /// Makes this the certificate that the context presents; the context takes its own reference.
    borrowing func present(in context: ContextHandle) -> Bool {
        unsafe SSL_CTX_use_certificate(context.pointer, pointer) == 1
    }

    /// Adds this to the chain that the context sends after its certificate.
    consuming func append(to context: ContextHandle) -> Bool {
        // add0 takes a reference over, deinit drops ours.
        guard unsafe X509_up_ref(pointer) == 1 else { return false }
        guard unsafe copenssl_ctx_add_chain_certificate(context.pointer, pointer) == 1 else {
            unsafe X509_free(pointer)
            return false
        }
        return true
    }
}

/// Owns one reference to an `EVP_PKEY*`.
@safe struct PrivateKey: ~Copyable {
    private let pointer: OpaquePointer

    init(owning pointer: OpaquePointer) {
        unsafe self.pointer = pointer
    }

    deinit { unsafe EVP_PKEY_free(pointer) }

    /// Makes this the key of the context, if it is the presented certificate's.
    borrowing func use(in context: ContextHandle) -> Bool {
        unsafe SSL_CTX_use_PrivateKey(context.pointer, pointer) == 1
            && SSL_CTX_check_private_key(context.pointer) == 1
    }
}

/// Owns one reference to an `SSL_CTX*`.
@safe final class ContextHandle {
    let pointer: OpaquePointer

    init() throws(TLSError) {
        ErrorQueue.clear()
        guard let pointer = unsafe SSL_CTX_new(TLS_server_method()) else {
            throw .contextUnavailable(ErrorQueue.drain())
        }
        unsafe self.pointer = pointer
    }

    deinit { unsafe SSL_CTX_free(pointer) }
}
