import Foundation
import GRDB

/// Where entries that arrived since the last tick lie: their `seq` by commitment, and a tip's by its
/// envelope.
///
/// It is in memory, because commitments and envelopes are random: a tree of the database would write
/// another page for nearly every one. It is made anew from the rows when a ledger is opened. An
/// answer is only a hint, and whoever asks holds it against the row: entries are known by the first
/// half of their hash.
struct ArrivalIndex {
    private var commitments: [Key: Int64] = [:]
    private var envelopes: [Key: Int64] = [:]

    private struct Key: Hashable {
        let high: UInt64
        let low: UInt64

        init(_ hash: Hash256) {
            high = hash.word(at: 0)
            low = hash.word(at: 1)
        }
    }

    /// Entries that wait for their place.
    var count: Int { commitments.count }

    func seq(ofCommitment commitment: Hash256) -> Int64? {
        commitments[Key(commitment)]
    }

    func seq(ofEnvelope envelope: Hash256) -> Int64? {
        envelopes[Key(envelope)]
    }

    mutating func add(commitment: Hash256, seq: Int64) {
        commitments[Key(commitment)] = seq
    }

    mutating func add(envelope: Hash256, seq: Int64) {
        envelopes[Key(envelope)] = seq
    }

    /// Takes over what a group added.
    mutating func merge(_ newer: ArrivalIndex) {
        commitments.merge(newer.commitments) { $1 }
        envelopes.merge(newer.envelopes) { $1 }
    }

    /// Reads what has no place in the tree yet.
    init(reading db: Database) throws {
        let newest = try CheckpointRow.newest(db)
        let cursor = try Row.fetchCursor(
            db.cachedStatement(
                sql: "SELECT seq, commitment FROM entry WHERE seq >= ? AND tick >= ?"),
            arguments: [newest?.next ?? 1, Int64(newest?.tick ?? 0)])
        while let row = try cursor.next() {
            let seq: Int64 = row[0]
            add(commitment: try Hash256(row[1], of: "the commitment of entry \(seq)"), seq: seq)
        }
        for tip in try RecentTip.all(db) { add(envelope: tip.envelope, seq: tip.seq) }
    }

    init() {}
}

/// A tip of the running tick and the hash of its envelope.
///
/// The tips of one group are one row of table `recent`, under the first one's `seq`.
struct RecentTip {
    let seq: Int64
    let envelope: Hash256

    private static let seqBytes = 8

    static func insert(_ tips: [RecentTip], _ db: Database) throws {
        guard let first = tips.first else { return }
        try db.run(
            "INSERT INTO recent(first, envelopes) VALUES (?, ?)", [first.seq, encoded(tips)])
    }

    static func all(_ db: Database) throws -> [RecentTip] {
        try db.rows("SELECT envelopes FROM recent ORDER BY first", []).flatMap { row in
            try decoded(row[0])
        }
    }

    /// Takes one tip out for good.
    static func remove(_ seq: Int64, _ db: Database) throws {
        let row = try db.row(
            "SELECT first, envelopes FROM recent WHERE first <= ? ORDER BY first DESC LIMIT 1",
            [seq])
        guard let row else { return }
        let first: Int64 = row[0]
        let left = try decoded(row[1]).filter { $0.seq != seq }
        try db.run("UPDATE recent SET envelopes = ? WHERE first = ?", [encoded(left), first])
    }

    private static func encoded(_ tips: [RecentTip]) -> Data {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(tips.count * (seqBytes + Hash256.byteCount))
        for tip in tips {
            for shift in stride(from: 56, through: 0, by: -8) {
                bytes.append(UInt8(truncatingIfNeeded: tip.seq >> Int64(shift)))
            }
            bytes.append(contentsOf: tip.envelope.bytes)
        }
        return Data(bytes)
    }

    private static func decoded(_ data: Data) throws -> [RecentTip] {
        let size = seqBytes + Hash256.byteCount
        let bytes = [UInt8](data)
        guard bytes.count.isMultiple(of: size) else {
            throw LedgerError.damaged("the envelopes of a group are cut short")
        }
        return try stride(from: 0, to: bytes.count, by: size).map { start in
            let seq = bytes[start..<start + seqBytes].reduce(Int64(0)) { $0 << 8 | Int64($1) }
            let envelope = Data(bytes[start + seqBytes..<start + size])
            return RecentTip(seq: seq, envelope: try Hash256(envelope, of: "an envelope's hash"))
        }
    }
}
