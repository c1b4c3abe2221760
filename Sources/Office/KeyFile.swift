internal import Confinement
internal import FoundationEssentials
public import Notes
public import Sodium

/// What a key file says in the clear; the same without the box is what its holder hands to the
/// ceremony.
public struct KeyDescription: Codable, Equatable, Sendable {
    /// What the private part is.
    public enum Kind: String, Codable, Sendable {
        /// A 32-byte Ed25519 seed of somebody who signs rosters.
        case authority
        /// 32 bytes for each public line of a desk or a unit.
        case office
        /// A 32-byte Ed25519 seed and a 32-byte P-256 scalar.
        case member
        /// The log's 32-byte Ed25519 seed, which lies bare in a file of its own.
        case log
    }

    /// Version of the form.
    public var v = 1
    /// What the private part is.
    public var kind: Kind
    /// The gateway's log name.
    public var origin: String
    /// The authority's or member's name; for an office its own.
    public var name: String
    /// The member's office.
    public var office: String?
    /// `desk` or `unit`, for an office.
    public var officeKind: String?
    /// ISO 3166-1 alpha-2 or `region`, for an office.
    public var state: String?
    /// Verifier key, or key lines in the order of the seeds.
    public var lines: [String]
    /// The member's certificate, PEM.
    public var certificate: String?
    /// SHA-256 of the certificate's SubjectPublicKeyInfo, base64.
    public var pin: String?

    /// Describes a key.
    public init(kind: Kind, origin: String, name: String, lines: [String]) {
        self.kind = kind
        self.origin = origin
        self.name = name
        self.lines = lines
    }
}

/// A private key under a passphrase, in a file that only its owner can touch.
public enum KeyFile {
    /// Greatest key file, in bytes.
    static let byteCountMax = 262_144

    private struct Document: Codable {
        let key: KeyDescription
        let box: String
    }

    /// Writes a new key file and, beside it, its public description (`….pub.json`); neither may
    /// exist.
    public static func create(
        _ path: String, _ description: KeyDescription, secret: borrowing SecretBytes,
        passphrase: borrowing SecretBytes, cost: PasswordBox.Cost
    ) throws {
        let box = try PasswordBox.seal(secret, passphrase: passphrase, cost: cost)
        let document = Document(key: description, box: Data(box).base64EncodedString())
        try requireNoPublic(besideKey: path)
        do {
            try DurableFile.create(path, try encode(document))
        } catch FileError.exists {
            throw KeyFileProblem.unfinished(path: path)
        }
        try createPublic(description, besideKey: path)
    }

    /// Writes the public description of a key file, if making the key was stopped before that.
    ///
    /// - Precondition: the private part was opened and is that of the public lines.
    /// - Returns: where it was written; nil if it was there.
    public static func completePublic(_ path: String) throws -> String? {
        let missing = publicPath(of: path)
        guard !DurableFile.exists(missing) else { return nil }
        try DurableFile.create(missing, try encode(try describe(path)))
        return missing
    }

    /// Opens a key file that only its owner can touch.
    public static func open(
        _ path: String, kind: KeyDescription.Kind, passphrase: borrowing SecretBytes
    ) throws -> (description: KeyDescription, secret: OpenedSecret) {
        let document = try read(path)
        guard document.key.kind == kind else {
            throw KeyFileProblem.wrongKind(path: path, expected: kind.rawValue)
        }
        guard let box = Data(base64Encoded: document.box) else {
            throw KeyFileProblem.damaged(path: path)
        }
        do {
            let secret = try PasswordBox.open(Array(box), passphrase: passphrase)
            return (document.key, OpenedSecret(secret))
        } catch SodiumError.cannotOpen {
            throw KeyFileProblem.wrongPassphrase(path: path)
        } catch SodiumError.unsupportedParameters, SodiumError.wrongLength {
            throw KeyFileProblem.damaged(path: path)
        }
    }

