import Sodium
import TestSupport
import Testing

@Suite struct SealedBoxTests {
    struct Vectors: Decodable {
        let keys: [String: Key]
        let accepted: [Body]
        let kdf: Derivation

        struct Key: Decodable {
            let line: String
            let seed: Base64Bytes
        }

        struct Body: Decodable {
            let inner: Base64Bytes
            let deskSeq: UInt64
            let streamKey: Base64Bytes
            let commitS: Base64Bytes
            let coins: Coins

            struct Coins: Decodable {
                let s: Base64Bytes
            }
        }

        struct Derivation: Decodable {
            let context: String
            let key: Base64Bytes
            let subkeys: [String: Base64Bytes]
        }
    }

    @Test func boxesMadeByTheOtherProgramOpen() throws {
        let all = try vectors("resguardo-sealed-body.json", as: Vectors.self)
        let key = try #require(all.keys["desk-seal-x25519"])
        let secret = try SecretBytes(copying: key.seed.bytes)
        let publicKey = try X25519.publicKey(of: secret)
        #expect(!all.accepted.isEmpty)
        for body in all.accepted {
            let opened = try SealedBox.open(
                body.inner.bytes, publicKey: publicKey, secretKey: secret)
            let message = opened.withWorkingCopy { $0 }
            let number = (0..<8).map { UInt8(truncatingIfNeeded: body.deskSeq >> (56 - 8 * $0)) }
            #expect(message == body.coins.s.bytes + number)
        }
    }

    @Test func subkeysAgreeWithTheOtherProgram() throws {
        let all = try vectors("resguardo-sealed-body.json", as: Vectors.self)
        let key = try SecretBytes(copying: all.kdf.key.bytes)
        #expect(all.kdf.subkeys.count == 2)
        for (number, expected) in all.kdf.subkeys {
            let subkey = try #require(UInt64(number))
            let derived = try KeyDerivation.derive(
                from: key, subkey: subkey, context: all.kdf.context)
            let bytes = derived.withWorkingCopy { $0 }
            #expect(bytes == expected.bytes)
            let open = try KeyDerivation.derivePublic(
                from: key, subkey: subkey, context: all.kdf.context)
            #expect(open == expected.bytes)
        }
        for body in all.accepted {
            let s = try SecretBytes(copying: body.coins.s.bytes)
            let stream = try KeyDerivation.derive(from: s, subkey: 1, context: "RSGBODY1")
            let bytes = stream.withWorkingCopy { $0 }
            #expect(bytes == body.streamKey.bytes)
            let commit = try KeyDerivation.derivePublic(from: s, subkey: 2, context: "RSGBODY1")
            #expect(commit == body.commitS.bytes)
        }
    }

    /// RFC 7748 section 6.1: Bob.
    @Test func aPublicKeyIsThePublishedOne() throws {
        let secret = try SecretBytes(
            copying: hex("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb"))
        let key = try X25519.publicKey(of: secret)
        #expect(key == hex("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f"))
    }

    @Test func aBoxOpensForItsKeyOnlyAndUnalteredOnly() throws {
        let secret = try SecretBytes(random: 32)
        let publicKey = try X25519.publicKey(of: secret)
        let message = try SecretBytes(copying: [1, 2, 3, 4, 5])
        let box = try SealedBox.seal(message, to: publicKey)
        #expect(box.count == 5 + SealedBox.overheadBytes)
        let opened = try SealedBox.open(box, publicKey: publicKey, secretKey: secret)
        let isSame = opened.isEqual(to: message)
        #expect(isSame)

        let stranger = try SecretBytes(random: 32)
        let strangersKey = try X25519.publicKey(of: stranger)
        #expect(throws: SodiumError.cannotOpen) {
            _ = try SealedBox.open(box, publicKey: strangersKey, secretKey: stranger)
        }
        for place in box.indices {
            var altered = box
            altered[place] ^= 1
            #expect(throws: SodiumError.cannotOpen, "byte \(place)") {
                _ = try SealedBox.open(altered, publicKey: publicKey, secretKey: secret)
            }
        }
        #expect(throws: SodiumError.self) {
            _ = try SealedBox.open(
                Array(box.prefix(47)), publicKey: publicKey, secretKey: secret)
        }
    }

    @Test func weakAndMisshapenKeysAreRefused() throws {
        let message = try SecretBytes(copying: [1])
        #expect(throws: SodiumError.weakPublicKey) {
            _ = try SealedBox.seal(message, to: [UInt8](repeating: 0, count: 32))
        }
        #expect(throws: SodiumError.self) {
            _ = try SealedBox.seal(message, to: [UInt8](repeating: 9, count: 31))
        }
        let short = try SecretBytes(count: 31)
        #expect(throws: SodiumError.self) { _ = try X25519.publicKey(of: short) }
        #expect(throws: SodiumError.self) {
            _ = try KeyDerivation.derive(from: short, subkey: 1, context: "RSGBODY1")
        }
        let key = try SecretBytes(count: 32)
        #expect(throws: SodiumError.self) {
            _ = try KeyDerivation.derive(from: key, subkey: 1, context: "RSGBODY")
        }
    }
}
