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
    public var encoded: [UInt8] {
        var members: [String: CanonicalJSON] = [
            "origin": .string(origin), "tick": Self.json(tick), "type": .string(kind.rawValue),
            "v": .integer(1),
        ]
        members.merge(body.members) { common, _ in common }
        return CanonicalJSON.object(members).encoded
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

    static func json(_ number: UInt64) -> CanonicalJSON {
        precondition(number <= LedgerLimits.recordIntegerMax, "a record's integer is above 2^53")
        return .integer(Int(number))
    }
}

extension RecordBody {
    fileprivate var members: [String: CanonicalJSON] {
        switch self {
        case .tip(let tip):
            [
                "body": json(tip.body), "commit": json(tip.commit), "commit_s": json(tip.commitS),
                "desk_key": json(tip.deskKey), "envelope": json(tip.envelope),
                "size": Record.json(tip.size),
            ]
        case .report(let note, let tip, let triage), .transfer(let note, let tip, let triage):
            ["note": json(note), "tip": json(tip), "triage": json(triage)]
        case .acknowledgement(let note, let report):
            ["note": json(note), "report": json(report)]
        case .reply(let blob, let id): ["blob": json(blob), "id": json(id)]
        case .status(let note), .page(let note), .shred(let note): ["note": json(note)]
        case .roster(let note, let version):
            ["note": json(note), "version": Record.json(version)]
        case .cover: [:]
        }
    }

    private func json(_ hash: Hash256) -> CanonicalJSON {
        .string(Base64.encode(hash.bytes))
    }

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
