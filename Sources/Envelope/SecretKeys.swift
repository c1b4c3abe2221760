public import Sodium

/// One secret key of an office: its line, and the 32-byte seed in guarded memory.
///
/// The seed is the raw X25519 scalar, or X-Wing's seed.
public final class SecretKey: Sendable {
    /// The public side.
    public let line: KeyLine
    private let seed: SecretBytes

    /// Takes a seed of exactly 32 bytes; one that does not give the line's public key is `seedIsNotOfKeyLine`.
    public init(line: KeyLine, seed: consuming SecretBytes) throws(EnvelopeError) {
        guard try HPKEBox.publicKey(of: seed, suite: line.use.suite) == line.publicKey else {
            throw .seedIsNotOfKeyLine
        }
        self.line = line
        self.seed = seed
    }

    /// Draws a new key and makes its line.
    public convenience init(
        drawing use: KeyUse, origin: String, office: String, state: String
    ) throws(EnvelopeError) {
        let seed = try SecretBytes.drawing(EnvelopeLimits.keyBytes)
        let publicKey = try HPKEBox.publicKey(of: seed, suite: use.suite)
        let line = try KeyLine(
            origin: origin, office: office, state: state, use: use, publicKey: publicKey)
        try self.init(line: line, seed: seed)
    }

    /// Lends the seed, for storage under a passphrase.
    public func withSeed<R: ~Copyable, E: Error>(
        _ body: (borrowing SecretBytes) throws(E) -> R
    ) throws(E) -> R {
        try body(seed)
    }

    /// Opens an HPKE base-mode message to this key.
    func open(
        _ ciphertext: [UInt8], encapsulated: [UInt8], info: [UInt8]
    ) throws(EnvelopeError) -> SecretBytes {
        try HPKEBox.open(
            ciphertext, encapsulated: encapsulated, seed: seed, suite: line.use.suite, info: info)
    }

    /// Opens libsodium's sealed box to this key.
    func openBox(_ box: [UInt8]) throws(EnvelopeError) -> SecretBytes {
        do {
            return try SealedBox.open(box, publicKey: line.publicKey, secretKey: seed)
        } catch {
            throw .cannotOpen
        }
    }
}

/// The secret keys that an office holds: for a desk all four uses, for a unit `seal-xwing`, and those that rotated out
/// but still open what was addressed to them.
public struct OfficeSecretKeys: Sendable {
    /// All keys, newest first where the caller keeps that order.
    public let keys: [SecretKey]

    /// Takes keys that were read from a key ring.
    public init(_ keys: [SecretKey]) {
        self.keys = keys
    }

    /// Draws one new key for each of `uses`.
    public static func generate(
        origin: String, office: String, state: String, uses: [KeyUse] = KeyUse.allCases
    ) throws(EnvelopeError) -> OfficeSecretKeys {
        var keys: [SecretKey] = []
        for use in uses {
            keys.append(
                try SecretKey(drawing: use, origin: origin, office: office, state: state))
        }
        return OfficeSecretKeys(keys)
    }

    /// The public sides, in the order of `keys`.
    public var lines: [KeyLine] { keys.map(\.line) }

    /// The key with this identifier, or nil.
    public func key(_ id: KeyID) -> SecretKey? {
        keys.first { $0.line.id == id }
    }

    /// The keys of one use, in the order of `keys`.
    public func keys(for use: KeyUse) -> [SecretKey] {
        keys.filter { $0.line.use == use }
    }

    /// Opens an envelope's head: the tip's key K, checked against the head's commitment.
    ///
    /// `notForTheseKeys` if none of these is addressed.
    public func openEnvelope(_ header: EnvelopeHeader) throws(EnvelopeError) -> SecretBytes {
        guard let key = key(header.outline.keyID), key.line.use == header.outline.suite.keyUse
        else { throw .notForTheseKeys }
        let info = Label.info(Label.envelope, header.outline.bytes)
        let tipKey = try key.open(
            header.sealedKey, encapsulated: header.encapsulated, info: info)
        guard tipKey.count == EnvelopeLimits.keyBytes else { throw .cannotOpen }
        try header.outline.check(tipKey)
        return tipKey
    }
}
