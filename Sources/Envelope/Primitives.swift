import Crypto
import FoundationEssentials
import Sodium

// Every primitive, label and nonce of the module is chosen in this file, and nowhere else.

/// The context strings of formats §3 to §7, and of the work against floods.
enum Label {
    static let commit = bytes("resguardo/1 commit")
    static let payload = bytes("resguardo/1 payload")
    static let envelope = bytes("resguardo/1 envelope")
    static let seal = bytes("resguardo/1 seal")
    static let report = bytes("resguardo/1 report")
    static let triage = bytes("resguardo/1 triage")
    static let reply = bytes("resguardo/1 reply")
    static let receipt = bytes("resguardo/1 receipt")
    static let mailbox = bytes("resguardo/1 mailbox")
    static let replyIKM = bytes("resguardo/1 reply ikm")
    static let replyPSK = bytes("resguardo/1 reply psk")
    static let answer = bytes("resguardo/1 answer")
    static let effort = bytes("resguardo/1 effort")

    /// The eight-byte context of `crypto_kdf_derive_from_key` for a sealed body.
    static let bodyContext = "RSGBODY1"

    /// `label` ‖ 00 ‖ the parts.
    static func info(_ label: [UInt8], _ parts: [UInt8]...) -> [UInt8] {
        var info = label
        info.reserveCapacity(label.count + 1 + parts.reduce(0) { $0 + $1.count })
        info.append(0)
        for part in parts { info.append(contentsOf: part) }
        return info
    }

    private static func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }
}

/// HKDF-SHA-256 (RFC 5869) and HPKE's labelled form of it (RFC 9180 §4).
enum KeySchedule {
    /// The commitment to a key: no salt, 32 bytes, public.
    static func commitment(to key: borrowing SecretBytes) -> [UInt8] {
        expand(extract(from: key), info: Label.commit)
    }

    /// The AES-256 key of the chunks under `key`: no salt, 32 bytes.
    static func chunkKey(from key: borrowing SecretBytes, info: [UInt8]) -> SymmetricKey {
        HKDF<SHA256>.expand(
            pseudoRandomKey: extract(from: key), info: info,
            outputByteCount: EnvelopeLimits.keyBytes)
    }

    /// HKDF-Expand to 32 bytes, which is its first block: HMAC(prk, info ‖ 01).
    ///
    /// Written as the HMAC because swift-crypto lends the bytes of a `SymmetricKey` through unsafe pointers only.
    static func expand(_ prk: SymmetricKey, info: [UInt8]) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: info + [1], using: prk))
    }

    /// `expand` into guarded memory.
    static func expandSecret(
        _ prk: SymmetricKey, info: [UInt8]
    ) throws(EnvelopeError) -> SecretBytes {
        var working = expand(prk, info: info)
        defer { LockedMemory.wipe(&working) }
        return try SecretBytes.holding(working)
    }

    private static func extract(from key: borrowing SecretBytes) -> SymmetricKey {
        key.withWorkingCopy { working in
            SymmetricKey(
                data: HKDF<SHA256>.extract(
                    inputKeyMaterial: SymmetricKey(data: working), salt: [UInt8]()))
        }
    }
}

/// DHKEM(X25519, HKDF-SHA256)'s DeriveKeyPair (RFC 9180 §7.1.3), which swift-crypto does not offer.
enum X25519Derivation {
    private static let suiteID = Array("KEM".utf8) + [0x00, 0x20]
    private static let version = Array("HPKE-v1".utf8)

    /// The private scalar for input keying material of at least 32 bytes.
    static func privateKey(from ikm: borrowing SecretBytes) throws(EnvelopeError) -> SecretBytes {
        let prk = ikm.withWorkingCopy { working in
            // LabeledExtract with an empty salt: HMAC under 32 zero bytes.
            HMAC<SHA256>.authenticationCode(
                for: version + suiteID + Array("dkp_prk".utf8) + working,
                using: SymmetricKey(data: [UInt8](repeating: 0, count: 32)))
        }
        return try KeySchedule.expandSecret(
            SymmetricKey(data: prk), info: [0, 32] + version + suiteID + Array("sk".utf8))
    }
}

