import Crypto
import Foundation
import Sodium
import TestSupport
import Testing

@testable import Envelope

/// RFC 9180's vectors, for the suites exactly as the module spells them.
struct PublishedVectorTests {
    struct HPKEFile: Decodable {
        struct Encryption: Decodable {
            let aad: HexBytes
            let ct: HexBytes
            let pt: HexBytes
        }
        struct Vector: Decodable {
            let mode: Int
            let info: HexBytes
            let ikmR: HexBytes
            let ikmE: HexBytes
            let skRm: HexBytes
            let skEm: HexBytes
            let pkRm: HexBytes
            let enc: HexBytes
            let psk: HexBytes?
            let pskId: HexBytes?
            let encryptions: [Encryption]
        }
        let vectors: [Vector]
    }

    @Test func deriveKeyPairOfX25519() throws {
        let file = try vectors("rfc9180.json", as: HPKEFile.self)
        #expect(file.vectors.map(\.mode) == [0, 1])
        for vector in file.vectors {
            for (ikm, expected) in [(vector.ikmR, vector.skRm), (vector.ikmE, vector.skEm)] {
                let key = try X25519Derivation.privateKey(
                    from: SecretBytes(copying: ikm.bytes))
                // RFC 9180 prints scalars as derived; clamping happens in X25519 itself.
                #expect(key.withWorkingCopy { $0 } == expected.bytes)
            }
            let seed = try SecretBytes(copying: vector.skRm.bytes)
            #expect(try HPKEBox.publicKey(of: seed, suite: .x25519) == vector.pkRm.bytes)
        }
    }

    @Test func recipientOpensBaseAndPSK() throws {
        let file = try vectors("rfc9180.json", as: HPKEFile.self)
        for vector in file.vectors {
            let key = try Curve25519.KeyAgreement.PrivateKey(rawRepresentation: vector.skRm.bytes)
            var recipient: HPKE.Recipient
            if let psk = vector.psk, let pskID = vector.pskId {
                recipient = try HPKE.Recipient(
                    privateKey: key, ciphersuite: HPKEBox.x25519, info: Data(vector.info.bytes),
                    encapsulatedKey: Data(vector.enc.bytes),
                    presharedKey: SymmetricKey(data: psk.bytes),
                    presharedKeyIdentifier: Data(pskID.bytes))
            } else {
                recipient = try HPKE.Recipient(
                    privateKey: key, ciphersuite: HPKEBox.x25519, info: Data(vector.info.bytes),
                    encapsulatedKey: Data(vector.enc.bytes))
            }
            #expect(vector.encryptions.count == 3)
            for encryption in vector.encryptions {
                let plaintext = try recipient.open(
                    encryption.ct.bytes, authenticating: encryption.aad.bytes)
                #expect(Array(plaintext) == encryption.pt.bytes)
            }
        }
    }

    struct XWingFile: Decodable {
        struct Vector: Decodable {
            let sk: HexBytes
            let pk: HexBytes
            let ct: HexBytes
            let ss: HexBytes
        }
        let vectors: [Vector]
    }

    @Test func xwingDecapsulates() throws {
        let file = try vectors("xwing.json", as: XWingFile.self)
        #expect(file.vectors.count == 3)
        for vector in file.vectors {
            let seed = try SecretBytes(copying: vector.sk.bytes)
            #expect(try HPKEBox.publicKey(of: seed, suite: .xwing) == vector.pk.bytes)
            let key = try XWingMLKEM768X25519.PrivateKey(
                seedRepresentation: vector.sk.bytes, publicKey: nil)
            let secret = try key.decapsulate(Data(vector.ct.bytes))
            #expect(secret == SymmetricKey(data: vector.ss.bytes))
        }
    }

    struct GCMFile: Decodable {
        struct Vector: Decodable {
            let tcId: Int
            let key: HexBytes
            let iv: HexBytes
            let aad: HexBytes
            let msg: HexBytes
            let ct: HexBytes
            let tag: HexBytes
            let result: String
        }
        let tests: [Vector]
    }

    @Test func wycheproofAESGCM() throws {
        let file = try vectors("wycheproof-aes-256-gcm.json", as: GCMFile.self)
        #expect(file.tests.count == 66)
        for test in file.tests {
            let box = try AES.GCM.SealedBox(
                nonce: AES.GCM.Nonce(data: test.iv.bytes), ciphertext: test.ct.bytes,
                tag: test.tag.bytes)
            let opened = try? AES.GCM.open(
                box, using: SymmetricKey(data: test.key.bytes), authenticating: test.aad.bytes)
            #expect(
                opened.map { Array($0) } == (test.result == "valid" ? test.msg.bytes : nil),
                "case \(test.tcId)")
        }
    }

    @Test func pointsOfSmallOrderAreRefusedEverywhere() throws {
        let file = try vectors("wycheproof-x25519.json", as: X25519File.self)
        let points = file.tests.filter { $0.shared.bytes.allSatisfy { $0 == 0 } }.map(
            \.public.bytes)
        #expect(points.count > 20)
        let seed = try SecretBytes(random: 32)
        let psk = try SecretBytes(random: 32)
        let key = [UInt8](repeating: 9, count: 32)
        for point in points {
            #expect(throws: EnvelopeError.cannotOpen) {
                // What a sender could compute without knowing any private key of the recipient's.
                _ = try HPKEBox.open(
                    Randomness.bytes(48), encapsulated: point, seed: seed, suite: .x25519, info: [])
            }
            #expect(throws: EnvelopeError.cannotOpen) {
                _ = try HPKEBox.openWithPSK(
                    Randomness.bytes(48), encapsulated: point, seed: seed, psk: psk, pskID: key,
                    info: [])
            }
            #expect(throws: EnvelopeError.malformedDocument) {
                try Mailbox(id: key, replyKey: point, psk: key, answer: key)
            }
            for use in [KeyUse.envelopeX25519, .sealX25519] {
                #expect(throws: EnvelopeError.malformedKeyLine) {
                    try KeyLine(
                        origin: "gateway.example/ar", office: "desk-ar", state: "AR", use: use,
                        publicKey: point)
                }
            }
        }
    }

    struct X25519File: Decodable {
        struct Vector: Decodable {
            let tcId: Int
            let `public`: HexBytes
            let `private`: HexBytes
            let shared: HexBytes
            let flags: [String]
        }
        let tests: [Vector]
    }

    /// swift-crypto gives a shared secret of zeros where RFC 9180 §7.1.4 wants a refusal: the module refuses the points.
    @Test func wycheproofX25519() throws {
        let file = try vectors("wycheproof-x25519.json", as: X25519File.self)
        #expect(file.tests.count == 172)
        for test in file.tests {
            let isZero = test.shared.bytes.allSatisfy { $0 == 0 }
            let key = try Curve25519.KeyAgreement.PrivateKey(
                rawRepresentation: test.private.bytes)
            let shared = try? key.sharedSecretFromKeyAgreement(
                with: Curve25519.KeyAgreement.PublicKey(rawRepresentation: test.public.bytes))
            let bytes = shared.map { unsafe $0.withUnsafeBytes { unsafe Array($0) } }
            #expect(bytes == test.shared.bytes, "case \(test.tcId)")
            #expect(SmallOrder.contains(test.public.bytes) == isZero, "case \(test.tcId)")
        }
    }
}
