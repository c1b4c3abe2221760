public import Sodium

/// The three keys of a reported tip: of the sealed body, of the envelope, and of the triage; 32 bytes each.
public struct TipKeys: ~Copyable {
    /// S, of the sealed body.
    public let bodySecret: SecretBytes
    /// K, of the envelope.
    public let tipKey: SecretBytes
    /// R, of the triage.
    public let reportSecret: SecretBytes

    /// Takes the tip's two keys and draws R.
    public init(
        bodySecret: consuming SecretBytes, tipKey: consuming SecretBytes
    ) throws(EnvelopeError) {
        let reportSecret = try SecretBytes.drawing(EnvelopeLimits.keyBytes)
        try self.init(bodySecret: bodySecret, tipKey: tipKey, reportSecret: reportSecret)
    }

    /// Takes all three: for a transfer that keeps the triage, and for tests.
    public init(
        bodySecret: consuming SecretBytes, tipKey: consuming SecretBytes,
        reportSecret: consuming SecretBytes
    ) throws(EnvelopeError) {
        try requireLimit("S, bytes", bodySecret.count, 32...32)
        try requireLimit("K, bytes", tipKey.count, 32...32)
        try requireLimit("R, bytes", reportSecret.count, 32...32)
        self.bodySecret = bodySecret
        self.tipKey = tipKey
        self.reportSecret = reportSecret
    }

    /// commit_R, 32 bytes, for the report's note.
    public borrowing func reportCommitment() -> [UInt8] {
        KeySchedule.commitment(to: reportSecret)
    }
}

/// The commitments that the keys of a report have to meet, 32 bytes each.
public struct ExpectedCommitments: Hashable, Sendable {
    /// commit_S, from the tip's record.
    public let body: [UInt8]
    /// commit, from the tip's record (and the envelope's head).
    public let tip: [UInt8]
    /// commit_R, from the report's note.
    public let report: [UInt8]

    /// Names the three.
    public init(body: [UInt8], tip: [UInt8], report: [UInt8]) {
        self.body = body
        self.tip = tip
        self.report = report
    }
}

/// A tip's keys, wrapped to one office by HPKE X-Wing (formats §7): the same for a report and a transfer, whose notes differ
/// in their first line.
public enum ReportWrap {
    /// Wraps the keys to a `seal-xwing` key: 1,232 bytes.
    ///
    /// - Parameters:
    ///   - keys: S, K and R.
    ///   - recipient: the receiving office's line.
    ///   - tip: the commitment of the tip's entry, 32 bytes.
    public static func seal(
        _ keys: borrowing TipKeys, to recipient: KeyLine, tip: [UInt8]
    ) throws(EnvelopeError) -> [UInt8] {
        guard recipient.use == .sealXWing else {
            throw .wrongKeyUse(needed: .sealXWing, actual: recipient.use)
        }
        let info = try info(recipient.id, tip, keys.reportCommitment())
        let plaintext = try joined(keys)
        let (encapsulated, ciphertext) = try plaintext.withWorkingCopy {
            (working) throws(EnvelopeError) in
            try HPKEBox.seal(working, to: recipient.publicKey, suite: .xwing, info: info)
        }
        return encapsulated + ciphertext
    }

    /// Opens a wrap addressed to `keyID` and checks all three commitments (`commitmentMismatch`).
    public static func open(
        _ wrap: [UInt8], keyID: KeyID, keys: OfficeSecretKeys, tip: [UInt8],
        expecting commitments: ExpectedCommitments
    ) throws(EnvelopeError) -> TipKeys {
        try requireLimit(
            "wrap, bytes", wrap.count,
            EnvelopeLimits.reportWrapBytes...EnvelopeLimits.reportWrapBytes)
        guard let key = keys.key(keyID), key.line.use == .sealXWing else {
            throw .notForTheseKeys
        }
        let encapsulatedBytes = EnvelopeSuite.xwing.encapsulatedBytes
        let joined = try key.open(
            Array(wrap.dropFirst(encapsulatedBytes)),
            encapsulated: Array(wrap.prefix(encapsulatedBytes)),
            info: info(keyID, tip, commitments.report))
        let opened = try split(joined)
        try check(opened, commitments)
        return opened
    }

    private static func info(
        _ keyID: KeyID, _ tip: [UInt8], _ reportCommitment: [UInt8]
    ) throws(EnvelopeError) -> [UInt8] {
        try requireLimit("tip's commitment, bytes", tip.count, 32...32)
        try requireLimit("commit_R, bytes", reportCommitment.count, 32...32)
        return Label.info(Label.report, keyID.bytes, tip, reportCommitment)
    }

