import Crypto
public import Sodium

/// The desk's keys that a body is sealed to: both, in a cascade (formats §5).
public struct SealKeys: Hashable, Sendable {
    let x25519: KeyLine
    let xwing: KeyLine

    /// Takes a `seal-x25519` and a `seal-xwing` line.
    public init(x25519: KeyLine, xwing: KeyLine) throws(EnvelopeError) {
        guard x25519.use == .sealX25519 else {
            throw .wrongKeyUse(needed: .sealX25519, actual: x25519.use)
        }
        guard xwing.use == .sealXWing else {
            throw .wrongKeyUse(needed: .sealXWing, actual: xwing.use)
        }
        self.x25519 = x25519
        self.xwing = xwing
    }
}

/// What is known of a sealed body once it is whole.
public struct SealedBodySummary: Hashable, Sendable {
    /// SHA-256 of the sealed body, first row included: the record's `body`.
    public let bodySHA256: [UInt8]
    /// SHA-256 of the envelope inside: the record's `envelope`.
    public let envelopeSHA256: [UInt8]
    /// Size of the sealed body in bytes.
    public let bodyBytes: Int
    /// Size of the envelope inside in bytes: the record's `size`.
    public let envelopeBytes: Int
}

/// Adds up a body's hashes while it is written or read.
private struct BodyDigest {
    private var body = SHA256()
    private var envelope = SHA256()
    private var bodyBytes = 0
    private var envelopeBytes = 0
    /// The envelope's hash, where it need not be made here.
    private let known: [UInt8]?

    init(envelopeSHA256 known: [UInt8]? = nil) {
        self.known = known
    }

    mutating func addFirstRow(_ row: [UInt8]) {
        body.update(data: row)
        bodyBytes += row.count
    }

    mutating func add(message: ArraySlice<UInt8>, piece: ArraySlice<UInt8>) {
        body.update(data: message)
        if known == nil { envelope.update(data: piece) }
        bodyBytes += message.count
        envelopeBytes += piece.count
    }

    func summary() -> SealedBodySummary {
        SealedBodySummary(
            bodySHA256: Array(body.finalize()),
            envelopeSHA256: known ?? Array(envelope.finalize()),
            bodyBytes: bodyBytes, envelopeBytes: envelopeBytes)
    }
}

/// The keys of a body under S.
enum BodyKeys {
    static func streamKey(_ secret: borrowing SecretBytes) throws(EnvelopeError) -> SecretBytes {
        do {
            return try KeyDerivation.derive(from: secret, subkey: 1, context: Label.bodyContext)
        } catch {
            throw .unavailable
        }
    }

    static func commitment(_ secret: borrowing SecretBytes) throws(EnvelopeError) -> [UInt8] {
        do {
            return try KeyDerivation.derivePublic(
                from: secret, subkey: 2, context: Label.bodyContext)
        } catch {
            throw .unavailable
        }
    }
}

/// Seals an envelope for the store (formats §5), message by message.
public struct SealedBodyWriter: ~Copyable {
    /// Row 0: wrap ‖ secretstream header, 1,248 bytes.
    public let firstRow: [UInt8]
    /// The commitment to S, 32 bytes: the record's `commit_s`.
    public let commitment: [UInt8]
    private var stream: SecretStreamWriter
    private var digest: BodyDigest
    private var hasEnded = false

    /// Draws S and wraps it, with the desk's sequence number (from 1), to both of the desk's keys.
    ///
    /// - Parameter envelopeSHA256: the hash of exactly what will be sealed, where the caller has made it already; nil
    ///   has it made on the way.
    public init(
        deskSequence: UInt64, to keys: SealKeys, envelopeSHA256: [UInt8]? = nil
    ) throws(EnvelopeError) {
        let secret = try SecretBytes.drawing(EnvelopeLimits.keyBytes)
        try self.init(
            secret: secret, deskSequence: deskSequence, to: keys, envelopeSHA256: envelopeSHA256)
    }

