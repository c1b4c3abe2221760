import Glibc

/// The person's terminal, if there is one.
public enum Terminal {
    /// True if standard input is a terminal, so that somebody can be asked.
    public static var canAsk: Bool { isatty(STDIN_FILENO) == 1 }

    /// Asks on standard error and reads one line from standard input without echo; nil at the end of input.
    ///
    /// The caller wipes the bytes. `limit` is the greatest number of bytes that are taken.
    public static func askSecretly(_ question: String, limit: Int) -> [UInt8]? {
        say(question)
        guard let silent = SilentTerminal() else { return line(limit: limit) }
        let answer = line(limit: limit)
        _ = consume silent
        say("\n")
        return answer
    }

    /// Asks on standard error and reads one line with echo; nil at the end of input.
    public static func ask(_ question: String, limit: Int = 1_024) -> [UInt8]? {
        say(question)
        return line(limit: limit)
    }

    /// Reads byte by byte, so that nothing of a secret stays in a buffer of the C library.
    private static func line(limit: Int) -> [UInt8]? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(limit)
        var byte: UInt8 = 0
        while true {
            let count = unsafe read(STDIN_FILENO, &byte, 1)
            if count < 0 && errno == EINTR { continue }
            guard count == 1 else { return bytes.isEmpty ? nil : bytes }
            if byte == UInt8(ascii: "\n") { return bytes }
            if bytes.count < limit { bytes.append(byte) }
        }
    }

    private static func say(_ text: String) {
        let bytes = Array(text.utf8)
        _ = unsafe write(STDERR_FILENO, bytes, bytes.count)
    }
}
