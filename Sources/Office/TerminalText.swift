/// Text from tips, names and gateways on its way to a terminal: it is hostile until filtered.
public enum TerminalText {
    /// One line: every control character, line break and invisible or direction-changing character
    /// becomes `�`.
    public static func line(_ text: String) -> String {
        filtered(text, keepingBreaks: false)
    }

    /// Several lines: as `line`, but line feeds and tabs stay.
    public static func block(_ text: String) -> String {
        filtered(text, keepingBreaks: true)
    }

    private static func filtered(_ text: String, keepingBreaks: Bool) -> String {
        var kept = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            let isBreak = keepingBreaks && (scalar == "\n" || scalar == "\t")
            kept.append(isBreak || isHarmless(scalar) ? scalar : "\u{FFFD}")
        }
        return String(kept)
    }

    /// True for what shows as itself: no controls (C0, C1), no format characters (bidirectional
    /// overrides and isolates, zero-width ones, tags), no line separators, nothing unassigned or
    /// private.
    static func isHarmless(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse,
            .unassigned:
            // Joiners are needed to write several scripts and emoji; they turn nothing round.
            scalar == "\u{200C}" || scalar == "\u{200D}"
        default: true
        }
    }
}

/// File names for attachments: the sender's name is never used.
public enum SafeName {
    /// Longest extension that is taken over, in characters.
    static let extensionLengthMax = 8

    /// Extensions that a double click would run or that a viewer would execute scripts from.
    private static let refusedExtensions: Set<String> = [
        "apk", "app", "bat", "cmd", "com", "cpl", "desktop", "dll", "exe", "hta", "htm", "html",
        "inf", "jar", "js", "jse", "lnk", "mht", "mhtml", "msc", "msi", "msp", "pif", "ps1", "py",
        "reg", "scf", "scr", "sh", "svg", "svgz", "swf", "url", "vbe", "vbs", "wsf", "wsh", "xht",
        "xhtml", "xml", "xsl",
    ]

    /// The name under which attachment `number` (from 1) is stored: `attachment-3.jpg`, or `.bin`
    /// if the extension is not one to eight ASCII letters and digits or could run.
    public static func attachment(_ number: Int, originalName: String) -> String {
        "attachment-\(number).\(safeExtension(of: originalName))"
    }

    private static func safeExtension(of name: String) -> String {
        guard let dot = name.lastIndex(of: ".") else { return "bin" }
        let suffix = name[name.index(after: dot)...].lowercased()
        let isPlain = suffix.utf8.allSatisfy {
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
        }
        guard isPlain, (1...extensionLengthMax).contains(suffix.utf8.count),
            !refusedExtensions.contains(suffix)
        else { return "bin" }
        return suffix
    }
}