    private static func joined(_ keys: borrowing TipKeys) throws(EnvelopeError) -> SecretBytes {
        do {
            var joined = try SecretBytes(count: 3 * EnvelopeLimits.keyBytes)
            try joined.write(keys.bodySecret.bytes, at: 0)
            try joined.write(keys.tipKey.bytes, at: 32)
            try joined.write(keys.reportSecret.bytes, at: 64)
            return joined
        } catch {
            throw .unavailable
        }
    }

    private static func split(_ joined: borrowing SecretBytes) throws(EnvelopeError) -> TipKeys {
        guard joined.count == 3 * EnvelopeLimits.keyBytes else { throw .cannotOpen }
        let body = try fromSodium { () throws(SodiumError) in try joined.copy(0..<32) }
        let tip = try fromSodium { () throws(SodiumError) in try joined.copy(32..<64) }
        let report = try fromSodium { () throws(SodiumError) in try joined.copy(64..<96) }
        return try TipKeys(bodySecret: body, tipKey: tip, reportSecret: report)
    }

    private static func check(
        _ keys: borrowing TipKeys, _ expected: ExpectedCommitments
    ) throws(EnvelopeError) {
        let isRight =
            try BodyKeys.commitment(keys.bodySecret) == expected.body
            && KeySchedule.commitment(to: keys.tipKey) == expected.tip
            && keys.reportCommitment() == expected.report
        guard isRight else { throw .commitmentMismatch }
    }
}

/// A desk's triage of a tip, sealed under a report's R (formats §7).
public enum Triage {
    /// Seals the triage's JSON (2 to 262,144 bytes, no zero byte), padded to a multiple of 4,096 bytes.
    ///
    /// - Parameters:
    ///   - json: the triage.
    ///   - reportSecret: R.
    ///   - tip: the commitment of the tip's entry, 32 bytes.
    public static func seal(
        _ json: [UInt8], reportSecret: borrowing SecretBytes, tip: [UInt8]
    ) throws(EnvelopeError) -> [UInt8] {
        try requireLimit("triage, bytes", json.count, 2...EnvelopeLimits.triageBytesMax)
        guard !json.contains(0) else { throw .malformedDocument }
        let padded = ZeroPadding.padded(json, toMultipleOf: EnvelopeLimits.triageStepBytes)
        var sealer = ChunkSealer(key: try key(reportSecret, tip))
        var sealed: [UInt8] = []
        try sealer.write(padded[...], appendingTo: &sealed)
        try sealer.finish(appendingTo: &sealed)
        return sealed
    }

    /// Opens a sealed triage and takes the padding off; R was checked against commit_R by `ReportWrap.open`.
    public static func open(
        _ sealed: [UInt8], reportSecret: borrowing SecretBytes, tip: [UInt8]
    ) throws(EnvelopeError) -> [UInt8] {
        try requireLimit(
            "sealed triage, bytes", sealed.count, 17...EnvelopeLimits.sealedTriageBytesMax)
        var opener = ChunkOpener(key: try key(reportSecret, tip))
        var padded: [UInt8] = []
        try opener.read(sealed[...]) { chunk in padded += chunk }
        padded += try opener.finish()
        guard padded.count.isMultiple(of: EnvelopeLimits.triageStepBytes) else {
            throw .malformedDocument
        }
        return try ZeroPadding.removed(from: padded)
    }

    private static func key(
        _ reportSecret: borrowing SecretBytes, _ tip: [UInt8]
    ) throws(EnvelopeError) -> ChunkKey {
        try requireLimit("tip's commitment, bytes", tip.count, 32...32)
        return KeySchedule.chunkKey(from: reportSecret, info: Label.info(Label.triage, tip))
    }
}

/// Zero bytes behind a JSON text, which holds none itself.
enum ZeroPadding {
    static func padded(_ json: [UInt8], toMultipleOf step: Int) -> [UInt8] {
        let missing = (step - json.count % step) % step
        return json + [UInt8](repeating: 0, count: missing)
    }

    /// The text before the zeros; a zero inside it, or nothing else, is refused.
    static func removed(from padded: [UInt8]) throws(EnvelopeError) -> [UInt8] {
        let end = padded.firstIndex(of: 0) ?? padded.count
        guard end > 0, padded[end...].allSatisfy({ $0 == 0 }) else { throw .malformedDocument }
        return Array(padded[..<end])
    }
}
