import Notes

/// What is wrong with a record's bytes.
public enum RecordError: Error, Equatable, Sendable {
    /// It is not canonical JSON within the limits.
    case notCanonical
    /// A member is missing, not of its kind, or one too many; the sentence names it.
    case malformed(String)
}

extension Record {
    /// The record's JCS bytes (RFC 8785): what the commitment is made over.
    ///
    /// Written in one go, with the members in the order of their names: as a tree of values it took
    /// a tenth of an append.
    public var encoded: [UInt8] {
        var text = RecordText()
        switch body {
        case .tip(let tip):
            text.add("body", tip.body)
            text.add("commit", tip.commit)
            text.add("commit_s", tip.commitS)
            text.add("desk_key", tip.deskKey)
            text.add("envelope", tip.envelope)
            text.add("origin", origin)
            text.add("size", tip.size)
            text.add("tick", tick)
        case .report(let note, let tip, let triage), .transfer(let note, let tip, let triage):
            text.add("note", note)
            text.add("origin", origin)
            text.add("tick", tick)
            text.add("tip", tip)
            text.add("triage", triage)
        case .acknowledgement(let note, let report):
            text.add("note", note)
            text.add("origin", origin)
            text.add("report", report)
            text.add("tick", tick)
        case .reply(let blob, let id):
            text.add("blob", blob)
            text.add("id", id)
            text.add("origin", origin)
            text.add("tick", tick)
        case .status(let note), .page(let note), .shred(let note), .roster(let note, _):
            text.add("note", note)
            text.add("origin", origin)
            text.add("tick", tick)
        case .cover:
            text.add("origin", origin)
            text.add("tick", tick)
        }
        text.add("type", kind)
        text.add("v", 1)
        if case .roster(_, let version) = body { text.add("version", version) }
        return text.finish()
    }

    /// Reads a record strictly: canonical, every member known and of its kind.
    public init(parsing bytes: [UInt8]) throws(RecordError) {
        guard bytes.count <= LedgerLimits.recordBytesMax else { throw .notCanonical }
        var members: RecordMembers
        do {
            guard case .object(let object) = try CanonicalJSON(parsingCanonical: bytes) else {
                throw RecordError.notCanonical
            }
            members = RecordMembers(object)
        } catch {
            throw .notCanonical
        }
        guard try members.integer("v") == 1 else { throw .malformed("v") }
        origin = try members.string("origin")
        tick = try members.integer("tick")
        guard let kind = EntryKind(rawValue: try members.string("type")) else {
            throw .malformed("type")
        }
        body = try RecordBody(kind, from: &members)
        try members.finish()
    }
}

/// A record's JSON as it grows, member by member.
private struct RecordText {
    private var bytes: [UInt8] = []

    /// More than a tip's record has with an origin of ordinary length.
    private static let capacity = 640
    private static let digits = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    init() {
        bytes.reserveCapacity(Self.capacity)
    }

    mutating func add(_ name: StaticString, _ number: UInt64) {
        precondition(
            number <= LedgerLimits.recordIntegerMax, "a record's integer is above 2^53")
        begin(name)
        bytes.append(contentsOf: String(number).utf8)
    }

    mutating func add(_ name: StaticString, _ text: String) {
        begin(name)
        bytes.append(contentsOf: CanonicalJSON.string(text).encoded)
    }

    mutating func add(_ name: StaticString, _ kind: EntryKind) {
        begin(name)
        bytes.append(UInt8(ascii: "\""))
        bytes.append(contentsOf: kind.rawValue.utf8)
        bytes.append(UInt8(ascii: "\""))
    }

    /// As base64, without a string in between.
    mutating func add(_ name: StaticString, _ hash: Hash256) {
        begin(name)
        bytes.append(UInt8(ascii: "\""))
        let digits = Self.digits
        let hash = hash.bytes
        for start in stride(from: 0, to: Hash256.byteCount - 2, by: 3) {
            let group = Int(hash[start]) << 16 | Int(hash[start + 1]) << 8 | Int(hash[start + 2])
            bytes.append(digits[group >> 18])
            bytes.append(digits[group >> 12 & 63])
            bytes.append(digits[group >> 6 & 63])
            bytes.append(digits[group & 63])
        }
        // Two bytes are left.
        let group = Int(hash[30]) << 16 | Int(hash[31]) << 8
        bytes.append(digits[group >> 18])
        bytes.append(digits[group >> 12 & 63])
        bytes.append(digits[group >> 6 & 63])
        bytes.append(UInt8(ascii: "="))
        bytes.append(UInt8(ascii: "\""))
    }

    consuming func finish() -> [UInt8] {
        bytes.append(UInt8(ascii: "}"))
        return bytes
    }

    private mutating func begin(_ name: StaticString) {
        bytes.append(bytes.isEmpty ? UInt8(ascii: "{") : UInt8(ascii: ","))
        bytes.append(UInt8(ascii: "\""))
        bytes.append(contentsOf: name.description.utf8)
        bytes.append(UInt8(ascii: "\""))
        bytes.append(UInt8(ascii: ":"))
    }
}

extension RecordBody {
    fileprivate init(_ kind: EntryKind, from members: inout RecordMembers) throws(RecordError) {
        switch kind {
        case .tip:
            self = .tip(
                TipRecord(
                    body: try members.hash("body"), commit: try members.hash("commit"),
                    commitS: try members.hash("commit_s"), deskKey: try members.hash("desk_key"),
                    envelope: try members.hash("envelope"), size: try members.integer("size")))
        case .report:
            self = .report(
                note: try members.hash("note"), tip: try members.hash("tip"),
                triage: try members.hash("triage"))
        case .transfer:
            self = .transfer(
                note: try members.hash("note"), tip: try members.hash("tip"),
                triage: try members.hash("triage"))
        case .acknowledgement:
            self = .acknowledgement(
                note: try members.hash("note"), report: try members.hash("report"))
        case .reply: self = .reply(blob: try members.hash("blob"), id: try members.hash("id"))
        case .status: self = .status(note: try members.hash("note"))
        case .roster:
            self = .roster(note: try members.hash("note"), version: try members.integer("version"))
        case .page: self = .page(note: try members.hash("note"))
        case .shred: self = .shred(note: try members.hash("note"))
        case .cover: self = .cover
        }
    }
}

/// Takes members out of an object one by one, so that what is left over shows.
private struct RecordMembers {
    private var left: [String: CanonicalJSON]

    init(_ members: [String: CanonicalJSON]) {
        left = members
    }

    mutating func string(_ name: String) throws(RecordError) -> String {
        guard case .string(let value) = left.removeValue(forKey: name) else {
            throw .malformed(name)
        }
        return value
    }

    mutating func integer(_ name: String) throws(RecordError) -> UInt64 {
        guard case .integer(let value) = left.removeValue(forKey: name), value >= 0 else {
            throw .malformed(name)
        }
        return UInt64(value)
    }

    mutating func hash(_ name: String) throws(RecordError) -> Hash256 {
        guard let bytes = try? Base64.decode(try string(name)), let hash = Hash256(bytes) else {
            throw .malformed(name)
        }
        return hash
    }

    func finish() throws(RecordError) {
        if let name = left.keys.min() { throw .malformed(name) }
    }
}
