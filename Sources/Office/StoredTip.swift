internal import Confinement
public import Envelope
internal import FoundationEssentials
public import Ledger
internal import Notes
public import Sodium

/// A tip whose entry was checked, and its sealed body in the home.
public struct StoredTip: Sendable {
    /// The tip's entry.
    public let entry: CheckedEntry
    /// What the record says.
    public let record: TipRecord
    private let path: String
    private let layout: BodyLayout

    /// Takes a checked entry, which has to be a tip's.
    public init(_ entry: CheckedEntry, home: Home) throws {
        guard case .tip(let record) = entry.body,
            let layout = BodyLayout(envelopeBytes: Int(clamping: record.size))
        else { throw CustodyProblem.recordDiffers(what: "tip") }
        self.entry = entry
        self.record = record
        self.layout = layout
        path = "\(home.path)/bodies/\(EntryName.file(entry.commitment)).part"
    }

    /// Fetches what is missing of the sealed body.
    ///
    /// It counts for nothing yet: opening it whole holds it against the record, and `check` does where it is not.
    public func fetch(from client: StaffClient) async throws {
        var file = try SealedBodyFile(path: path, layout: layout)
        try await file.complete(commitment: entry.commitment, from: client)
    }

    /// Holds the sealed body in the home against the record's hash; one that differs is removed, and named.
    public func check() throws {
        let file = try SealedBodyFile(path: path, layout: layout)
        guard try file.sha256() == record.body.bytes else {
            try forget()
            throw CustodyProblem.bodyDiffers
        }
    }

    /// Removes the sealed body from the home.
    public func forget() throws {
        try DurableFile.remove(path)
    }

    /// Opens the sealed body as the desk.
    public func reader(keys: OfficeSecretKeys) throws -> SealedBodyReader {
        try reader { row in
            try SealedBodyReader(firstRow: row, commitment: record.commitS.bytes, keys: keys)
        }
    }

    /// Opens the sealed body as a unit, with the S of a report.
    public func reader(secret: borrowing SecretBytes) throws -> SealedBodyReader {
        try reader { row in
            try SealedBodyReader(firstRow: row, commitment: record.commitS.bytes, secret: secret)
        }
    }

    private func reader(
        _ open: ([UInt8]) throws -> SealedBodyReader
    ) throws -> SealedBodyReader {
        do {
            return try open(try SealedBodyFile(path: path, layout: layout).firstRow())
        } catch {
            try check()
            throw error
        }
    }

    /// The tip's own key K, for a desk that hands it on.
    public func tipKey(keys: OfficeSecretKeys) throws -> SecretBytes {
        let file = try SealedBodyFile(path: path, layout: layout)
        var reader = try reader(keys: keys)
        let header = try EnvelopeHeader(try reader.open(try file.message(1))[...])
        guard header.outline.commitment == record.commit.bytes else {
            throw CustodyProblem.envelopeDiffers
        }
        return try keys.openEnvelope(header)
    }

    /// Decrypts the tip into a folder of plain files; throws, and leaves the folder to be removed,
    /// if anything differs.
    ///
    /// Originals that have a copy stay closed (`openOriginals`).
    public func unpack(
        into folder: String, with reader: consuming SealedBodyReader,
        tipKey: (EnvelopeHeader) throws -> SecretBytes
    ) throws -> UnpackedTip {
        try unpack(.shown, into: folder, with: reader, tipKey: tipKey)
    }

    func unpack(
        _ choice: AttachmentChoice, into folder: String, with reader: consuming SealedBodyReader,
        tipKey: (EnvelopeHeader) throws -> SecretBytes
    ) throws -> UnpackedTip {
        var sink = AttachmentSink(folder: folder, choice: choice)
        let header = try unpack(with: reader, tipKey: tipKey) { try sink.take($0) }
        return try sink.finish(header)
    }

    /// Opens the whole body; where that fails, says first whether it is the body's fault.
    private func unpack(
        with reader: consuming SealedBodyReader, tipKey: (EnvelopeHeader) throws -> SecretBytes,
        take: ([TipEvent]) throws -> Void
    ) throws -> EnvelopeHeader {
        do {
            let file = try SealedBodyFile(path: path, layout: layout)
            return try TipUnpacker(record: record)
                .unpack(file, with: reader, tipKey: tipKey, take: take)
        } catch {
            try check()
            throw error
        }
    }

    /// Decrypts the tip in memory for its JSON alone; what its attachments hold is checked and
    /// dropped.
    public func document(
        with reader: consuming SealedBodyReader, tipKey: (EnvelopeHeader) throws -> SecretBytes
    ) throws -> TipDocument {
        var found: TipDocument?
        _ = try unpack(with: reader, tipKey: tipKey) { events in
            for case .document(let document, _) in events { found = document }
        }
        guard let found else { throw CustodyProblem.envelopeDiffers }
        return found
    }
}

