internal import Confinement
internal import Crypto
public import Envelope
public import Notes
public import Sodium

/// An opened member key: who signs, and what TLS shows.
public struct MemberKey: Sendable {
    /// Signs requests, reports and acknowledgements.
    public let signer: NoteSigner
    /// The member's office.
    public let office: String
    /// The gateway's log name.
    public let origin: String
    private let certificate: String
    private let secret: OpenedSecret

    /// Opens a member's key file.
    public init(path: String, passphrase: borrowing SecretBytes) throws {
        let (description, secret) = try KeyFile.open(
            path, kind: .member, passphrase: passphrase)
        guard secret.count == 64, let office = description.office,
            let certificate = description.certificate
        else { throw KeyFileProblem.damaged(path: path) }
        signer = try NoteSigner(
            name: "\(description.origin)/\(office)/\(description.name)", seed: secret.seed(0))
        guard description.lines == [signer.verifier.vkey] else {
            throw KeyFileProblem.mismatch(path: path)
        }
        self.office = office
        origin = description.origin
        self.certificate = certificate
        self.secret = secret
        let pin = try Self.key(secret, path: path).publicKey
        guard Base64.encode(Array(SHA256.hash(data: pin.derRepresentation))) == description.pin
        else {
            throw KeyFileProblem.mismatch(path: path)
        }
    }

    /// The certificate and its key for one client; the key's PEM is made in memory and never
    /// written.
    public func identity() throws -> ClientIdentity {
        var pem = Array(try Self.key(secret, path: "member key").pemRepresentation.utf8)
        defer { LockedMemory.wipe(&pem) }
        return ClientIdentity(
            certificate: Array(certificate.utf8), privateKey: try SecretBytes(copying: pem))
    }

    private static func key(_ secret: OpenedSecret, path: String) throws -> P256.Signing.PrivateKey
    {
        do {
            return try secret.seed(1).withWorkingCopy {
                try P256.Signing.PrivateKey(rawRepresentation: $0)
            }
        } catch {
            throw KeyFileProblem.damaged(path: path)
        }
    }
}

/// Opens authority and office key files.
public enum KeyRing {
    /// The signer in an authority's key file.
    public static func authority(
        path: String, passphrase: borrowing SecretBytes
    ) throws -> NoteSigner {
        let (description, secret) = try KeyFile.open(
            path, kind: .authority, passphrase: passphrase)
        guard secret.count == 32 else { throw KeyFileProblem.damaged(path: path) }
        let signer = try NoteSigner(
            name: "\(description.origin)/\(description.name)", seed: secret.seed(0))
        guard description.lines == [signer.verifier.vkey] else {
            throw KeyFileProblem.mismatch(path: path)
        }
        return signer
    }

    /// The keys in an office's key files, in the order of the files.
    public static func office(
        paths: [String], passphrase: borrowing SecretBytes
    ) throws -> OfficeSecretKeys {
        var keys: [SecretKey] = []
        for path in paths {
            let (description, secret) = try KeyFile.open(
                path, kind: .office, passphrase: passphrase)
            guard secret.count == 32 * description.lines.count else {
                throw KeyFileProblem.damaged(path: path)
            }
            for (index, text) in description.lines.enumerated() {
                keys.append(try key(text, secret.seed(index), path: path))
            }
        }
        return OfficeSecretKeys(keys)
    }

    private static func key(
        _ line: String, _ seed: consuming SecretBytes, path: String
    ) throws -> SecretKey {
        do {
            return try SecretKey(line: try KeyLine(parsing: line), seed: seed)
        } catch EnvelopeError.seedIsNotOfKeyLine {
            throw KeyFileProblem.mismatch(path: path)
        } catch {
            throw KeyFileProblem.damaged(path: path)
        }
    }
}
