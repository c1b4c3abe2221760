internal import ArgumentParser

/// Which tip.
struct TipName: ParsableArguments {
    @Argument(
        help:
            "The tip's name from list, or its first eight characters or more; after -- if they begin with two dashes."
    ) var tip: String
}

/// A tip's name on the command line: one in 64 begins with a dash, which the parser would take for options.
enum TipNameArgument {
    /// The commands of a desk that take a tip's name.
    private static let verbs: Set<String> = ["open", "originals", "reply", "route"]
    /// A whole name, in characters of base64url.
    private static let wholeLength = 43
    /// The shortest beginning of one that stands for it.
    private static let shortestLength = 8

    /// The arguments with such a name at their end, behind the `--` after which nothing is an option.
    static func shielded(_ arguments: [String]) -> [String] {
        guard arguments.count > 2, arguments[0] == "desk", verbs.contains(arguments[1]),
            !arguments.contains("--"),
            let place = arguments[2...].firstIndex(where: looksLikeName)
        else { return arguments }
        return arguments[..<place] + arguments[(place + 1)...] + ["--", arguments[place]]
    }

    /// No option has one dash and as many letters, and none has the length of a whole name.
    private static func looksLikeName(_ argument: String) -> Bool {
        let bytes = argument.utf8
        guard bytes.first == dash, bytes.count <= wholeLength, bytes.allSatisfy(isBase64URL) else {
            return false
        }
        return bytes.count == wholeLength
            || bytes.count >= shortestLength && bytes.dropFirst().first != dash
    }

    private static let dash = UInt8(ascii: "-")

    private static func isBase64URL(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), dash, UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