/// The points of Curve25519 that turn every private key into the same shared secret, all zeros.
///
/// RFC 9180 §7.1.4 wants such a secret refused and swift-crypto does not refuse it, so the points are, by name: a sender
/// could otherwise make a message that any key opens. They are those of libsodium's and RFC 7748's discussion.
enum SmallOrder {
    private static let points: Set<[UInt8]> = [
        [UInt8](repeating: 0, count: 32),
        [1] + [UInt8](repeating: 0, count: 31),
        [
            0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3, 0xfa, 0xf1, 0x9f,
            0xc4, 0x6a, 0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32, 0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16,
            0x5f, 0x49, 0xb8, 0x00,
        ],
        [
            0x5f, 0x9c, 0x95, 0xbc, 0xa3, 0x50, 0x8c, 0x24, 0xb1, 0xd0, 0xb1, 0x55, 0x9c, 0x83,
            0xef, 0x5b, 0x04, 0x44, 0x5c, 0xc4, 0x58, 0x1c, 0x8e, 0x86, 0xd8, 0x22, 0x4e, 0xdd,
            0xd0, 0x9f, 0x11, 0x57,
        ],
        [0xec] + [UInt8](repeating: 0xff, count: 30) + [0x7f],
        [0xed] + [UInt8](repeating: 0xff, count: 30) + [0x7f],
        [0xee] + [UInt8](repeating: 0xff, count: 30) + [0x7f],
    ]

    /// True for such a point; the top bit of a public key is not part of it.
    static func contains(_ publicKey: [UInt8]) -> Bool {
        guard let last = publicKey.last else { return false }
        return points.contains(publicKey.dropLast() + [last & 0x7f])
    }
}

/// HPKE (RFC 9180) in the two suites of the formats, for one message each.
enum HPKEBox {
    // Spelt out: swift-crypto's preset for X25519 takes ChaCha20-Poly1305.
    static let x25519 = HPKE.Ciphersuite(
        kem: .Curve25519_HKDF_SHA256, kdf: .HKDF_SHA256, aead: .AES_GCM_256)
    static let xwing = HPKE.Ciphersuite(
        kem: .XWingMLKEM768X25519, kdf: .HKDF_SHA256, aead: .AES_GCM_256)

    /// Base mode: encapsulated key and ciphertext.
    static func seal(
        _ plaintext: [UInt8], to publicKey: [UInt8], suite: EnvelopeSuite, info: [UInt8]
    ) throws(EnvelopeError) -> (encapsulated: [UInt8], ciphertext: [UInt8]) {
        do {
            var sender = try sender(to: publicKey, suite: suite, info: Data(info))
            let ciphertext = try sender.seal(plaintext)
            return (Array(sender.encapsulatedKey), Array(ciphertext))
        } catch {
            // Only a public key that is no point of the group, or a failing generator, ends here.
            throw .unavailable
        }
    }

    /// Base mode, for the holder of the seed.
    static func open(
        _ ciphertext: [UInt8], encapsulated: [UInt8], seed: borrowing SecretBytes,
        suite: EnvelopeSuite, info: [UInt8]
    ) throws(EnvelopeError) -> SecretBytes {
        // X-Wing hashes the ephemeral key with both secrets, and its definition makes no such check.
        if suite == .x25519, SmallOrder.contains(encapsulated) { throw .cannotOpen }
        var plaintext = try seed.withWorkingCopy { (working) throws(EnvelopeError) in
            do {
                var recipient = try recipient(
                    seed: working, suite: suite, info: Data(info), encapsulated: Data(encapsulated))
                return Array(try recipient.open(ciphertext))
            } catch {
                throw EnvelopeError.cannotOpen
            }
        }
        defer { LockedMemory.wipe(&plaintext) }
        return try SecretBytes.holding(plaintext)
    }

    /// PSK mode with X25519, for a reply.
    static func sealWithPSK(
        _ plaintext: [UInt8], to publicKey: [UInt8], psk: borrowing SecretBytes, pskID: [UInt8],
        info: [UInt8]
    ) throws(EnvelopeError) -> (encapsulated: [UInt8], ciphertext: [UInt8]) {
        if SmallOrder.contains(publicKey) { throw .unavailable }
        return try psk.withWorkingCopy { (working) throws(EnvelopeError) in
            do {
                var sender = try HPKE.Sender(
                    recipientKey: Curve25519.KeyAgreement.PublicKey(rawRepresentation: publicKey),
                    ciphersuite: x25519, info: Data(info),
                    presharedKey: SymmetricKey(data: working),
                    presharedKeyIdentifier: Data(pskID))
                let ciphertext = try sender.seal(plaintext)
                return (Array(sender.encapsulatedKey), Array(ciphertext))
            } catch {
                throw EnvelopeError.unavailable
            }
        }
    }

    /// PSK mode with X25519, for the receipt's holder.
    static func openWithPSK(
        _ ciphertext: [UInt8], encapsulated: [UInt8], seed: borrowing SecretBytes,
        psk: borrowing SecretBytes, pskID: [UInt8], info: [UInt8]
    ) throws(EnvelopeError) -> [UInt8] {
        if SmallOrder.contains(encapsulated) { throw .cannotOpen }
        let presharedKey = psk.withWorkingCopy { SymmetricKey(data: $0) }
        return try seed.withWorkingCopy { (working) throws(EnvelopeError) in
            do {
                var recipient = try HPKE.Recipient(
                    privateKey: Curve25519.KeyAgreement.PrivateKey(rawRepresentation: working),
                    ciphersuite: x25519, info: Data(info), encapsulatedKey: Data(encapsulated),
                    presharedKey: presharedKey, presharedKeyIdentifier: Data(pskID))
                return Array(try recipient.open(ciphertext))
            } catch {
                throw EnvelopeError.cannotOpen
            }
        }
    }

