import Sodium
import TestSupport
import Testing

@Suite struct SigningTests {
    struct Wycheproof: Decodable {
        let tests: [Case]

        struct Case: Decodable {
            let id: Int
            let key: HexBytes
            let message: HexBytes
            let signature: HexBytes
            let valid: Bool
        }
    }

    @Test func wycheproofSignaturesAreJudgedRightly() throws {
        let cases = try vectors("wycheproof-ed25519.json", as: Wycheproof.self).tests
        #expect(cases.count == 151)
        for test in cases {
            let key = try VerifyingKey(bytes: test.key.bytes)
            let isValid = key.isValid(test.signature.bytes, over: test.message.bytes)
            #expect(isValid == test.valid, "case \(test.id)")
        }
    }

    /// RFC 8032 section 7.1, tests 1 to 3.
    static let published = [
        (
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39"
                + "701cf9b46bd25bf5f0595bbe24655141438e7a100b"
        ),
        (
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f36"
                + "13d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        ),
    ]

    @Test(arguments: published)
    func publishedKeysSignAsPublished(
        seed: String, key: String, message: String, signature: String
    ) throws {
        let signing = try SigningKey(seed: SecretBytes(copying: hex(seed)))
        let verifying = signing.verifyingKey
        #expect(verifying.bytes == hex(key))
        let made = try signing.sign(hex(message))
        #expect(made == hex(signature))
        #expect(verifying.isValid(made, over: hex(message)))
        let again = try signing.seed().withWorkingCopy { $0 }
        #expect(again == hex(seed))
    }

    @Test func everyAlteredBitOfSignatureOrMessageIsRefused() throws {
        let key = try SigningKey.random()
        let verifying = key.verifyingKey
        let message: [UInt8] = Array("a report".utf8)
        let signature = try key.sign(message)
        for bit in 0..<(signature.count * 8) {
            var altered = signature
            altered[bit / 8] ^= 1 << (bit % 8)
            #expect(!verifying.isValid(altered, over: message), "bit \(bit)")
        }
        for bit in 0..<(message.count * 8) {
            var altered = message
            altered[bit / 8] ^= 1 << (bit % 8)
            #expect(!verifying.isValid(signature, over: altered), "bit \(bit)")
        }
        #expect(!verifying.isValid(Array(signature.dropLast()), over: message))
        #expect(!verifying.isValid([], over: message))
    }

    @Test func wrongLengthsAreRefused() throws {
        let short = try SecretBytes(count: 31)
        #expect(
            throws: SodiumError.wrongLength(what: "signing seed", allowed: 32...32, actual: 31)
        ) {
            _ = try SigningKey(seed: short)
        }
        #expect(throws: SodiumError.self) {
            _ = try VerifyingKey(bytes: [UInt8](repeating: 1, count: 33))
        }
    }
}
