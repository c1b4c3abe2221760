/// The numbers of one desk key (`desk_seq`) against the order in which the gateway lists its tips.
///
/// The vault numbers tips 1, 2, 3 … in the order in which it lists them, and the number is sealed:
/// so the n-th listed tip has to carry n, and tips can be opened in any order.
public struct DeskNumbering: Codable, Equatable, Sendable {
    private struct Gap: Codable, Equatable {
        /// The place in the list, from 1, before which tips are missing.
        let place: UInt64
        /// How many, added up over all gaps to here.
        let missing: UInt64
    }

    /// Base64 commitments in the gateway's order.
    public private(set) var listed: [String] = []
    private var gaps: [Gap] = []
    /// Where each of `listed` stands, because a flood lists a hundred thousand.
    private var places: [String: Int] = [:]

    /// Greatest sum of missing numbers that is believed of a file, so that none overflows: that of a number in JSON.
    private static let missingMax: UInt64 = 1 << 53

    private enum CodingKeys: String, CodingKey {
        case listed, gaps
    }

    /// A key of which nothing was listed.
    public init() {}

    /// Reads what was kept.
    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        listed = try fields.decode([String].self, forKey: .listed)
        gaps = try fields.decode([Gap].self, forKey: .gaps)
        guard gaps.allSatisfy({ $0.missing <= Self.missingMax }) else {
            throw DecodingError.dataCorruptedError(
                forKey: .gaps, in: fields, debugDescription: "more is missing than was ever sent")
        }
        places = Dictionary(
            listed.enumerated().map { ($0.element, $0.offset) },
            uniquingKeysWith: { first, _ in first })
    }

    /// The highest number that the list accounts for.
    public var highest: UInt64 { UInt64(listed.count) + (gaps.last?.missing ?? 0) }

    /// Takes the next tip of the list; one that was listed before is a repeat.
    public mutating func list(_ tip: String, name: String) throws(SequenceProblem) {
        try checkNew(tip, name: name)
        places[tip] = listed.count
        listed.append(tip)
    }

    /// Throws a repeat if the tip was listed before.
    public func checkNew(_ tip: String, name: String) throws(SequenceProblem) {
        if let place = places[tip] {
            throw .repeated(name: name, number: UInt64(place) + 1, earlier: tip)
        }
    }

    /// Compares the number that was sealed into a tip with its place in the list.
    public func check(
        _ number: UInt64, of tip: String, name: String
    ) throws(SequenceProblem) {
        guard let index = places[tip] else {
            throw .gap(name: name, expected: highest + 1, actual: number)
        }
        let expected = expected(at: index)
        if number > expected { throw .gap(name: name, expected: expected, actual: number) }
        if number < expected {
            throw .repeated(name: name, number: number, earlier: owner(of: number) ?? "missing")
        }
    }

    /// The same, and goes on despite a gap: what the number says is missing counts as missing from here on.
    ///
    /// - Throws: a repeat, and a gap wider than is bridged.
    public mutating func bridge(
        _ number: UInt64, of tip: String, name: String
    ) throws(SequenceProblem) {
        do {
            try check(number, of: tip, name: name)
        } catch {
            guard error.canBeBridged, let index = places[tip] else { throw error }
            gaps.append(Gap(place: UInt64(index) + 1, missing: number - UInt64(index) - 1))
            gaps.sort { $0.place < $1.place }
        }
    }

    private func expected(at index: Int) -> UInt64 {
        let place = UInt64(index) + 1
        return place + (gaps.last { $0.place <= place }?.missing ?? 0)
    }

    private func owner(of number: UInt64) -> String? {
        listed.indices.first { expected(at: $0) == number }.map { listed[$0] }
    }
}