    /// Reads only what a key file says in the clear.
    ///
    /// It is bound to nothing until the file is opened.
    public static func describe(_ path: String) throws -> KeyDescription {
        try read(path).key
    }

    /// Reads a public description that came from its holder.
    public static func readDescription(_ path: String) throws -> KeyDescription {
        let bytes = try DurableFile.read(path, limit: byteCountMax)
        do {
            return try JSONDecoder().decode(KeyDescription.self, from: Data(bytes))
        } catch {
            throw KeyFileProblem.damaged(path: path)
        }
    }

    /// The key that signatures are checked with: as it was written out, or in a `.pub.json`.
    public static func verifier(_ text: String) throws -> NoteVerifier {
        guard text.hasSuffix(".pub.json") else { return try NoteVerifier(vkey: text) }
        let key = try readDescription(text)
        guard key.lines.count == 1, let verifier = try? NoteVerifier(vkey: key.lines[0]) else {
            throw Complaint(.badInput, "\(text) holds no verifier key.")
        }
        return verifier
    }

    static func requireNoPublic(besideKey path: String) throws {
        let path = publicPath(of: path)
        guard !DurableFile.exists(path) else { throw FileError.exists(path: path) }
    }

    /// Writes the public description of a key whose private part lies somewhere else.
    static func createPublic(_ description: KeyDescription, besideKey path: String) throws {
        try DurableFile.create(publicPath(of: path), try encode(description))
    }

    /// Where the public description of a key file lies.
    public static func publicPath(of path: String) -> String {
        (path.hasSuffix(".key") ? String(path.dropLast(4)) : path) + ".pub.json"
    }

    private static func read(_ path: String) throws -> Document {
        let bytes = try DurableFile.read(path, limit: byteCountMax, ownerOnly: true)
        do {
            let document = try JSONDecoder().decode(Document.self, from: Data(bytes))
            guard document.key.v == 1 else { throw KeyFileProblem.damaged(path: path) }
            return document
        } catch {
            throw KeyFileProblem.damaged(path: path)
        }
    }

    private static func encode(_ value: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        return Array(try encoder.encode(value)) + [UInt8(ascii: "\n")]
    }
}

/// The private part of a key file, in guarded memory, in a box that a tuple can hold.
public final class OpenedSecret: Sendable {
    private let secret: SecretBytes

    init(_ secret: consuming SecretBytes) {
        self.secret = secret
    }

    /// Size in bytes.
    public var count: Int { secret.count }

    /// An owner of 32 bytes: number `index` of the seeds that are joined in the secret.
    public func seed(_ index: Int) throws(SodiumError) -> SecretBytes {
        try secret.copy(32 * index..<32 * (index + 1))
    }
}

/// Why a key file cannot be used.
public enum KeyFileProblem: Explained, Equatable {
    /// It is not the JSON of a key file, or was cut or altered.
    case damaged(path: String)
    /// The passphrase is not the one it was written with, or the box was altered: the two cannot be
    /// told apart.
    case wrongPassphrase(path: String)
    /// It holds another kind of key.
    case wrongKind(path: String, expected: String)
    /// Its private part is not that of its public lines.
    case mismatch(path: String)
    /// It is there already, without the public description that is written after it.
    case unfinished(path: String)

    /// The problem in one line.
    public var sentence: String {
        switch self {
        case .damaged(let path): "\(path) is not a whole key file."
        case .wrongPassphrase(let path): "\(path): wrong passphrase."
        case .wrongKind(let path, let expected): "\(path) is no \(expected)'s key file."
        case .mismatch(let path): "\(path): the private part is not that of its public lines."
        case .unfinished(let path):
            "\(path) exists already and was left alone; resguardo keys show --check writes its missing .pub.json."
        }
    }

    /// 77 for a file that is there, 65 for the rest.
    public var exit: ExitKind {
        if case .unfinished = self { .refused } else { .badInput }
    }
}
