import COpenSSL

/// A TLS client in memory: bytes in, bytes out.
@safe final class TestPeer {
    /// What the client offers.
    struct Offer {
        var lowest = TLS1_2_VERSION
        var highest = TLS1_3_VERSION
        var suites12: String?
        var protocols: [String] = []
        var pair: TestPair?
        /// Makes the certificate one whose time is over, signed anew with its key.
        var isExpired = false
    }

    private let context: OpaquePointer
    private let ssl: OpaquePointer
    private let fromServer: OpaquePointer
    private let toServer: OpaquePointer
    private(set) var isConnected = false
    private(set) var sawCloseNotify = false
    private(set) var failure: String?

    init(_ offer: Offer = Offer()) throws {
        guard let context = unsafe SSL_CTX_new(TLS_client_method()),
            let ssl = unsafe Self.makeSSL(context, offer),
            let fromServer = unsafe BIO_new(BIO_s_mem()),
            let toServer = unsafe BIO_new(BIO_s_mem())
        else { throw PeerError.setUp }
        unsafe SSL_set_bio(ssl, fromServer, toServer)
        unsafe self.context = context
        unsafe self.ssl = ssl
        unsafe self.fromServer = fromServer
        unsafe self.toServer = toServer
    }

    enum PeerError: Error { case setUp }

    deinit {
        unsafe SSL_free(ssl)
        unsafe SSL_CTX_free(context)
    }

    private static func makeSSL(_ context: OpaquePointer, _ offer: Offer) -> OpaquePointer? {
        // The tests offer what a server must refuse, so the client must be able to.
        unsafe SSL_CTX_set_security_level(context, 0)
        unsafe copenssl_ctx_set_min_proto_version(context, offer.lowest)
        unsafe copenssl_ctx_set_max_proto_version(context, offer.highest)
        if let suites = offer.suites12, unsafe SSL_CTX_set_cipher_list(context, suites) != 1 {
            return nil
        }
        let names = offer.protocols.flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) }
        if !names.isEmpty {
            unsafe SSL_CTX_set_alpn_protos(context, names, CUnsignedInt(names.count))
        }
        if let pair = offer.pair {
            unsafe SSL_CTX_use_certificate_file(context, pair.certificateFile, SSL_FILETYPE_PEM)
            unsafe SSL_CTX_use_PrivateKey_file(context, pair.keyFile, SSL_FILETYPE_PEM)
            if offer.isExpired {
                let leaf = unsafe SSL_CTX_get0_certificate(context)
                unsafe X509_gmtime_adj(X509_getm_notBefore(leaf), -7200)
                unsafe X509_gmtime_adj(X509_getm_notAfter(leaf), -3600)
                unsafe X509_sign(leaf, SSL_CTX_get0_privatekey(context), EVP_sha256())
            }
        }
        let ssl = unsafe SSL_new(context)
        unsafe SSL_set_connect_state(ssl)
        return unsafe ssl
    }

    /// Bytes for the server.
    func take() -> [UInt8] {
        unsafe drain { unsafe BIO_read(toServer, $0, $1) }
    }

    /// Bytes from the server.
    func give(_ bytes: [UInt8]) {
        unsafe BIO_write(fromServer, bytes, CInt(bytes.count))
    }

    func handshake() {
        guard !isConnected, failure == nil else { return }
        isConnected = check(unsafe SSL_do_handshake(ssl))
    }

    /// Plaintext from the server, all there is.
    func read() -> [UInt8] {
        unsafe drain { bytes, count in
            let result = unsafe SSL_read(ssl, bytes, count)
            if result <= 0 { _ = check(result) }
            return result
        }
    }

    func write(_ bytes: [UInt8]) {
        _ = check(unsafe SSL_write(ssl, bytes, CInt(bytes.count)))
    }

    func closeNotify() { unsafe SSL_shutdown(ssl) }

    /// Asks the server for new keys: it must answer.
    func requestKeyUpdate() {
        unsafe SSL_key_update(ssl, SSL_KEY_UPDATE_REQUESTED)
        _ = check(unsafe SSL_do_handshake(ssl))
    }

    /// Whether asking for a renegotiation works so far as to send a ClientHello.
    func renegotiate() -> Bool {
        unsafe SSL_renegotiate(ssl) == 1 && !check(unsafe SSL_do_handshake(ssl))
    }

    /// The group of the key exchange: OpenSSL's number of it, or `0x0100_0000` and the one on the wire if it has none.
    var group: Int {
        // SSL_get_negotiated_group is a macro.
        let getNegotiatedGroup: CInt = 134
        return unsafe SSL_ctrl(ssl, getNegotiatedGroup, 0, nil)
    }

    var version: String { unsafe String(cString: SSL_get_version(ssl)) }

    var suite: String {
        unsafe String(cString: SSL_CIPHER_get_name(SSL_get_current_cipher(ssl)))
    }

    /// The subject of the server's certificate.
    var serverName: String {
        guard let certificate = unsafe SSL_get0_peer_certificate(ssl) else { return "" }
        var text = [CChar](repeating: 0, count: 256)
        unsafe X509_NAME_oneline(X509_get_subject_name(certificate), &text, CInt(text.count))
        return String(
            decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Whether what the server gave could resume this session, or begin with early data.
    var isResumable: Bool {
        let session = unsafe SSL_get_session(ssl)
        return unsafe SSL_SESSION_is_resumable(session) == 1
            || SSL_SESSION_get_max_early_data(session) > 0
    }

    private func check(_ result: CInt) -> Bool {
        guard result <= 0 else { return true }
        switch unsafe SSL_get_error(ssl, result) {
        case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: break
        case SSL_ERROR_ZERO_RETURN: sawCloseNotify = true
        default:
            failure = unsafe ERR_reason_error_string(ERR_peek_last_error()).map {
                unsafe String(cString: $0)
            }
            failure = failure ?? "no reason"
        }
        ERR_clear_error()
        return false
    }

    private func drain(_ take: (UnsafeMutableRawPointer?, CInt) -> CInt) -> [UInt8] {
        var all: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = unsafe chunk.withUnsafeMutableBytes { bytes in
                unsafe take(bytes.baseAddress, CInt(bytes.count))
            }
            guard count > 0 else { return all }
            all += chunk[..<Int(count)]
        }
    }
}