/// A folder that appears whole or not at all.
public enum CustodyFolder {
    /// Fills a folder beside the lasting one and gives it its name at the end; nil if it is there
    /// already, or if another home was faster.
    public static func publish<R>(
        _ name: String, in parent: String, _ fill: (String) async throws -> R
    ) async throws -> R? {
        guard !exists(name, in: parent) else { return nil }
        try sweep(name, in: parent)
        let (building, lasting) = (temporary(name, in: parent), "\(parent)/\(name)")
        try DurableFile.makeFolder(building)
        let lock = try HeldLock.take(building)
        defer { withExtendedLifetime(lock) {} }
        do {
            let result = try await fill(building)
            try DurableFile.publishFolder(building, as: lasting)
            return result
        } catch FileError.exists(let path) where path == lasting {
            try DurableFile.removeFolder(building)
            return nil
        } catch {
            try? DurableFile.removeFolder(building)
            throw error
        }
    }

    /// Removes what commands have left behind that ended halfway: it is evidence in the clear.
    ///
    /// What another command is filling just now is locked. Renamed first, it cannot be published with a part removed.
    private static func sweep(_ name: String, in parent: String) throws {
        for left in try DurableFile.names(in: parent)
        where left.hasPrefix(".\(name).") && left.hasSuffix(".part") {
            guard let lock = try HeldLock.take("\(parent)/\(left)") else { continue }
            let leaving = temporary(name, in: parent)
            try DurableFile.publishFolder("\(parent)/\(left)", as: leaving)
            try DurableFile.removeFolder(leaving)
            withExtendedLifetime(lock) {}
        }
    }

    /// A name that nothing has, hidden from who looks at the folders.
    private static func temporary(_ name: String, in parent: String) -> String {
        "\(parent)/.\(name).\(String(UInt64.random(in: 0...UInt64.max), radix: 36)).part"
    }

    /// Whether the folder of this name is there, whole.
    public static func exists(_ name: String, in parent: String) -> Bool {
        DurableFile.exists("\(parent)/\(name)")
    }

    /// A file of a whole folder; nil if it is there no more.
    public static func read(
        _ name: String, of folder: String, in parent: String
    ) throws -> [UInt8]? {
        do {
            return try DurableFile.read("\(parent)/\(folder)/\(name)", limit: Home.fileBytesMax)
        } catch FileError.missing {
            return nil
        }
    }

    /// Writes a file into a folder that is being filled.
    public static func write(_ name: String, _ bytes: [UInt8], in folder: String) throws {
        try DurableFile.create("\(folder)/\(name)", bytes)
    }

    /// Writes a JSON file into a folder that is being filled.
    public static func write(_ name: String, json value: some Encodable, in folder: String) throws {
        try write(name, try encode(value), in: folder)
    }

    static func encode(_ value: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        return Array(try encoder.encode(value)) + [UInt8(ascii: "\n")]
    }

    /// Makes the folder into which others go, if it is not there.
    public static func makeParent(_ path: String) throws {
        try DurableFile.makeFolder(path)
    }
}

/// The tick of an entry, as `custody.json` gives it.
public struct EntryTick: Codable, Equatable, Sendable {
    /// Its number.
    public let number: UInt64
    /// When it began, to be read by people: `2026-11-29 11:00 UTC`.
    public let began: String

    /// Takes the tick of an entry.
    public init(of entry: CheckedEntry) {
        number = entry.tick
        began = entry.time
    }
}

/// What is kept beside an opened tip, so that anybody can check it again: `custody.json`.
public struct CustodySheet: Codable, Sendable {
    /// The tip's entry as offered: promise, record, salt.
    public var tip: OfferedEntry
    /// Its commitment, base64.
    public var commitment: String
    /// The tick in which it came.
    public var tick: EntryTick
    /// The inclusion proof, if the log has given one; one that comes later is put here.
    public var proof: String?
    /// The desk's number, for a desk.
    public var deskSequence: UInt64?
    /// The report's entry, for a unit.
    public var report: OfferedEntry?
    /// The tick in which the report came.
    public var reportTick: EntryTick?
    /// The report's inclusion proof, if the log has given one.
    public var reportProof: String?
    /// For a tip that calls itself an answer: whose it is.
    public var answer: AnswerNote?
    /// The attachments.
    public var files: [UnpackedFile]

    /// The sheet's name in its folder.
    public static let file = "custody.json"

    /// Starts a sheet.
    public init(
        _ tip: CheckedEntry, inclusion: Inclusion, files: [UnpackedFile],
        answer: AnswerStanding? = nil
    ) {
        self.tip = tip.offered
        commitment = Base64.encode(tip.commitment)
        tick = EntryTick(of: tip)
        proof = Self.text(inclusion)
        self.files = files
        self.answer = answer?.note
    }

    /// The proof of an inclusion as text.
    public static func text(_ inclusion: Inclusion) -> String? {
        if case .included(_, let proof, _) = inclusion {
            String(decoding: proof, as: UTF8.self)
        } else {
            nil
        }
    }
}
