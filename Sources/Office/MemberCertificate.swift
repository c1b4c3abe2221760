internal import Crypto
internal import FoundationEssentials
internal import Notes
internal import SwiftASN1
internal import X509

/// A member's self-signed TLS certificate.
///
/// Nobody vouches for it but the roster, which pins its public key.
enum MemberCertificate {
    /// How long a certificate is good, in days; the roster's pin ends it sooner.
    static let validDays = 3_650

    /// Makes the certificate of a key: PEM, and the SHA-256 of its SubjectPublicKeyInfo.
    ///
    /// - Parameters:
    ///   - key: the member's P-256 key.
    ///   - name: the member's name within its office, a post and never a person.
    ///   - now: from the start of this day on it is good.
    static func make(
        for key: P256.Signing.PrivateKey, name: String, now: Date
    ) throws -> (pem: String, pin: [UInt8]) {
        let subject = try DistinguishedName { CommonName(name) }
        let day = TimeInterval(Seconds.perDay)
        let start = Date(
            timeIntervalSince1970: (now.timeIntervalSince1970 / day).rounded(.down) * day)
        let certificate = try Certificate(
            version: .v3, serialNumber: .init(), publicKey: .init(key.publicKey),
            notValidBefore: start, notValidAfter: start + Double(validDays) * day,
            issuer: subject, subject: subject, signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.notCertificateAuthority)
                Critical(KeyUsage(digitalSignature: true))
                try ExtendedKeyUsage([.clientAuth])
            },
            issuerPrivateKey: .init(key))
        return (try certificate.serializeAsPEM().pemString, pin(of: key))
    }

    /// SHA-256 of the key's SubjectPublicKeyInfo (DER).
    static func pin(of key: P256.Signing.PrivateKey) -> [UInt8] {
        Array(SHA256.hash(data: key.publicKey.derRepresentation))
    }
}
