import COpenSSL

/// OpenSSL's per-thread queue of errors.
///
/// `SSL_get_error` looks into it, so it must be empty before every call that may fail, and nothing
/// may be left in it for the next connection on the same thread.
enum ErrorQueue {
    static func clear() {
        ERR_clear_error()
    }

    /// Takes the newest error, the one nearest to the call that failed, and empties the queue.
    static func drain() -> TLSFailure {
        let code = ERR_peek_last_error()
        defer { ERR_clear_error() }
        guard code != 0 else {
            return TLSFailure(library: 0, reason: 0, text: "no reason given")
        }
        let text =
            if let words = unsafe ERR_reason_error_string(code) {
                unsafe String(cString: words)
            } else {
                "unknown reason"
            }
        return TLSFailure(
            library: Int(ERR_GET_LIB(code)), reason: Int(ERR_GET_REASON(code)), text: text)
    }
}
