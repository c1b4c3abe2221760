import Foundation
import Testing

/// The rules that no compiler checks (the package manager does not stop an undeclared import either).
@Suite struct TidyTests {
    static let sources = SourceTree.files(in: "Sources", ending: ".swift")
    static let tests = SourceTree.files(in: "Tests", ending: ".swift")
    static let scripts = SourceTree.files(in: "Tests", ending: ".py")

    /// design.md §5: who may import what.
    ///
    /// Arrows point one way.
    static let allowed: [String: Set<String>] = {
        let nio: Set = ["NIOCore", "NIOPosix", "NIOConcurrencyHelpers"]
        let base: Set = ["Foundation", "FoundationEssentials", "Synchronization", "Glibc"]
        let envelope: Set = ["Envelope", "Sodium", "Crypto", "CryptoExtras"]
        var table: [String: Set<String>] = [
            "Sodium": ["CSodium"],
            "Notes": ["Sodium"],
            "Envelope": ["Sodium", "Crypto", "CryptoExtras"],
            "Roster": ["Notes", "Envelope", "Sodium", "Vocabulary"],
            "Vocabulary": [],
            "Ledger": ["Notes", "Sodium", "Crypto", "GRDB"],
            "TLS": nio.union(["COpenSSL", "HummingbirdCore", "Logging"]),
            "Confinement": ["CConfinement"],
            "Compression": ["CBrotli", "CZlib"],
            "Vault": nio.union(envelope).union(["Notes", "Roster", "Ledger", "Logging"]),
            "Gateway": nio.union(envelope).union([
                "Notes", "Roster", "Vocabulary", "TLS", "Compression", "Vault", "Logging",
                "Hummingbird", "HummingbirdCore", "HTTPTypes", "Mustache", "NIOExtras", "NIOHTTP1",
                "NIOHTTPTypes",
                "ServiceLifecycle",
            ]),
            "Office": envelope.union([
                "Notes", "Roster", "Ledger", "Vocabulary", "AsyncHTTPClient", "X509", "SwiftASN1",
                "NIOCore", "NIOPosix", "NIOSSL", "NIOHTTP1", "NIOFoundationCompat", "Confinement",
            ]),
        ]
        let office = table["Office", default: []].union(["Office", "ArgumentParser"])
        table["Desk"] = office
        table["Unit"] = office
        table["resguardo"] = office.union(["Desk", "Unit", "Gateway"])
        table["resguardod"] = nio.union([
            "Confinement", "Gateway", "Vault", "Logging", "Configuration", "ArgumentParser",
            "SystemPackage", "ServiceLifecycle", "Sodium", "Notes", "Envelope", "Roster", "Ledger",
            "TLS",
        ])
        return table.mapValues { $0.union(base) }
    }()

    @Test func eachModuleImportsOnlyWhatTheDesignAllows() {
        #expect(Self.sources.count > 50)
        for file in Self.sources {
            let permitted = Self.allowed[file.module] ?? []
            for (module, line) in file.imports where !permitted.contains(module) {
                Issue.record("\(file.place(line)): \(file.module) must not import \(module)")
            }
        }
    }

    /// What must not be written, where, and what to write instead.
    static let banned: [(text: String, exceptIn: Set<String>, instead: String)] = [
        ("try!", [], "a typed error"),
        ("as!", [], "a conditional cast"),
        ("fatalError()", [], "a sentence that says what is impossible and why"),
        (
            "unsafe ", ["Sodium", "TLS", "Confinement", "Compression"],
            "a safe face of the module that wraps C"
        ),
        ("print(", ["resguardo", "resguardod"], "a value the program prints"),
        ("Task.sleep", ["Office", "Desk", "Unit", "resguardo"], "EventLoop.scheduleTask"),
        ("DispatchQueue", [], "NIOThreadPool: Dispatch's pool traps in a confined process"),
        (
            ".shutdownGracefully", ["Vault"],
            "a pool that stays: NIO ends threads through Dispatch, which traps in a confined process"
        ),
        ("DispatchSemaphore", ["resguardod"], "a future"),
        ("DateFormatter", [], "nothing: no locale formatting anywhere"),
        ("remoteAddress", [], "nothing: nobody learns who reported"),
        (".userAgent", [], "nothing: nobody learns who reported"),
        ("HTTPField.Name.cookie", [], "nothing: there are no cookies"),
        // A signal's handler in Confinement may not lock.
        ("nonisolated(unsafe)", ["TLS", "Sodium", "Confinement"], "a Mutex"),
    ]

