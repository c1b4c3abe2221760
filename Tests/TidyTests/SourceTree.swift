import Foundation

/// One source file of the package, as text.
struct SourceFile: Sendable {
    let module: String
    let path: String
    let lines: [Substring]

    /// `file:line`, as an editor opens it.
    func place(_ line: Int) -> String { "\(path):\(line + 1)" }
}

/// The package's own sources and tests.
enum SourceTree {
    static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// Every file with an ending below a top-level folder, in order.
    static func files(in folder: String, ending: String) -> [SourceFile] {
        let base = root.appending(path: folder)
        let names = (FileManager.default.enumerator(atPath: base.path)?.allObjects ?? [])
            .compactMap { $0 as? String }
            .filter { $0.hasSuffix(ending) }
            .sorted()
        return names.compactMap { name in
            let url = base.appending(path: name)
            guard let text = try? String(contentsOf: url, encoding: .utf8) else { return nil }
            let module = name.split(separator: "/").first.map(String.init) ?? ""
            return SourceFile(
                module: module, path: "\(folder)/\(name)",
                lines: text.split(separator: "\n", omittingEmptySubsequences: false))
        }
    }
}

extension SourceFile {
    /// The modules this file imports, each with its line.
    var imports: [(module: String, line: Int)] {
        lines.enumerated().compactMap { index, line in
            var words = line.split(separator: " ")
            while let first = words.first,
                ["public", "internal", "package", "@testable"].contains(first)
            { words.removeFirst() }
            guard words.first == "import", words.count >= 2 else { return nil }
            let kinds: Set<Substring> = ["struct", "class", "enum", "protocol", "func", "var"]
            let name = kinds.contains(words[1]) && words.count > 2 ? words[2] : words[1]
            return (String(name.split(separator: ".").first ?? name), index)
        }
    }

    /// The functions of this file with their lengths in lines, found by indentation: the file is formatted.
    var functions: [(name: String, line: Int, length: Int)] {
        var found: [(String, Int, Int)] = []
        for (index, line) in lines.enumerated() where Self.opensFunction(line) {
            let indent = line.prefix(while: { $0 == " " }).count
            let closing = String(repeating: " ", count: indent) + "}"
            guard let end = lines[index...].firstIndex(where: { $0 == closing }) else { continue }
            let name = line.trimmingCharacters(in: .whitespaces)
            found.append((name, index, end - index + 1))
        }
        return found
    }

    private static func opensFunction(_ line: Substring) -> Bool {
        let text = line.drop(while: { $0 == " " })
        guard !text.hasPrefix("//") else { return false }
        return text.contains("func ") || text.hasPrefix("init(") || text.contains(" init(")
            || text.hasPrefix("deinit") || text.hasPrefix("init<")
    }
}