    /// Seals under a given S of 32 bytes: for tests, and for vectors.
    package init(
        secret: borrowing SecretBytes, deskSequence: UInt64, to keys: SealKeys,
        envelopeSHA256: [UInt8]? = nil
    ) throws(EnvelopeError) {
        try requireLimit("sealing secret, bytes", secret.count, 32...32)
        let commitment = try BodyKeys.commitment(secret)
        let inner = try SealedBodyWriter.innerBox(secret, deskSequence, to: keys.x25519)
        let (encapsulated, ciphertext) = try HPKEBox.seal(
            inner, to: keys.xwing.publicKey, suite: .xwing,
            info: Label.info(Label.seal, keys.xwing.id.bytes, commitment))
        let streamKey = try BodyKeys.streamKey(secret)
        do {
            stream = try SecretStreamWriter(key: streamKey)
        } catch {
            throw .unavailable
        }
        self.commitment = commitment
        firstRow = encapsulated + ciphertext + stream.header
        digest = BodyDigest(envelopeSHA256: envelopeSHA256)
        digest.addFirstRow(firstRow)
    }

    /// Seals the next piece of the envelope: exactly 65,536 bytes, the last one 1 to 65,536.
    ///
    /// The result is 17 bytes longer.
    public mutating func seal(
        _ piece: ArraySlice<UInt8>, isLast: Bool
    ) throws(EnvelopeError) -> [UInt8] {
        let full = EnvelopeLimits.chunkBytes
        try requireLimit("piece of envelope, bytes", piece.count, (isLast ? 1 : full)...full)
        let message: [UInt8]
        do {
            message = try stream.push(piece.span, isFinal: isLast)
        } catch {
            throw error == .streamEnded ? .outOfOrder : .unavailable
        }
        hasEnded = isLast
        digest.add(message: message[...], piece: piece)
        return message
    }

    /// The hashes and sizes for the record; `outOfOrder` before the last piece.
    public consuming func finish() throws(EnvelopeError) -> SealedBodySummary {
        guard hasEnded else { throw .outOfOrder }
        return digest.summary()
    }

    private static func innerBox(
        _ secret: borrowing SecretBytes, _ deskSequence: UInt64, to key: KeyLine
    ) throws(EnvelopeError) -> [UInt8] {
        do {
            var message = try SecretBytes(count: EnvelopeLimits.keyBytes + 8)
            try message.write(secret.bytes, at: 0)
            var place = message.mutableSpan
            for byte in 0..<8 {
                place[EnvelopeLimits.keyBytes + byte] =
                    UInt8(truncatingIfNeeded: deskSequence >> UInt64(56 - 8 * byte))
            }
            return try SealedBox.seal(message, to: key.publicKey)
        } catch {
            throw .unavailable
        }
    }
}

/// Opens a sealed body (formats §5), message by message, into the envelope's bytes.
///
/// What it hands out is authentic; that the body is whole is known once `finish` has returned, whose hashes the caller
/// compares with the record's.
public struct SealedBodyReader: ~Copyable {
    /// The desk's sequence number; nil for a unit, which does not learn it.
    public let deskSequence: UInt64?
    private let secret: SecretBytes
    private var stream: SecretStreamReader
    private var digest = BodyDigest()

    /// Opens as the desk, with its two seal keys: S has to be the one that the record's `commit_s` commits to.
    ///
    /// Keys that rotated out are tried too: the wrap names none.
    public init(
        firstRow: [UInt8], commitment: [UInt8], keys: OfficeSecretKeys
    ) throws(EnvelopeError) {
        try requireLimit(
            "first row, bytes", firstRow.count,
            EnvelopeLimits.sealedBodyFirstRowBytes...EnvelopeLimits.sealedBodyFirstRowBytes)
        let opened = try SealedBodyReader.openWrap(
            Array(firstRow.prefix(EnvelopeLimits.sealWrapBytes)), commitment, keys)
        guard opened.count == EnvelopeLimits.keyBytes + 8 else { throw .cannotOpen }
        let secret = try fromSodium { () throws(SodiumError) in
            try opened.copy(0..<EnvelopeLimits.keyBytes)
        }
        var sequence: UInt64 = 0
        for place in 0..<8 {
            sequence = sequence << 8 | UInt64(opened.span[EnvelopeLimits.keyBytes + place])
        }
        try self.init(
            firstRow: firstRow, commitment: commitment, secret: secret, deskSequence: sequence)
    }