    @Test func bannedCallsDoNotOccur() {
        for file in Self.sources {
            for (index, line) in file.lines.enumerated() {
                let code = line.drop(while: { $0 == " " })
                guard !code.hasPrefix("//") else { continue }
                for rule in Self.banned where !rule.exceptIn.contains(file.module) {
                    guard Self.contains(code, rule.text) else { continue }
                    Issue.record("\(file.place(index)): \(rule.text) — use \(rule.instead)")
                }
            }
        }
    }

    /// A word starts where no letter stands before it, so that `print(` is not found in `fingerprint(`.
    private static func contains(_ code: Substring, _ word: String) -> Bool {
        code.ranges(of: word).contains { range in
            guard range.lowerBound > code.startIndex, word.first?.isLetter == true else {
                return true
            }
            let before = code[code.index(before: range.lowerBound)]
            return !before.isLetter && before != "\"" && before != "."
        }
    }

    @Test func uncheckedSendableSaysWhy() {
        for file in Self.sources {
            for (index, line) in file.lines.enumerated() where line.contains("@unchecked Sendable")
            {
                let near = file.lines[max(0, index - 3)...min(index + 1, file.lines.count - 1)]
                #expect(
                    near.contains { $0.contains("//") && $0.contains("Sendable") },
                    "\(file.place(index)): the reason is missing")
            }
        }
    }

    @Test func functionsAndFilesAreShort() {
        #expect(Self.scripts.count > 50)
        for file in Self.sources + Self.tests + Self.scripts {
            #expect(file.lines.count <= 400, "\(file.path) has \(file.lines.count) lines")
        }
        for file in Self.sources + Self.tests {
            for function in file.functions where function.length > 70 {
                Issue.record("\(file.place(function.line)): \(function.length) lines")
            }
        }
    }

    @Test func nothingIsLeftUnfinished() {
        let words = ["TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK"]
        for file in Self.sources + Self.tests + Self.scripts {
            for (index, line) in file.lines.enumerated() {
                for word in words {
                    let isThere = line.split(whereSeparator: { !$0.isLetter }).contains {
                        $0 == word
                    }
                    #expect(!isThere, "\(file.place(index)): \(word)")
                }
            }
        }
    }

    /// What tests share lies in a module of its own: an imported test would draw the other's tests and fixtures along.
    @Test func noPythonTestIsImported() {
        for file in Self.scripts {
            for (index, line) in file.lines.enumerated() {
                let words = line.split(whereSeparator: { $0 == " " || $0 == "," || $0 == "." })
                guard words.first == "import" || words.first == "from" else { continue }
                let isOfTest = words.dropFirst().contains { $0.hasPrefix("test_") }
                #expect(!isOfTest, "\(file.place(index)): import a module that is no test")
            }
        }
    }

    @Test func everyTargetGuardsItsFeatures() {
        let wrapping: Set = ["CSodium", "COpenSSL", "CConfinement", "CBrotli", "CZlib"]
        let modules = Set(Self.sources.map(\.module)).subtracting(wrapping)
        let guarded = Self.sources.filter { $0.path.hasSuffix("/FeatureGuard.swift") }
        #expect(Set(guarded.map(\.module)) == modules)
        let lifetimes: Set = ["Sodium", "TLS", "Confinement", "Compression"]
        let texts = Dictionary(grouping: guarded) { lifetimes.contains($0.module) }
            .mapValues { files in Set(files.map { $0.lines.joined(separator: "\n") }) }
        #expect(texts[false]?.count == 1 && texts[true]?.count == 1, "the feature guards differ")
        #expect(texts[true]?.first?.contains("#if !hasFeature(Lifetimes)") == true)
    }
}
