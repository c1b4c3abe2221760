/// The page's script as tokens: enough of JavaScript to drop spaces and shorten names in *our* sources.
///
/// The sources keep to what this reads: statements end in semicolons, comments are whole lines of `//`, strings are in
/// quotes (no templates), and no local name is destructured from an object under a default.
struct ScriptText {
    enum Token: Equatable {
        case name(String)
        case literal(String)
        case mark(Character)

        var text: String {
            switch self {
            case .name(let text), .literal(let text): text
            case .mark(let mark): String(mark)
            }
        }
    }

    private(set) var tokens: [Token] = []
    private var brackets: [Character?] = []

    init(_ source: String) throws(PageError) {
        let code = source.split(separator: "\n").filter { line in
            !line.drop(while: { $0 == " " }).hasPrefix("//")
        }
        var rest = Substring(code.joined(separator: "\n"))
        while let first = rest.first {
            if first.isWhitespace {
                rest.removeFirst()
            } else if Self.isNamePart(first) {
                let name = rest.prefix(while: Self.isNamePart)
                tokens.append(.name(String(name)))
                rest = rest[name.endIndex...]
            } else if first == "'" || first == "\"" || (first == "/" && startsPattern) {
                let literal = try Self.literal(at: rest)
                tokens.append(.literal(String(literal)))
                rest = rest[literal.endIndex...]
            } else if rest.hasPrefix("++") || rest.hasPrefix("--") {
                tokens.append(.literal(String(rest.prefix(2))))
                rest.removeFirst(2)
            } else {
                tokens.append(.mark(first))
                rest.removeFirst()
            }
        }
        brackets = Self.brackets(of: tokens)
    }

    /// A slash begins a pattern where an operand is expected, and divides elsewhere.
    private var startsPattern: Bool {
        guard case .mark(let mark)? = tokens.last else { return tokens.isEmpty }
        return "(=,:[!&|?{};".contains(mark)
    }

    private static func isNamePart(_ character: Character) -> Bool {
        character.isLetter || character.isNumber || character == "_" || character == "$"
    }

    private static func literal(at text: Substring) throws(PageError) -> Substring {
        guard let quote = text.first else { return text }
        var isEscaped = false
        var isInClass = false
        for index in text.indices.dropFirst() {
            let character = text[index]
            if isEscaped {
                isEscaped = false
            } else if character == "\\" {
                isEscaped = true
            } else if quote == "/" && character == "[" {
                isInClass = true
            } else if quote == "/" && character == "]" {
                isInClass = false
            } else if character == quote && !isInClass {
                return text[...index]
            } else if character == "\n" {
                break
            }
        }
        throw .asset(name: "script", reason: "a literal is not closed: \(text.prefix(20))")
    }

    /// The tokens with short names, joined with a space only where two would run together.
    var shrunk: String {
        let short = shortNames
        var text = ""
        for token in tokens {
            var word = token.text
            if case .name(let name) = token, let shorter = short[name] { word = shorter }
            if let last = text.last, let next = word.first, Self.needSpace(last, next) {
                text += " "
            }
            text += word
        }
        return text
    }

    private static func needSpace(_ last: Character, _ next: Character) -> Bool {
        (isNamePart(last) && isNamePart(next)) || (last == next && (last == "+" || last == "-"))
    }

    /// A short name for every name that the script declares and that is nowhere the name of a property.
    private var shortNames: [String: String] {
        var declared: Set<String> = []
        var properties: Set<String> = []
        var uses: [String: Int] = [:]
        for (index, token) in tokens.enumerated() {
            guard case .name(let name) = token else { continue }
            uses[name, default: 0] += 1
            if isDeclared(at: index) { declared.insert(name) }
            if isProperty(at: index) { properties.insert(name) }
        }
        let names = declared.subtracting(properties).filter { $0.count > 2 }
        let order = names.sorted { left, right in
            let weights = (
                uses[left, default: 0] * left.count, uses[right, default: 0] * right.count
            )
            return weights.0 == weights.1 ? left < right : weights.0 > weights.1
        }
        let taken = Set(uses.keys)
        let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
        let pairs = letters.flatMap { first in "abcdefghijklmnopqrstuvwxyz".map { "\(first)\($0)" }
        }
        let free = (letters.map { String($0) } + pairs).filter { !taken.contains($0) }
        return Dictionary(uniqueKeysWithValues: zip(order, free))
    }

    private func mark(at index: Int) -> Character? {
        guard tokens.indices.contains(index), case .mark(let mark) = tokens[index] else {
            return nil
        }
        return mark
    }

    private func isDeclared(at index: Int) -> Bool {
        if mark(at: index + 1) == "=" && mark(at: index + 2) == ">" { return true }
        guard index > 0 else { return false }
        switch tokens[index - 1] {
        case .name(let word): return ["const", "let", "class", "function"].contains(word)
        case .mark("*"): return index > 1 && tokens[index - 2] == .name("function")
        case .mark("("), .mark(","), .mark("."): return isParameter(at: index)
        default: return false
        }
    }

    /// True inside the parentheses before an arrow, outside of any braces there.
    private func isParameter(at index: Int) -> Bool {
        guard brackets[index] == "(" else { return false }
        var depth = 0
        for next in index..<tokens.count {
            switch mark(at: next) {
            case "(": depth += 1
            case ")" where depth == 0:
                return mark(at: next + 1) == "=" && mark(at: next + 2) == ">"
            case ")": depth -= 1
            default: break
            }
        }
        return false
    }

    /// True after a single dot, before the colon of an object's key, and wherever it may be both key and value.
    private func isProperty(at index: Int) -> Bool {
        let before = mark(at: index - 1)
        let after = mark(at: index + 1)
        if before == "." { return mark(at: index - 2) != "." || mark(at: index - 3) != "." }
        guard brackets[index] == "{", before == "{" || before == "," else { return false }
        return after == ":" || after == "," || after == "}"
    }

    /// For each token the innermost bracket that it stands in.
    private static func brackets(of tokens: [Token]) -> [Character?] {
        var open: [Character] = []
        return tokens.map { token in
            guard case .mark(let mark) = token else { return open.last }
            if ")]}".contains(mark), !open.isEmpty { open.removeLast() }
            defer { if "([{".contains(mark) { open.append(mark) } }
            return open.last
        }
    }
}
