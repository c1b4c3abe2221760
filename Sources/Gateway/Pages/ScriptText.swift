/// The page's script as tokens: enough of JavaScript to drop spaces and shorten names in *our* sources.
///
/// A script that is never wrong needs nobody to be strict with it: `'use strict'` is for those who work on it.
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
    private(set) var brackets: [Character?] = []

    init(_ source: String) throws(PageError) {
        let code = source.split(separator: "\n").filter { line in
            !line.drop(while: { $0 == " " }).hasPrefix("//") && line != "'use strict';"
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
    ///
    /// `const` is written as `let`, which means the same to a script that is never wrong about it, and the two truth
    /// values as numbers turned round; declarations that follow one another are one, and what closes needs no comma or
    /// semicolon before it.
    var shrunk: String {
        let short = shortNames
        let joined = joinedDeclarations
        var text = ""
        for (index, token) in tokens.enumerated() {
            if isNeedless(index) || joined.contains(index + 1) { continue }
            var word = short[index] ?? token.text
            if !isProperty(at: index) { word = Self.shorter[word] ?? word }
            if joined.contains(index) { word = "," }
            if let last = text.last, let next = word.first, Self.needSpace(last, next) {
                text += " "
            }
            text += word
        }
        return text
    }

    private static let shorter = ["const": "let", "true": "!0", "false": "!1"]

    /// True for a comma or semicolon that a closing bracket follows.
    private func isNeedless(_ index: Int) -> Bool {
        switch (mark(at: index), mark(at: index + 1)) {
        case (";", "}"), (",", "}"), (",", ")"), (",", "]"): true
        default: false
        }
    }

    private static func needSpace(_ last: Character, _ next: Character) -> Bool {
        (isNamePart(last) && isNamePart(next)) || (last == next && (last == "+" || last == "-"))
    }

    /// Where a declaration follows a declaration in the same block.
    private var joinedDeclarations: Set<Int> {
        var found: Set<Int> = []
        // For each open bracket: whether the statement that is read there is a declaration.
        var declares = [false]
        var isStart = true
        for (index, token) in tokens.enumerated() {
            let isDeclaration = token == .name("const") || token == .name("let")
            let depth = declares.count - 1
            // A declaration after a closing brace begins a statement, whatever the brace closes.
            if isStart || (isDeclaration && mark(at: index - 1) == "}") {
                if isDeclaration, declares[depth], mark(at: index - 1) == ";" {
                    found.insert(index)
                }
                declares[depth] = isDeclaration
            }
            isStart = false
            guard case .mark(let mark) = token else { continue }
            if "([{".contains(mark) { declares.append(false) }
            if ")]}".contains(mark), depth > 0 { declares.removeLast() }
            isStart = mark == "{" || (mark == ";" && brackets[index] != "(")
        }
        return found
    }

    func mark(at index: Int) -> Character? {
        guard tokens.indices.contains(index), case .mark(let mark) = tokens[index] else {
            return nil
        }
        return mark
    }

    func isDeclared(at index: Int) -> Bool {
        if mark(at: index + 1) == "=" && mark(at: index + 2) == ">" { return true }
        guard index > 0 else { return false }
        switch tokens[index - 1] {
        case .name: return isNamedByKeyword(at: index)
        case .mark("*"): return index > 1 && tokens[index - 2] == .name("function")
        case .mark("("), .mark(","), .mark("."), .mark("["):
            return isParameter(at: index) || isElement(at: index)
                || (tokens[max(0, index - 2)] == .name("catch") && mark(at: index - 3) != ".")
        default: return false
        }
    }

    func isNamedByKeyword(at index: Int) -> Bool {
        guard index > 0, case .name(let word) = tokens[index - 1] else { return false }
        return ["const", "let", "var", "class", "function"].contains(word)
    }

    /// True for a name in a list that is taken apart: `const [name, other] =`.
    private func isElement(at index: Int) -> Bool {
        guard brackets[index] == "[" else { return false }
        var start = index - 1
        while start > 0, mark(at: start) != "[" {
            if let mark = mark(at: start), mark != "," { return false }
            start -= 1
        }
        return start > 0 && [.name("const"), .name("let")].contains(tokens[start - 1])
    }

    /// True inside the parentheses before an arrow or of a named function, outside of any braces there.
    private func isParameter(at index: Int) -> Bool {
        guard brackets[index] == "(" else { return false }
        var depth = 0
        for next in index..<tokens.count {
            switch mark(at: next) {
            case "(": depth += 1
            case ")" where depth == 0:
                return (mark(at: next + 1) == "=" && mark(at: next + 2) == ">")
                    || isOfFunction(at: index)
            case ")": depth -= 1
            default: break
            }
        }
        return false
    }

    /// True for a name after `function name(`.
    private func isOfFunction(at index: Int) -> Bool {
        var start = index - 1
        while start > 0, mark(at: start) != "(" { start -= 1 }
        guard start > 2, case .name = tokens[start - 1] else { return false }
        return tokens[start - 2] == .name("function")
            || (mark(at: start - 2) == "*" && tokens[start - 3] == .name("function"))
    }

    /// True after a single dot, before the colon of an object's key, and wherever it may be both key and value.
    func isProperty(at index: Int) -> Bool {
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
