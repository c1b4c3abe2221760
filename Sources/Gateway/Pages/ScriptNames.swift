/// Short names for what the page's script declares.
///
/// Every statement at the top is a room of its own: what is declared inside it is unknown outside, so that the same few
/// letters serve in each, which compresses well. Capitals, the rarest signs and then pairs of letters are for what is declared at the top.
extension ScriptText {
    /// The new name of each token that has one.
    var shortNames: [Int: String] {
        let rooms = self.rooms
        let outer = names(in: tokens.indices) { rooms[$0].isOutside && !isParameter($0) }
        let ambiguous = Set(tokens.indices.filter(isKeyAndValue).compactMap(name))
        let uses = self.uses(in: tokens.indices)
        let kept = Set(uses.keys).subtracting(outer.subtracting(ambiguous))
        let capitals = Self.assigned(
            Self.mostUsedFirst(outer.subtracting(ambiguous), uses), letters: Self.capitals,
            taken: kept)
        var short: [Int: String] = [:]
        for room in Dictionary(grouping: tokens.indices, by: { rooms[$0].number }).values {
            let uses = self.uses(in: room)
            let inner = names(in: room) { !rooms[$0].isOutside || isParameter($0) }
                .subtracting(outer).subtracting(room.filter(isKeyAndValue).compactMap(name))
            let others = Set(uses.keys).subtracting(inner).map { capitals[$0] ?? $0 }
            let order = room.compactMap(name).filter(inner.contains)
            let small = Self.assigned(order, letters: Self.small, taken: Set(others))
            for index in room {
                guard let name = name(index), !isKey(index) else { continue }
                short[index] = small[name] ?? capitals[name]
            }
        }
        return short
    }

    private static let small = "etaoidshmulncrfypbwg".map(String.init)
    private static let capitals = "ABCDEFGHV_JKPNOMQWSIUTRXYZ$xvkLzjq".map(String.init)

    private static func mostUsedFirst(_ names: Set<String>, _ uses: [String: Int]) -> [String] {
        names.sorted { left, right in
            let weights = (uses[left, default: 0], uses[right, default: 0])
            return weights.0 == weights.1 ? left < right : weights.0 > weights.1
        }
    }

    /// One letter each in the order of the names, and pairs of small ones when there are no more letters.
    ///
    /// Inside a room the order is that of appearance: what follows a bracket is then the same letter in most rooms.
    private static func assigned(
        _ names: [String], letters: [String], taken: Set<String>
    ) -> [String: String] {
        var seen: Set<String> = []
        let order = names.filter { seen.insert($0).inserted }
        let pairs = small.flatMap { first in small.map { "\(first)\($0)" } }
        let free = (letters + pairs).filter { !taken.contains($0) && !reserved.contains($0) }
        return Dictionary(uniqueKeysWithValues: zip(order, free))
    }

    /// Words of two letters that are no names.
    private static let reserved: Set<String> = ["as", "do", "if", "in", "is", "of"]

    /// For each token the number of its statement at the top, and whether it stands outside all brackets there.
    private var rooms: [(number: Int, isOutside: Bool)] {
        var number = 0
        return tokens.indices.map { index in
            let room = (number, brackets[index] == nil)
            if tokens[index] == .mark(";"), brackets[index] == nil { number += 1 }
            return room
        }
    }

    private func name(_ index: Int) -> String? {
        if case .name(let name) = tokens[index] { name } else { nil }
    }

    /// The one parameter of an arrow, without parentheses.
    private func isParameter(_ index: Int) -> Bool {
        mark(at: index + 1) == "=" && mark(at: index + 2) == ">" && !isNamedByKeyword(at: index)
    }

    private func names(
        in indices: some Sequence<Int>, _ isIncluded: (Int) -> Bool
    ) -> Set<String> {
        Set(indices.filter { isDeclared(at: $0) && isIncluded($0) }.compactMap(name))
    }

    /// How often each name is used, but for the names of properties.
    private func uses(in indices: some Sequence<Int>) -> [String: Int] {
        indices.reduce(into: [:]) { uses, index in
            if let name = name(index), !isKey(index) { uses[name, default: 0] += 1 }
        }
    }

    /// The name of a property and nothing else.
    private func isKey(_ index: Int) -> Bool { isProperty(at: index) && !isKeyAndValue(index) }

    /// A name between braces that may stand for a property and its value.
    private func isKeyAndValue(_ index: Int) -> Bool {
        isProperty(at: index) && mark(at: index - 1) != "." && mark(at: index + 1) != ":"
    }
}
