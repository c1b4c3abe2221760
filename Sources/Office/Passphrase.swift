internal import Confinement
public import Sodium

/// Where the passphrase of key files comes from.
public struct PassphraseSource: Sendable {
    /// Name of the environment variable that names a passphrase file.
    public static let environmentName = "RESGUARDO_PASSPHRASE_FILE"
    /// Greatest passphrase, in bytes of UTF-8.
    static let byteCountMax = 1_024

    private let file: String?

    /// A file named on the command line goes before one named in the environment, where an empty variable
    /// names none; without either the terminal is asked.
    public init(file: String?, environment: [String: String]) {
        let named = environment[Self.environmentName, default: ""]
        self.file = file ?? (named.isEmpty ? nil : named)
    }

    /// The passphrase for opening `what`.
    public func passphrase(for what: String) throws -> SecretBytes {
        if let file { return try read(file) }
        return try askOnce("Passphrase of \(TerminalText.line(what)): ")
    }

    /// The passphrase for a new key file; a person types it twice.
    public func newPassphrase(for what: String) throws -> SecretBytes {
        if let file { return try read(file) }
        let first = try askOnce("New passphrase for \(TerminalText.line(what)): ")
        let second = try askOnce("The same again: ")
        guard first.isEqual(to: second) else {
            throw Complaint(.badInput, "The two passphrases differ.")
        }
        return first
    }

    private func read(_ path: String) throws -> SecretBytes {
        var bytes = try DurableFile.read(path, limit: Self.byteCountMax + 2, ownerOnly: true)
        defer { LockedMemory.wipe(&bytes) }
        while let last = bytes.last, last == UInt8(ascii: "\n") || last == UInt8(ascii: "\r") {
            bytes.removeLast()
        }
        guard (1...Self.byteCountMax).contains(bytes.count) else {
            throw Complaint(
                .badInput, "\(path): a passphrase has 1 to \(Self.byteCountMax) bytes on one line.")
        }
        return try SecretBytes(copying: bytes)
    }

    private func askOnce(_ question: String) throws -> SecretBytes {
        guard Terminal.canAsk else {
            throw Complaint(
                .usage,
                "No passphrase: give --passphrase-file or \(Self.environmentName), or use a terminal."
            )
        }
        guard var bytes = Terminal.askSecretly(question, limit: Self.byteCountMax), !bytes.isEmpty
        else { throw Complaint(.badInput, "An empty passphrase protects nothing.") }
        defer { LockedMemory.wipe(&bytes) }
        return try SecretBytes(copying: bytes)
    }
}
