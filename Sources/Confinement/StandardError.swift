internal import Glibc

/// Lines for the operator, on standard error.
public enum StandardError {
    /// Writes one line at once, without a buffer and without waiting for a reader that has gone.
    public static func line(_ text: String) {
        var bytes = Array(text.utf8)
        bytes.append(UInt8(ascii: "\n"))
        _ = unsafe bytes.withUnsafeBytes { unsafe write(2, $0.baseAddress, $0.count) }
    }
}
