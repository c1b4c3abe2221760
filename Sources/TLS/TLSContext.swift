import COpenSSL

/// Whether the server asks its clients for a certificate.
public enum ClientCertificates: Sendable {
    /// No certificate is asked for: the public listener.
    case none
    /// The handshake fails without one. Any certificate whose dates hold is accepted, whoever
    /// signed it: the application compares `PeerIdentity` with the roster's pins.
    case required
}

/// A certificate, its key and the rules of TLS, made once and used by many connections.
///
/// TLS 1.3, and 1.2 with ECDHE and AEAD only. Nothing outlives a connection: no tickets, no session
/// cache, no early data (RFC 8446 §8 leaves replay to the application, so there is none). No
/// renegotiation, no compression. ALPN agrees on `http/1.1` alone.
///
/// `@unchecked Sendable`: the `SSL_CTX` is not changed after `init`, and OpenSSL counts its
/// references and locks what connections on several threads share in it.
public final class TLSContext: @unchecked Sendable {
    let handle: ContextHandle
    let clientCertificates: ClientCertificates

    /// Makes a context from PEM bytes.
    ///
    /// - Parameters:
    ///   - certificateChain: PEM certificates, ours first, at most 64 KiB.
    ///   - privateKey: PEM of the first certificate's key, unencrypted, at most 64 KiB. OpenSSL
    ///     makes its own copy; wiping these bytes is the caller's.
    ///   - clientCertificates: whether clients must show a certificate.
    /// - Throws: `certificateUnreadable`, `certificateChainTooLong`, `keyUnreadable`, `keyMismatch`,
    ///   `inputTooLarge`, `contextUnavailable`.
    public init(
        certificateChain: [UInt8], privateKey: RawSpan, clientCertificates: ClientCertificates
    ) throws(TLSError) {
        handle = try ContextHandle()
        self.clientCertificates = clientCertificates
        try handle.setRules()
        try handle.setClientCertificates(clientCertificates)
        let handle = handle
        try unsafe certificateChain.span.bytes.withUnsafeBytes { bytes throws(TLSError) in
            try unsafe handle.loadChain(bytes)
        }
        try unsafe privateKey.withUnsafeBytes { bytes throws(TLSError) in
            try unsafe handle.loadKey(bytes)
        }
    }

    /// Makes a context from PEM bytes held in an array; see the other initialiser.
    ///
    /// - Throws: the same errors.
    public convenience init(
        certificateChain: [UInt8], privateKey: [UInt8], clientCertificates: ClientCertificates
    ) throws(TLSError) {
        try unsafe self.init(
            certificateChain: certificateChain, privateKey: privateKey.span.bytes,
            clientCertificates: clientCertificates)
    }

    /// Makes a context from two open descriptors, as a confined process has no paths.
    ///
    /// Both are read from where they stand to their end, and left open. The key's bytes are wiped when OpenSSL has made its copy.
    ///
    /// - Throws: `descriptorUnreadable`, and the other initialisers' errors.
    public convenience init(
        certificateChainDescriptor: CInt, privateKeyDescriptor: CInt,
        clientCertificates: ClientCertificates
    ) throws(TLSError) {
        let chain = try WipedBytes(readingDescriptor: certificateChainDescriptor)
        let key = try WipedBytes(readingDescriptor: privateKeyDescriptor)
        try self.init(
            certificateChain: chain.array, privateKey: key.bytes,
            clientCertificates: clientCertificates)
    }
}

extension ContextHandle {
    /// ECDHE for forward secrecy, AEAD only.
    ///
    /// AES-128 stays for phones that have no AES-256-GCM.
    private static let suitesTLS12 = [
        "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-RSA-AES256-GCM-SHA384",
        "ECDHE-ECDSA-CHACHA20-POLY1305", "ECDHE-RSA-CHACHA20-POLY1305",
        "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256",
    ].joined(separator: ":")

    private static let suitesTLS13 =
        "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256"

    private static let classicalGroups = "X25519:P-256:P-384"

    /// OpenSSL 3.5 knows the first; an older library refuses the whole list for its sake.
    private static let hybridGroups = "X25519MLKEM768:" + classicalGroups