    /// The public key of a 32-byte seed.
    static func publicKey(
        of seed: borrowing SecretBytes, suite: EnvelopeSuite
    ) throws(EnvelopeError) -> [UInt8] {
        try requireLimit("seed, bytes", seed.count, 32...32)
        return try seed.withWorkingCopy { (working) throws(EnvelopeError) in
            do {
                switch suite {
                case .x25519:
                    let key = try Curve25519.KeyAgreement.PrivateKey(rawRepresentation: working)
                    return Array(key.publicKey.rawRepresentation)
                case .xwing:
                    let key = try XWingMLKEM768X25519.PrivateKey(
                        seedRepresentation: working, publicKey: nil)
                    return Array(key.publicKey.rawRepresentation)
                }
            } catch {
                throw EnvelopeError.unavailable
            }
        }
    }

    private static func sender(
        to publicKey: [UInt8], suite: EnvelopeSuite, info: Data
    ) throws -> HPKE.Sender {
        switch suite {
        case .x25519:
            try HPKE.Sender(
                recipientKey: Curve25519.KeyAgreement.PublicKey(rawRepresentation: publicKey),
                ciphersuite: x25519, info: info)
        case .xwing:
            try HPKE.Sender(
                recipientKey: XWingMLKEM768X25519.PublicKey(rawRepresentation: publicKey),
                ciphersuite: xwing, info: info)
        }
    }

    private static func recipient(
        seed: [UInt8], suite: EnvelopeSuite, info: Data, encapsulated: Data
    ) throws -> HPKE.Recipient {
        switch suite {
        case .x25519:
            try HPKE.Recipient(
                privateKey: Curve25519.KeyAgreement.PrivateKey(rawRepresentation: seed),
                ciphersuite: x25519, info: info, encapsulatedKey: encapsulated)
        case .xwing:
            try HPKE.Recipient(
                privateKey: XWingMLKEM768X25519.PrivateKey(
                    seedRepresentation: seed, publicKey: nil),
                ciphersuite: xwing, info: info, encapsulatedKey: encapsulated)
        }
    }
}

/// AES-256-GCM for one chunk of the stream of formats §4.
enum ChunkAEAD {
    /// The nonce may count from 0 because each key seals one stream only: it is derived from 32 fresh random bytes.
    static func nonce(_ counter: UInt64, isLast: Bool) throws -> AES.GCM.Nonce {
        var bytes = [UInt8](repeating: 0, count: 12)
        for place in 0..<8 {
            bytes[3 + place] = UInt8(truncatingIfNeeded: counter >> UInt64(56 - 8 * place))
        }
        bytes[11] = isLast ? 1 : 0
        return try AES.GCM.Nonce(data: bytes)
    }

    /// Appends ciphertext and tag of one chunk to `out`.
    static func seal(
        _ plaintext: ArraySlice<UInt8>, key: SymmetricKey, counter: UInt64, isLast: Bool,
        appendingTo out: inout [UInt8]
    ) throws(EnvelopeError) {
        do {
            let box = try AES.GCM.seal(
                plaintext, using: key, nonce: nonce(counter, isLast: isLast))
            out.append(contentsOf: box.ciphertext)
            out.append(contentsOf: box.tag)
        } catch {
            throw .unavailable
        }
    }

    /// Opens ciphertext ‖ tag.
    static func open(
        _ sealed: ArraySlice<UInt8>, key: SymmetricKey, counter: UInt64, isLast: Bool
    ) throws(EnvelopeError) -> [UInt8] {
        do {
            let box = try AES.GCM.SealedBox(
                nonce: nonce(counter, isLast: isLast), ciphertext: sealed.dropLast(16),
                tag: sealed.suffix(16))
            return Array(try AES.GCM.open(box, using: key))
        } catch {
            throw .cannotOpen
        }
    }
}

extension SecretBytes {
    /// A secret that arrived in an array.
    static func holding(_ bytes: [UInt8]) throws(EnvelopeError) -> SecretBytes {
        do {
            return try SecretBytes(copying: bytes)
        } catch {
            throw .unavailable
        }
    }

    /// `count` random bytes.
    static func drawing(_ count: Int) throws(EnvelopeError) -> SecretBytes {
        do {
            return try SecretBytes(random: count)
        } catch {
            throw .unavailable
        }
    }
}
