/// Where a tile lies in C2SP tlog-tiles, and under which path it is served.
public struct TileAddress: Hashable, Sendable {
    /// Level 0 holds leaf hashes; each hash of level l is the root of a full tile of level l - 1.
    ///
    /// At most 63.
    public let level: Int
    /// Which tile of its level, from 0.
    public let index: UInt64
    /// Hashes asked for: 256 for a full tile, 1...255 for a partial one.
    public let width: Int

    /// Takes a place; nil outside of what the specification allows.
    public init?(level: Int, index: UInt64, width: Int = LedgerLimits.tileHashCount) {
        guard (0...Tiles.levelMax).contains(level),
            (1...LedgerLimits.tileHashCount).contains(width)
        else { return nil }
        self.level = level
        self.index = index
        self.width = width
    }

    /// The path under the log's prefix, without a leading slash: `tile/0/x001/067`,
    /// `tile/1/000.p/3`.
    public var path: String {
        "tile/\(level)/" + Tiles.pathEnd(index: index, width: width)
    }
}

/// Arithmetic and names of C2SP tlog-tiles with tiles of 256 hashes (height 8).
public enum Tiles {
    /// Highest level that a path may name.
    public static let levelMax = 63
    /// Levels of the tree inside one tile.
    static let height = 8

    /// How many hashes of a level exist in a tree of this size.
    public static func hashCount(level: Int, size: UInt64) -> UInt64 {
        let shift = level * height
        return shift < UInt64.bitWidth ? size >> UInt64(shift) : 0
    }

    /// The widest form in which a tile exists in a tree of this size: 256, 1...255 if it is the
    /// last of its level and partial, nil if it does not exist.
    ///
    /// Empty tiles are never served.
    public static func width(level: Int, index: UInt64, size: UInt64) -> Int? {
        let count = hashCount(level: level, size: size)
        let (start, tooFar) = index.multipliedReportingOverflow(by: 256)
        guard !tooFar, start < count else { return nil }
        return Int(min(256, count - start))
    }

    /// Path of an entry bundle under the log's prefix, without a leading slash; `width` 256 is a
    /// full one.
    public static func entriesPath(index: UInt64, width: Int = LedgerLimits.tileHashCount) -> String
    {
        "tile/entries/" + pathEnd(index: index, width: width)
    }

    /// An entry bundle: each entry as big-endian u16 length ‖ bytes.
    public static func bundle(_ commitments: [Hash256]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(commitments.count * (2 + Hash256.byteCount))
        for commitment in commitments {
            bytes += [0, UInt8(Hash256.byteCount)]
            bytes += commitment.bytes
        }
        return bytes
    }

    /// Reads an entry bundle of this log, where every entry is a commitment; nil if it holds
    /// anything else.
    public static func commitments(inBundle bytes: [UInt8]) -> [Hash256]? {
        let entryBytes = 2 + Hash256.byteCount
        guard bytes.count.isMultiple(of: entryBytes),
            bytes.count <= entryBytes * LedgerLimits.tileHashCount
        else { return nil }
        return collect(bytes, every: entryBytes) { entry in
            guard entry.starts(with: [0, UInt8(Hash256.byteCount)]) else { return nil }
            return Hash256(Array(entry.dropFirst(2)))
        }
    }

    /// Reads the hashes of a tile; nil unless there are 1...256 whole ones.
    public static func hashes(inTile bytes: [UInt8]) -> [Hash256]? {
        guard bytes.count.isMultiple(of: Hash256.byteCount), !bytes.isEmpty,
            bytes.count <= Hash256.byteCount * LedgerLimits.tileHashCount
        else { return nil }
        return collect(bytes, every: Hash256.byteCount) { Hash256(Array($0)) }
    }

    /// Tile number in groups of three digits, all but the last with an `x`, and the width of a
    /// partial tile.
    static func pathEnd(index: UInt64, width: Int) -> String {
        var path = threeDigits(index % 1_000)
        var rest = index / 1_000
        while rest > 0 {
            path = "x" + threeDigits(rest % 1_000) + "/" + path
            rest /= 1_000
        }
        return width == LedgerLimits.tileHashCount ? path : path + ".p/\(width)"
    }

    private static func threeDigits(_ number: UInt64) -> String {
        let digits = String(number)
        return String(repeating: "0", count: 3 - digits.count) + digits
    }

    private static func collect(
        _ bytes: [UInt8], every stride: Int, _ read: (ArraySlice<UInt8>) -> Hash256?
    ) -> [Hash256]? {
        var hashes: [Hash256] = []
        hashes.reserveCapacity(bytes.count / stride)
        for start in Swift.stride(from: 0, to: bytes.count, by: stride) {
            guard let hash = read(bytes[start..<start + stride]) else { return nil }
            hashes.append(hash)
        }
        return hashes
    }
}

/// Where tiles are read from, each as widely as it exists.
protocol TileSource {
    associatedtype Failure: Error
    /// The hashes of a tile, or nil if there is none.
    func tile(level: Int, index: UInt64) throws(Failure) -> [Hash256]?
}

/// Complete subtrees out of tiles, each tile read once: O(log n) tiles for a proof.
struct TileNodes<Source: TileSource>: MerkleNodes where Source.Failure == LedgerError {
    private let source: Source
    private var read: [Int: [UInt64: [Hash256]]] = [:]

    init(_ source: Source) {
        self.source = source
    }

    mutating func node(height: Int, index: UInt64) throws(LedgerError) -> Hash256 {
        let level = height / Tiles.height
        let inside = height % Tiles.height
        let first = index << UInt64(inside)
        let hashes = try tile(level: level, index: first >> 8)
        let start = Int(first & 255)
        let end = start + (1 << inside)
        guard end <= hashes.count else {
            throw .damaged("tile \(level)/\(first >> 8) is narrower than the tree needs")
        }
        return inside == 0 ? hashes[start] : MerkleTree.root(of: Array(hashes[start..<end]))
    }

    private mutating func tile(level: Int, index: UInt64) throws(LedgerError) -> [Hash256] {
        if let known = read[level]?[index] { return known }
        guard let hashes = try source.tile(level: level, index: index) else {
            throw .damaged("tile \(level)/\(index) is missing")
        }
        read[level, default: [:]][index] = hashes
        return hashes
    }
}
