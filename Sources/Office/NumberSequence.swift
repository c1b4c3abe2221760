/// What is wrong with a number that should be the next one.
public enum SequenceProblem: Error, Equatable, Sendable {
    /// Numbers are missing: something was withheld or lost.
    case gap(name: String, expected: UInt64, actual: UInt64)
    /// The number was given to something else before: one of the two was not counted.
    case repeated(name: String, number: UInt64, earlier: String)
}

extension SequenceProblem {
    /// True for a gap after which somebody may decide to go on: numbers are missing, and not more than are bridged.
    public var canBeBridged: Bool {
        guard case .gap(_, let expected, let actual) = self, actual > expected else { return false }
        return actual - expected < NumberSequence.gapMax
    }
}

extension SequenceProblem: Explained {
    /// The problem in one line.
    public var sentence: String {
        switch self {
        case .gap(let name, let expected, let actual) where actual > expected:
            "GAP in \(name): number \(actual) where \(expected) was next; "
                + "\(actual - expected) missing. Tell the gateway's operator and the auditor."
        case .gap(let name, let expected, let actual):
            "GAP in \(name): number \(actual) where \(expected) was next; "
                + "the numbers run backwards. Tell the gateway's operator and the auditor."
        case .repeated(let name, let number, let earlier):
            "REPEAT in \(name): number \(number) was \(earlier) before. "
                + "Tell the gateway's operator and the auditor."
        }
    }

    /// Always bad input.
    public var exit: ExitKind { .badInput }
}

/// Numbers that have to run 1, 2, 3 … and what each of them was, as one office has seen them.
public struct NumberSequence: Codable, Equatable, Sendable {
    /// What had number n, at place n - 1; an empty string where a gap was seen and the work went
    /// on.
    public private(set) var seen: [String] = []

    /// A sequence of which nothing was seen.
    public init() {}

    /// The highest number that was seen; 0 if none.
    public var highest: UInt64 { UInt64(seen.count) }

    /// What a new thing of this number would mean; throws for a gap or a repeat, and is true if it
    /// was seen already.
    public func check(
        _ number: UInt64, is thing: String, name: String
    ) throws(SequenceProblem) -> Bool {
        guard number >= 1 else { throw .gap(name: name, expected: 1, actual: number) }
        guard number <= highest else {
            guard number == highest + 1 else {
                throw .gap(name: name, expected: highest + 1, actual: number)
            }
            return false
        }
        let earlier = seen[Int(number) - 1]
        guard !earlier.isEmpty else { return false }
        guard earlier == thing else {
            throw .repeated(name: name, number: number, earlier: earlier)
        }
        return true
    }

    /// Notes that this number was this thing; what lies between is kept as missing.
    ///
    /// - Precondition: `check` passed, or somebody decided to go on despite the gap.
    public mutating func note(_ number: UInt64, is thing: String) {
        guard number >= 1, number <= highest || number - highest <= Self.gapMax else { return }
        while highest < number { seen.append("") }
        seen[Int(number) - 1] = thing
    }

    /// The number to go on with after the gateway has named the one that it takes next: other workstations of the same
    /// office number on, too.
    ///
    /// - Throws: a repeat if this station has used that number, so that the gateway must have lost something; a gap if
    ///   it lies further ahead than is bridged.
    public func next(expected: UInt64, name: String) throws(SequenceProblem) -> UInt64 {
        guard expected > highest else {
            let earlier = expected >= 1 ? seen[Int(expected) - 1] : ""
            throw .repeated(
                name: name, number: expected, earlier: earlier.isEmpty ? "missing" : earlier)
        }
        guard expected - highest <= Self.gapMax else {
            throw .gap(name: name, expected: highest + 1, actual: expected)
        }
        return expected
    }

    /// Greatest gap that is bridged, so that a hostile number cannot fill the memory.
    static let gapMax: UInt64 = 10_000
}
