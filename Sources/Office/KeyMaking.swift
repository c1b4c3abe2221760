internal import Confinement
internal import Crypto
public import Envelope
internal import FoundationEssentials
internal import Notes
public import Roster
public import Sodium

extension OfficeKind {
    /// The keys that such an office has.
    public var uses: [KeyUse] { self == .desk ? KeyUse.allCases : [.sealXWing] }
}

/// Where a new key goes and what protects it.
public struct KeyPlace: ~Copyable {
    let path: String
    let passphrase: SecretBytes
    let cost: PasswordBox.Cost

    /// Names the file, its passphrase and the work of opening it.
    public init(path: String, passphrase: consuming SecretBytes, cost: PasswordBox.Cost) {
        self.path = path
        self.passphrase = passphrase
        self.cost = cost
    }
}

/// Draws keys and writes their files.
///
/// Each returns the public description that goes to the ceremony.
public enum KeyMaking {
    /// An authority's signing key, named `<origin>/<name>`; a name that no roster takes is refused.
    public static func authority(
        origin: String, name: String, at place: borrowing KeyPlace
    ) throws -> KeyDescription {
        guard PublicRoster.isAuthority("\(origin)/\(name)", of: origin) else {
            throw Complaint(
                .usage,
                "An authority's name begins with authority-, as in authority-1: no roster would take \(name)."
            )
        }
        let seed = try SecretBytes(random: SigningKey.seedByteCount)
        let signer = try NoteSigner(name: "\(origin)/\(name)", seed: seed)
        let description = KeyDescription(
            kind: .authority, origin: origin, name: name, lines: [signer.verifier.vkey])
        try write(description, seed, at: place)
        return description
    }

    /// The log's signing key: a bare seed in base64, because the daemon starts without anybody
    /// there to ask.
    public static func log(origin: String, path: String) throws -> KeyDescription {
        let seed = try SecretBytes(random: SigningKey.seedByteCount)
        let signer = try NoteSigner(name: origin, seed: seed)
        var text = seed.withWorkingCopy { Array((Base64.encode($0) + "\n").utf8) }
        defer { LockedMemory.wipe(&text) }
        try KeyFile.requireNoPublic(besideKey: path)
        try DurableFile.create(path, text)
        let description = KeyDescription(
            kind: .log, origin: origin, name: "log", lines: [signer.verifier.vkey])
        try KeyFile.createPublic(description, besideKey: path)
        return description
    }

    /// An office's seeds: four for a desk, one for a unit.
    public static func office(
        origin: String, name: String, state: String, kind: OfficeKind,
        at place: borrowing KeyPlace
    ) throws -> KeyDescription {
        let keys = try OfficeSecretKeys.generate(
            origin: origin, office: name, state: state, uses: kind.uses)
        var joined = try SecretBytes(count: 32 * keys.keys.count)
        for (index, key) in keys.keys.enumerated() {
            try key.withSeed { seed in try joined.write(seed.bytes, at: 32 * index) }
        }
        var description = KeyDescription(
            kind: .office, origin: origin, name: name, lines: keys.lines.map(\.line))
        description.officeKind = kind.rawValue
        description.state = state
        try write(description, joined, at: place)
        return description
    }

    /// A member's signing key, named `<origin>/<office>/<name>`, and TLS certificate.
    public static func member(
        origin: String, office: String, name: String, at place: borrowing KeyPlace
    ) throws -> KeyDescription {
        let seed = try SecretBytes(random: SigningKey.seedByteCount)
        return try member(origin: origin, office: office, name: name, signing: seed, at: place)
    }

    /// A new TLS certificate for a member whose signing key stays, with both in a new key file.
    public static func renewedCertificate(
        of path: String, passphrase: borrowing SecretBytes, at place: borrowing KeyPlace
    ) throws -> KeyDescription {
        let (old, secret) = try KeyFile.open(path, kind: .member, passphrase: passphrase)
        guard secret.count == 64, let office = old.office else {
            throw KeyFileProblem.damaged(path: path)
        }
        return try member(
            origin: old.origin, office: office, name: old.name, signing: try secret.seed(0),
            at: place)
    }

    private static func member(
        origin: String, office: String, name: String, signing seed: borrowing SecretBytes,
        at place: borrowing KeyPlace
    ) throws -> KeyDescription {
        let signer = try NoteSigner(name: "\(origin)/\(office)/\(name)", seed: seed)
        let key = P256.Signing.PrivateKey()
        let certificate = try MemberCertificate.make(
            for: key, name: "\(office)/\(name)", now: Date())
        var scalar = Array(key.rawRepresentation)
        defer { LockedMemory.wipe(&scalar) }
        var joined = try SecretBytes(count: 64)
        try joined.write(seed.bytes, at: 0)
        try joined.write(scalar.span, at: 32)
        var description = KeyDescription(
            kind: .member, origin: origin, name: name, lines: [signer.verifier.vkey])
        description.office = office
        description.certificate = certificate.pem
        description.pin = Base64.encode(certificate.pin)
        try write(description, joined, at: place)
        return description
    }

    private static func write(
        _ description: KeyDescription, _ secret: borrowing SecretBytes,
        at place: borrowing KeyPlace
    ) throws {
        try KeyFile.create(
            place.path, description, secret: secret, passphrase: place.passphrase,
            cost: place.cost)
    }
}
