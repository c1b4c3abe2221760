import CSodium
import TestSupport
import Testing

/// The cipher under secretstream, in the library that is linked: secretstream itself has no published vectors.
@Suite struct LibraryTests {
    struct Wycheproof: Decodable {
        let tests: [Case]

        struct Case: Decodable {
            let id: Int
            let key: HexBytes
            let nonce: HexBytes
            let aad: HexBytes
            let plaintext: HexBytes
            let ciphertext: HexBytes
            let valid: Bool
        }
    }

    @Test func wycheproofCiphertextsAreJudgedRightly() throws {
        try #require(sodium_init() >= 0)
        let cases = try vectors("wycheproof-xchacha20-poly1305.json", as: Wycheproof.self).tests
        #expect(cases.count == 306)
        for test in cases {
            let ciphertext = test.ciphertext.bytes
            var plaintext = [UInt8](repeating: 0, count: ciphertext.count)
            var size: UInt64 = 0
            let status = unsafe crypto_aead_xchacha20poly1305_ietf_decrypt(
                &plaintext, &size, nil, ciphertext, UInt64(ciphertext.count), test.aad.bytes,
                UInt64(test.aad.bytes.count), test.nonce.bytes, test.key.bytes)
            #expect((status == 0) == test.valid, "case \(test.id)")
            if status == 0 {
                #expect(Array(plaintext.prefix(Int(size))) == test.plaintext.bytes)
            }
        }
    }
}
