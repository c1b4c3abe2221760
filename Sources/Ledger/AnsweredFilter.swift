import Foundation
import GRDB

/// A Bloom filter over the envelopes in table `answered`: whether a tip's envelope may have been answered before the
/// running tick.
///
/// Their hashes are random, so that nearly every look into a large table reads a page of its own from the disk; nearly
/// all tips are new, and for those the filter says so from memory. It never denies an envelope that is in the table
/// that it was made from, and one of several hundred others makes it look in vain.
struct AnsweredFilter {
    /// For each envelope: with six places in it, under one of a hundred looks is in vain, and mostly far fewer because the size
    /// is rounded up.
    private static let bitsPerEnvelope = 12
    private static let placesPerEnvelope = 6

    private var words: [UInt64]

    /// An empty filter with room for so many envelopes.
    init(envelopes: Int) {
        let bits = max(64, (envelopes * Self.bitsPerEnvelope).roundedUpToPowerOfTwo)
        words = [UInt64](repeating: 0, count: bits / UInt64.bitWidth)
    }

    /// Reads the whole table.
    init(reading db: Database) throws {
        self.init(envelopes: Int(try db.integer("SELECT count(*) FROM answered") ?? 0))
        let rows = try Row.fetchCursor(db.cachedStatement(sql: "SELECT envelope FROM answered"))
        while let row = try rows.next() {
            insert(try Hash256(row[0], of: "an answered envelope's hash"))
        }
    }

    /// Adds an envelope.
    mutating func insert(_ envelope: Hash256) {
        for place in places(of: envelope) { words[place.word] |= place.bit }
    }

    /// False: it was never added.
    func mayContain(_ envelope: Hash256) -> Bool {
        places(of: envelope).allSatisfy { words[$0.word] & $0.bit != 0 }
    }

    /// Two words of the hash, which is uniform already, give all places (Kirsch and Mitzenmacher, "Less Hashing, Same
    /// Performance", 2006).
    private func places(
        of envelope: Hash256
    ) -> some Sequence<(word: Int, bit: UInt64)> {
        let start = envelope.word(at: 0)
        let step = envelope.word(at: 1) | 1
        let mask = UInt64(words.count * UInt64.bitWidth - 1)
        return (0..<UInt64(Self.placesPerEnvelope)).lazy.map { number in
            let bit = (start &+ number &* step) & mask
            return (Int(bit / 64), 1 << (bit % 64))
        }
    }
}

extension Int {
    fileprivate var roundedUpToPowerOfTwo: Int {
        self <= 1 ? 1 : 1 << (bitWidth - (self - 1).leadingZeroBitCount)
    }
}
