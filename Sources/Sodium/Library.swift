import CSodium

/// The one start of libsodium, shared by every call.
enum Library {
    /// True once `sodium_init` has succeeded and the library's sizes are those that this module writes as literals.
    ///
    /// `sodium_malloc` before `sodium_init` aborts the process, hence every constructor asks here first.
    static let isReady: Bool = sodium_init() >= 0 && sizesAgree

    /// Throws `unavailable` where libsodium did not start.
    static func requireReady() throws(SodiumError) {
        guard isReady else { throw .unavailable }
    }

    /// The literals in the public interface, held against the library that was loaded at run time.
    private static var sizesAgree: Bool {
        crypto_sign_seedbytes() == SigningKey.seedByteCount
            && crypto_sign_publickeybytes() == VerifyingKey.byteCount
            && crypto_sign_secretkeybytes() == SigningKey.expandedByteCount
            && crypto_sign_bytes() == VerifyingKey.signatureByteCount
            && crypto_box_publickeybytes() == X25519.byteCount
            && crypto_box_secretkeybytes() == X25519.byteCount
            && crypto_box_sealbytes() == SealedBox.overheadBytes
            && crypto_secretstream_xchacha20poly1305_keybytes() == SecretStream.keyByteCount
            && crypto_secretstream_xchacha20poly1305_headerbytes() == SecretStream.headerByteCount
            && crypto_secretstream_xchacha20poly1305_abytes() == SecretStream.overheadBytes
            && crypto_kdf_keybytes() == KeyDerivation.keyByteCount
            && crypto_kdf_contextbytes() == KeyDerivation.contextByteCount
            && crypto_pwhash_saltbytes() == PasswordBox.saltByteCount
            && crypto_secretbox_keybytes() == PasswordBox.keyByteCount
            && crypto_secretbox_noncebytes() == PasswordBox.nonceByteCount
            && crypto_secretbox_macbytes() == PasswordBox.tagByteCount
            && crypto_hash_sha256_bytes() == SmallHash.byteCount
    }
}