    func setRules() throws(TLSError) {
        ErrorQueue.clear()
        // 112 bits of security at least, whatever the system's openssl.cnf says.
        unsafe SSL_CTX_set_security_level(pointer, 2)
        unsafe SSL_CTX_set_options(
            pointer,
            copenssl_op_no_renegotiation | copenssl_op_no_compression | copenssl_op_no_ticket
                | copenssl_op_cleanse_plaintext | copenssl_op_cipher_server_preference
                // A phone without AES instructions puts ChaCha20 first: it may have its way.
                | copenssl_op_prioritize_chacha)
        unsafe copenssl_ctx_set_modes(pointer)
        unsafe copenssl_ctx_cache_no_sessions(pointer)
        unsafe SSL_CTX_set_alpn_select_cb(pointer, selectHTTP1, nil)
        let set =
            unsafe copenssl_ctx_set_min_proto_version(pointer, TLS1_2_VERSION) == 1
            && copenssl_ctx_set_max_proto_version(pointer, TLS1_3_VERSION) == 1
            && SSL_CTX_set_cipher_list(pointer, Self.suitesTLS12) == 1
            && SSL_CTX_set_ciphersuites(pointer, Self.suitesTLS13) == 1
            && SSL_CTX_set_num_tickets(pointer, 0) == 1
            && SSL_CTX_set_max_early_data(pointer, 0) == 1
            && SSL_CTX_set_recv_max_early_data(pointer, 0) == 1
            && (copenssl_ctx_set_groups(pointer, Self.hybridGroups) == 1
                || copenssl_ctx_set_groups(pointer, Self.classicalGroups) == 1)
        guard set else { throw .contextUnavailable(ErrorQueue.drain()) }
        ErrorQueue.clear()
    }

    func setClientCertificates(_ wanted: ClientCertificates) throws(TLSError) {
        guard case .required = wanted else {
            unsafe SSL_CTX_set_verify(pointer, SSL_VERIFY_NONE, nil)
            return
        }
        unsafe SSL_CTX_set_verify(
            pointer, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nil)
        unsafe SSL_CTX_set_cert_verify_callback(pointer, acceptValidDates, nil)
        unsafe copenssl_ctx_set_max_peer_chain(pointer, CLong(Limits.peerChainBytesMax))
    }

    func loadChain(_ bytes: UnsafeRawBufferPointer) throws(TLSError) {
        let reader = try unsafe PEMReader(over: bytes)
        guard let leaf = reader.nextCertificate(), leaf.present(in: self) else {
            throw .certificateUnreadable(ErrorQueue.drain())
        }
        var count = 1
        while let issuer = reader.nextCertificate() {
            count += 1
            guard count <= Limits.chainCertificatesMax else { throw .certificateChainTooLong }
            guard issuer.append(to: self) else {
                throw .certificateUnreadable(ErrorQueue.drain())
            }
        }
        let end = ErrorQueue.drain()
        // Only "no more PEM blocks" is a good end: a broken second certificate is an error.
        guard end.library == ERR_LIB_PEM, end.reason == PEM_R_NO_START_LINE else {
            throw .certificateUnreadable(end)
        }
    }

    func loadKey(_ bytes: UnsafeRawBufferPointer) throws(TLSError) {
        let reader = try unsafe PEMReader(over: bytes)
        guard let key = reader.privateKey() else {
            throw .keyUnreadable(ErrorQueue.drain())
        }
        guard key.use(in: self) else { throw .keyMismatch(ErrorQueue.drain()) }
    }
}

/// RFC 7301 §3.2: a client that names protocols without ours is refused with an alert; one that
/// names none never gets here.
private func selectHTTP1(
    _: OpaquePointer?, _ chosen: UnsafeMutablePointer<UnsafePointer<UInt8>?>?,
    _ chosenLength: UnsafeMutablePointer<UInt8>?, _ offered: UnsafePointer<UInt8>?,
    _ length: CUnsignedInt, _: UnsafeMutableRawPointer?
) -> CInt {
    guard let offered = unsafe offered, let chosen = unsafe chosen,
        let chosenLength = unsafe chosenLength
    else { return SSL_TLSEXT_ERR_ALERT_FATAL }
    let wanted: StaticString = "http/1.1"
    var rest = unsafe UnsafeBufferPointer(start: offered, count: Int(length))[...]
    while let count = unsafe rest.first.map(Int.init), unsafe rest.count > count {
        let name = unsafe rest.dropFirst().prefix(count)
        if count == wanted.utf8CodeUnitCount,
            unsafe name.elementsEqual(
                UnsafeBufferPointer(start: wanted.utf8Start, count: count)),
            let start = unsafe UnsafeBufferPointer(rebasing: name).baseAddress
        {
            unsafe chosen.pointee = start
            unsafe chosenLength.pointee = UInt8(count)
            return SSL_TLSEXT_ERR_OK
        }
        unsafe rest = unsafe rest.dropFirst(1 + count)
    }
    return SSL_TLSEXT_ERR_ALERT_FATAL
}
