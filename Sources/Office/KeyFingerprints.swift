internal import Envelope
internal import Notes
public import Roster

/// The lines in which every program names public keys, so that two people compare them aloud word by word.
///
/// One line a key: `key id`, sixteen groups of four digits, whose it is, and what it is for.
public enum KeyFingerprints {
    /// The keys of a public description, as their holder is shown them.
    public static func lines(of key: KeyDescription) throws -> [String] {
        switch key.kind {
        case .authority, .log:
            return key.lines.map { signing($0, key.name) }
        case .office:
            return try key.lines.map { try KeyLine(parsing: $0) }.map(line)
        case .member:
            let post = "\(key.office ?? "")/\(key.name)"
            let pins = try [key.pin].compactMap { try $0.map { try Base64.decode($0, count: 32) } }
            return key.lines.map { signing($0, post) } + pins.map { certificate($0, post) }
        }
    }

    /// The keys of a roster, as everybody is shown them.
    public static func lines(of roster: Roster) -> [String] {
        let part = roster.publicPart
        let origin = "\(part.origin)/"
        let authorities = part.authorities.map { verifier in
            let isOurs = verifier.name.hasPrefix(origin)
            return signing(
                verifier.vkey,
                isOurs ? String(verifier.name.dropFirst(origin.count)) : verifier.name)
        }
        let offices = roster.staffPart.offices.flatMap { office in
            roster.keys(of: office.office).map { line($0.line) }
                + office.members.flatMap { member in
                    let post = "\(office.office)/\(member.name)"
                    return [signing(member.verifier.vkey, post)]
                        + member.pins.map { certificate($0, post) }
                }
        }
        return authorities + [signing(part.log.vkey, "log")] + offices
    }

    private static func line(_ key: KeyLine) -> String {
        text(Fingerprint.text(key.id.bytes), key.office, key.use.rawValue)
    }

    private static func signing(_ verifier: String, _ owner: String) -> String {
        text(Fingerprint.text(of: verifier), owner, "signing")
    }

    private static func certificate(_ pin: [UInt8], _ owner: String) -> String {
        text(Fingerprint.text(pin), owner, "certificate")
    }

    private static func text(_ groups: String, _ owner: String, _ use: String) -> String {
        "key id \(groups) \(owner) \(use)"
    }
}
