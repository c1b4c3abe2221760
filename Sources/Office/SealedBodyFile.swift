internal import Confinement
internal import Crypto
internal import Envelope

/// How a sealed body of a known envelope size is divided into rows (formats §5).
struct BodyLayout: Equatable {
    /// Size of the envelope inside, in bytes.
    let envelopeBytes: Int

    /// Takes the size that a tip's record states; nil outside the format's limits.
    init?(envelopeBytes: Int) {
        guard (1...EnvelopeLimits.envelopeBytesMax).contains(envelopeBytes) else { return nil }
        self.envelopeBytes = envelopeBytes
    }

    /// Size of row 0, in bytes.
    static let firstRowBytes = EnvelopeLimits.sealedBodyFirstRowBytes
    /// Size of every later row but the last, in bytes.
    static let messageBytes = EnvelopeLimits.chunkBytes + EnvelopeLimits.messageOverheadBytes

    /// Number of rows after row 0.
    var messages: Int {
        (envelopeBytes + EnvelopeLimits.chunkBytes - 1) / EnvelopeLimits.chunkBytes
    }

    /// Size of the whole sealed body, in bytes.
    var bodyBytes: Int {
        Self.firstRowBytes + envelopeBytes + messages * EnvelopeLimits.messageOverheadBytes
    }

    /// Where row `row` begins, in bytes.
    static func start(ofRow row: Int) -> Int {
        row == 0 ? 0 : firstRowBytes + (row - 1) * messageBytes
    }

    /// How many rows are whole in the first `byteCount` bytes.
    func wholeRows(in byteCount: Int) -> Int {
        guard byteCount < bodyBytes else { return messages + 1 }
        guard byteCount >= Self.firstRowBytes else { return 0 }
        return 1 + (byteCount - Self.firstRowBytes) / Self.messageBytes
    }
}

/// A sealed body on its way to, or on, the office's disk: ciphertext, resumable at row boundaries.
struct SealedBodyFile: ~Copyable {
    private var file: GrowingFile
    let layout: BodyLayout

    /// Bytes that are collected before they are written: few calls, and what is collected stays in the cache.
    private static let batchBytes = 256 * 1_024

    /// Opens or makes the file.
    init(path: String, layout: BodyLayout) throws(FileError) {
        self.layout = layout
        file = try GrowingFile(path)
    }

    /// Fetches what is missing.
    mutating func complete(commitment: [UInt8], from client: StaffClient) async throws {
        if file.size > layout.bodyBytes { try file.cut(to: 0) }
        if file.size < layout.bodyBytes {
            try await fetch(commitment, from: client)
        }
    }

    private mutating func fetch(_ commitment: [UInt8], from client: StaffClient) async throws {
        let row = layout.wholeRows(in: file.size)
        try file.cut(to: BodyLayout.start(ofRow: row))
        var missing = layout.bodyBytes - file.size
        var batch: [UInt8] = []
        var isTooLong = false
        do {
            try await client.body(of: commitment, from: row) { piece in
                isTooLong = piece.count > missing
                guard !isTooLong else { return false }
                missing -= piece.count
                batch += piece
                if batch.count >= Self.batchBytes {
                    try file.append(batch)
                    batch.removeAll(keepingCapacity: true)
                }
                return true
            }
        } catch {
            // What arrived is kept for the next attempt.
            try file.append(batch)
            throw error
        }
        try file.append(batch)
        guard !isTooLong else { throw CustodyProblem.bodyDiffers }
        guard missing == 0 else { throw CustodyProblem.bodyStopped(missingBytes: missing) }
    }

    /// Of what is there, 32 bytes.
    func sha256() throws(FileError) -> [UInt8] {
        var hasher = SHA256()
        var offset = 0
        while offset < file.size {
            let piece = try file.read(1_048_576, at: offset)
            guard !piece.isEmpty else { break }
            hasher.update(data: piece)
            offset += piece.count
        }
        return Array(hasher.finalize())
    }

    /// Row 0: wrap and secretstream header.
    func firstRow() throws(FileError) -> [UInt8] {
        try file.read(BodyLayout.firstRowBytes, at: 0)
    }

    /// Row `number`, from 1.
    func message(_ number: Int) throws(FileError) -> [UInt8] {
        let start = BodyLayout.start(ofRow: number)
        return try file.read(min(BodyLayout.messageBytes, layout.bodyBytes - start), at: start)
    }
}
