import Crypto
import FoundationEssentials

/// What a key may be used for (formats §2).
public enum KeyUse: String, Sendable, Hashable, CaseIterable {
    /// Envelopes of browsers without ML-KEM.
    case envelopeX25519 = "envelope-x25519"
    /// Envelopes under the hybrid.
    case envelopeXWing = "envelope-xwing"
    /// The inner box of sealed bodies (libsodium).
    case sealX25519 = "seal-x25519"
    /// The outer wrap of sealed bodies, and the wraps of reports and transfers.
    case sealXWing = "seal-xwing"

    /// The one suite that a line of this use names.
    public var suiteName: String {
        switch self {
        case .envelopeX25519: "hpke-0020-0001-0002"
        case .envelopeXWing, .sealXWing: "hpke-647a-0001-0002"
        case .sealX25519: "crypto_box_seal"
        }
    }

    /// Size of the public key in bytes: 32 or 1,216.
    public var publicKeyBytes: Int { suite == .xwing ? 1_216 : 32 }

    /// The kind of key behind the use.
    var suite: EnvelopeSuite {
        switch self {
        case .envelopeX25519, .sealX25519: .x25519
        case .envelopeXWing, .sealXWing: .xwing
        }
    }
}

/// The suites of an envelope (formats §4), by their byte in `H0`.
public enum EnvelopeSuite: UInt8, Sendable, Hashable, CaseIterable {
    /// DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM.
    case x25519 = 1
    /// X-Wing, HKDF-SHA256, AES-256-GCM.
    case xwing = 2

    /// Size of the encapsulated key in bytes: 32 or 1,120.
    public var encapsulatedBytes: Int { self == .xwing ? 1_120 : 32 }

    /// Size of an envelope's head, which ends where the chunks begin, in bytes: 152 or 1,240.
    public var headerBytes: Int { EnvelopeLimits.outlineBytes + encapsulatedBytes + 48 }

    /// Plaintext of an envelope of the fixed size, in bytes: 17,472 or 16,384.
    public var fixedPlaintextBytes: Int {
        EnvelopeLimits.fixedEnvelopeBytes - headerBytes - EnvelopeLimits.chunkOverheadBytes
    }

    /// The use of the keys that this suite encrypts to.
    public var keyUse: KeyUse { self == .xwing ? .envelopeXWing : .envelopeX25519 }
}

/// The SHA-256 of a key line: names a key and binds origin, office, State and use.
public struct KeyID: Hashable, Sendable {
    /// The 32 bytes.
    public let bytes: [UInt8]

    /// Takes exactly 32 bytes, else nil.
    public init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == EnvelopeLimits.keyBytes else { return nil }
        self.bytes = Array(bytes)
    }

    /// Takes the 44 characters of standard base64 that `base64` gives, else nil.
    public init?(base64: String) {
        guard let bytes = Base64Text.decode(base64) else { return nil }
        self.init(bytes)
    }

    /// Standard base64 with padding, 44 characters.
    public var base64: String { Base64Text.encode(bytes) }
}

/// A public key of an office as the roster states it (formats §2):
/// `key <origin> <office> <State> <use> <suite> <base64>`.
public struct KeyLine: Hashable, Sendable {
    /// The gateway's log name.
    public let origin: String
    /// The office's name, such as `desk-ar`.
    public let office: String
    /// ISO 3166-1 alpha-2, or `region`.
    public let state: String
    /// What the key may be used for.
    public let use: KeyUse
    /// The raw public key: 32 bytes for X25519, 1,216 for X-Wing.
    public let publicKey: [UInt8]
    /// The line without its newline.
    public let line: String
    /// SHA-256 of the line.
    public let id: KeyID

    /// Makes the line of a key; every field has to be one that `init(parsing:)` accepts.
    public init(
        origin: String, office: String, state: String, use: KeyUse, publicKey: [UInt8]
    ) throws(EnvelopeError) {
        guard KeyLine.isOrigin(origin), KeyLine.isOffice(office), KeyLine.isState(state),
            publicKey.count == use.publicKeyBytes, !SmallOrder.contains(publicKey)
        else { throw .malformedKeyLine }
        let line = [
            "key", origin, office, state, use.rawValue, use.suiteName, Base64Text.encode(publicKey),
        ].joined(separator: " ")
        guard let id = KeyID(Array(SHA256.hash(data: Array(line.utf8)))) else {
            throw .malformedKeyLine
        }
        self.origin = origin
        self.office = office
        self.state = state
        self.use = use
        self.publicKey = publicKey
        self.line = line
        self.id = id
    }

    /// Reads a line without its newline; anything but the one spelling of a line is `malformedKeyLine`.
    public init(parsing line: String) throws(EnvelopeError) {
        guard line.utf8.count <= KeyLine.lineBytesMax else { throw .malformedKeyLine }
        let fields = line.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        guard fields.count == 7, fields[0] == "key", let use = KeyUse(rawValue: fields[4]),
            let publicKey = Base64Text.decode(fields[6])
        else { throw .malformedKeyLine }
        try self.init(
            origin: fields[1], office: fields[2], state: fields[3], use: use, publicKey: publicKey)
        // The suite follows from the use, and base64 has one spelling: so the whole line does.
        guard Array(self.line.utf8) == Array(line.utf8) else { throw .malformedKeyLine }
    }

    /// Greatest line, in bytes: the longest names and an X-Wing key.
    private static let lineBytesMax = 2_048
    private static let originBytesMax = 128
    private static let officeBytesMax = 64

    private static func isOrigin(_ name: String) -> Bool {
        // "+" and spaces are refused by C2SP's notes, whose key names begin with the origin.
        (1...originBytesMax).contains(name.utf8.count)
            && name.utf8.allSatisfy { (0x21...0x7e).contains($0) && $0 != UInt8(ascii: "+") }
    }

    private static func isOffice(_ name: String) -> Bool {
        (1...officeBytesMax).contains(name.utf8.count)
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                    UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }

    private static func isState(_ name: String) -> Bool {
        name == "region"
            || name.utf8.count == 2
                && name.utf8.allSatisfy { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) }
    }
}

/// Standard base64 with padding, one spelling per value.
enum Base64Text {
    static func encode(_ bytes: [UInt8]) -> String { Data(bytes).base64EncodedString() }

    /// Nil for anything that `encode` does not give.
    static func decode(_ text: String) -> [UInt8]? {
        guard let data = Data(base64Encoded: text) else { return nil }
        let bytes = Array(data)
        return encode(bytes) == text ? bytes : nil
    }
}
