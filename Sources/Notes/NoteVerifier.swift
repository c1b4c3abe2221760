public import Sodium

/// A named Ed25519 public key as C2SP signed notes know it: `name+hash+base64(01 ‖ key)`, a "vkey".
public struct NoteVerifier: Hashable, Sendable {
    /// The key's name, which every signature line of it repeats.
    public let name: String
    /// The first four bytes of SHA-256(name ‖ 0A ‖ 01 ‖ key), big-endian.
    public let keyHash: UInt32
    /// The public key.
    public let key: VerifyingKey

    /// C2SP's byte for Ed25519.
    private static let algorithm: UInt8 = 1

    /// Names a public key.
    public init(name: String, key: VerifyingKey) throws(NoteError) {
        guard Self.isKeyName(name) else { throw .malformedKeyName }
        self.name = name
        self.key = key
        let digest = SmallHash.sha256(Array(name.utf8) + [0x0a, Self.algorithm] + key.bytes)
        keyHash = digest.prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
    }

    /// Reads a vkey; its hash has to be right and in lower case.
    public init(vkey: String) throws(NoteError) {
        let fields = vkey.split(separator: "+", maxSplits: 2, omittingEmptySubsequences: false)
        guard fields.count == 3, let bytes = try? Base64.decode(String(fields[2])),
            let algorithm = bytes.first
        else { throw .malformedVerifierKey }
        guard algorithm == Self.algorithm else { throw .unknownAlgorithm }
        guard let key = try? VerifyingKey(bytes: Array(bytes.dropFirst())) else {
            throw .malformedVerifierKey
        }
        try self.init(name: String(fields[0]), key: key)
        guard hashText == fields[1] else { throw .malformedVerifierKey }
    }

    /// The key as one word, to print, store and compare.
    public var vkey: String {
        "\(name)+\(hashText)+\(Base64.encode([Self.algorithm] + key.bytes))"
    }

    private var hashText: String {
        let digits = String(keyHash, radix: 16)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }

    /// C2SP: not empty, no Unicode space, no plus sign; here also not too long and without control characters.
    static func isKeyName(_ name: String) -> Bool {
        (1...NoteLimits.keyNameBytesMax).contains(name.utf8.count)
            && name.unicodeScalars.allSatisfy {
                $0 != "+" && $0.value >= 0x20 && !$0.properties.isWhitespace
            }
    }
}
