import Crypto
import Foundation

/// Shrinks the page's own sources by what no browser needs, so that the files themselves can stay readable.
///
/// The result depends on nothing but the source, so that the served bytes can be made again and compared.
enum Shrinking {
    /// A template without the indentation of its lines, without empty lines, and without the end tags that HTML says
    /// may be left out where another of the same or the end of the list follows.
    static func markup(_ text: String) -> String {
        lines(of: text).joined(separator: "\n")
            .replacingOccurrences(of: "</option>", with: "")
            .replacingOccurrences(of: "</li>", with: "")
    }

    /// A style sheet without indentation, comments on lines of their own, and the space after punctuation; its own
    /// properties get a letter each.
    static func style(_ text: String) -> String {
        let plain = lines(of: text).filter { !$0.hasPrefix("/*") }.joined()
            .replacingOccurrences(of: " { ", with: "{").replacingOccurrences(of: " {", with: "{")
            .replacingOccurrences(of: "; }", with: "}").replacingOccurrences(of: ";}", with: "}")
            .replacingOccurrences(of: ": ", with: ":").replacingOccurrences(of: "; ", with: ";")
            .replacingOccurrences(of: ", ", with: ",")
        return shortProperties(plain)
    }

    /// `--name` as `--a`, `--b`, … in the order of appearance; at most 26 of them.
    private static func shortProperties(_ style: String) -> String {
        var short: [Substring: Character] = [:]
        return style.replacing(/--[a-z-]+/) { found in
            let next = Character(Unicode.Scalar(UInt8(ascii: "a") + UInt8(short.count)))
            let letter = short[found.output] ?? next
            short[found.output] = letter
            return "--\(letter)"
        }
    }

    /// Scripts, one after another, as the fewest tokens that mean the same.
    static func script(_ texts: [String]) throws(PageError) -> String {
        try ScriptText(texts.joined(separator: "\n")).shrunk
    }

    /// The source expression of a policy that allows exactly this text inline.
    static func policyHash(_ text: String) -> String {
        let digest = Data(SHA256.hash(data: Data(text.utf8)))
        return "'sha256-\(digest.base64EncodedString())'"
    }

    private static func lines(of text: String) -> [String] {
        text.split(separator: "\n")
            .map { $0.trimmingCharacters(in: .whitespaces) }
            .filter { !$0.isEmpty }
    }
}