    /// Opens as a unit, with the S of a report's wrap.
    public init(
        firstRow: [UInt8], commitment: [UInt8], secret: borrowing SecretBytes
    ) throws(EnvelopeError) {
        let own = try fromSodium { () throws(SodiumError) in try secret.copy() }
        try self.init(
            firstRow: firstRow, commitment: commitment, secret: own, deskSequence: nil)
    }

    private init(
        firstRow: [UInt8], commitment: [UInt8], secret: consuming SecretBytes,
        deskSequence: UInt64?
    ) throws(EnvelopeError) {
        try requireLimit(
            "first row, bytes", firstRow.count,
            EnvelopeLimits.sealedBodyFirstRowBytes...EnvelopeLimits.sealedBodyFirstRowBytes)
        try requireLimit("sealing secret, bytes", secret.count, 32...32)
        guard try BodyKeys.commitment(secret) == commitment else { throw .commitmentMismatch }
        let key = try BodyKeys.streamKey(secret)
        do {
            stream = try SecretStreamReader(
                key: key, header: Array(firstRow.suffix(SecretStream.headerByteCount)))
        } catch {
            throw .cannotOpen
        }
        self.deskSequence = deskSequence
        self.secret = secret
        digest.addFirstRow(firstRow)
    }

    /// An owner of S, for a report's wrap.
    public borrowing func copySecret() throws(EnvelopeError) -> SecretBytes {
        do {
            return try secret.copy()
        } catch {
            throw .unavailable
        }
    }

    /// Opens the next message (a row from 1 on): 65,553 bytes, the last one 18 to 65,553.
    public mutating func open(_ message: [UInt8]) throws(EnvelopeError) -> [UInt8] {
        guard !stream.hasEnded else { throw .dataAfterLast }
        let piece: [UInt8]
        let isLast: Bool
        do {
            (piece, isLast) = try stream.pull(message)
        } catch {
            throw .cannotOpen
        }
        // One body has one division into messages.
        guard isLast ? !piece.isEmpty : piece.count == EnvelopeLimits.chunkBytes else {
            throw .cannotOpen
        }
        digest.add(message: message[...], piece: piece[...])
        return piece
    }

    /// Checks that the last message came; the result is for comparison with the record.
    public borrowing func finish() throws(EnvelopeError) -> SealedBodySummary {
        guard stream.hasEnded else { throw .endsEarly }
        return digest.summary()
    }

    private static func openWrap(
        _ wrap: [UInt8], _ commitment: [UInt8], _ keys: OfficeSecretKeys
    ) throws(EnvelopeError) -> SecretBytes {
        let encapsulated = Array(wrap.prefix(EnvelopeSuite.xwing.encapsulatedBytes))
        let ciphertext = Array(wrap.dropFirst(EnvelopeSuite.xwing.encapsulatedBytes))
        for outer in keys.keys(for: .sealXWing) {
            let info = Label.info(Label.seal, outer.line.id.bytes, commitment)
            guard
                let box = try? outer.open(ciphertext, encapsulated: encapsulated, info: info)
                    .withWorkingCopy({ $0 })
            else { continue }
            for inner in keys.keys(for: .sealX25519) {
                do {
                    return try inner.openBox(box)
                } catch {
                    continue
                }
            }
        }
        throw .cannotOpen
    }
}
