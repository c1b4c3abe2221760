import COpenSSL
public import NIOCore

/// Who the peer of a connection with mutual TLS is: the public key it proved to hold.
public struct PeerIdentity: Hashable, Sendable {
    /// SHA-256 of the certificate's SubjectPublicKeyInfo in DER, 32 bytes: what the roster pins.
    public let spkiSHA256: [UInt8]

    /// Takes the 32 bytes of a pin.
    public init(spkiSHA256: [UInt8]) {
        self.spkiSHA256 = spkiSHA256
    }

    /// The identity in an `X509*` that the caller keeps alive; nil when OpenSSL cannot encode its key.
    init?(certificate: OpaquePointer) {
        var encoded: UnsafeMutablePointer<UInt8>?
        let count = unsafe i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &encoded)
        guard count > 0, let encoded = unsafe encoded else { return nil }
        defer { unsafe CRYPTO_free(encoded, nil, 0) }
        let digest = unsafe [UInt8](unsafeUninitializedCapacity: 32) { bytes, length in
            let done = unsafe EVP_Digest(
                encoded, Int(count), bytes.baseAddress, nil, EVP_sha256(), nil)
            length = done == 1 ? 32 : 0
        }
        guard digest.count == 32 else { return nil }
        self.spkiSHA256 = digest
    }
}

/// Fired through the pipeline once, when the handshake is done.
public struct TLSHandshakeCompleted: Equatable, Sendable {
    /// What ALPN agreed on: `http/1.1`, or nil when the peer sent no ALPN.
    public let applicationProtocol: String?
    /// The peer's key, on a context that requires client certificates; nil on others.
    public let peer: PeerIdentity?
}

extension Channel {
    /// The identity that the TLS peer of this channel proved.
    ///
    /// Nil before the handshake is done and when no certificate was asked for. May be called from
    /// anywhere.
    ///
    /// - Throws: `ChannelPipelineError` when the channel has no `OpenSSLHandler`.
    public func tlsPeerIdentity() async throws -> PeerIdentity? {
        try await eventLoop.submit {
            try self.pipeline.syncOperations.handler(type: OpenSSLHandler.self).peerIdentity
        }.get()
    }
}

/// Decides about a client's certificate instead of OpenSSL's chain building.
///
/// The roster's pins say who is let in, so there is no certificate authority: any certificate
/// passes whose dates hold. That the peer has the private key, OpenSSL checks in the handshake.
func acceptValidDates(_ store: OpaquePointer?, _: UnsafeMutableRawPointer?) -> CInt {
    guard let store = unsafe store, let leaf = unsafe X509_STORE_CTX_get0_cert(store) else {
        return 0
    }
    // X509_cmp_current_time: -1 earlier or equal, 1 later, 0 unreadable.
    if unsafe X509_cmp_current_time(X509_get0_notBefore(leaf)) != -1 {
        unsafe X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_NOT_YET_VALID)
        return 0
    }
    if unsafe X509_cmp_current_time(X509_get0_notAfter(leaf)) != 1 {
        unsafe X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_HAS_EXPIRED)
        return 0
    }
    unsafe X509_STORE_CTX_set_error(store, X509_V_OK)
    return 1
}
