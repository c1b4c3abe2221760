import Notes

/// Why a roster is refused.
public enum RosterError: Error, Equatable, Sendable {
    /// The note or the staff part is not of the form that formats §2 gives; `what` names the part.
    case malformed(String)
    /// Another gateway's roster.
    case wrongOrigin
    /// Version `version` is not newer than `current`, which is in force.
    case older(version: UInt64, current: UInt64)
    /// Version `next`, which comes before it, is left out.
    case leftOut(next: UInt64)
    /// It does not follow from the roster in force: the hash of its predecessor is another, or it is no first version.
    case wrongPredecessor
    /// It names another key of the log than the one before it.
    case otherLog
    /// It leaves out a line of a desk's key (`office` is the desk's), so that the desk could not get tips that the gateway
    /// has promised, or may still take.
    case keyLeftOut(office: String)
    /// Its time has run out.
    case expired
    /// It claims a longer life than 90 days.
    case expiresTooLate
    /// It carries no signature at all.
    case unsigned
    /// Signed, but by none of the authorities that have to.
    case strangers
    /// A line that names an authority is not its signature.
    case badSignature(name: String)
    /// Fewer authorities signed than the rule needs.
    case tooFewSignatures(found: Int, needed: Int)
    /// Note and staff part are more bytes than a gateway hands out in one piece.
    case tooLarge(bytes: Int)
    /// The staff part is not the one whose hash the authorities signed.
    case staffPartMismatch
}

extension RosterError: CustomStringConvertible {
    /// One sentence for whoever operates the gateway.
    public var description: String {
        switch self {
        case .malformed(let what): "The roster is malformed: \(what)."
        case .wrongOrigin: "The roster is another gateway's."
        case .older(let version, let current):
            "The roster has version \(version), not newer than \(current), which is in force."
        case .leftOut(let next):
            "The roster leaves out version \(next), which comes first: version-\(next).note and"
                + " version-\(next).staff.json of the ceremony's folder."
        case .wrongPredecessor: "The roster does not follow from the one in force."
        case .otherLog: "The roster names another key of the log, which never changes."
        case .keyLeftOut(let office):
            "The roster leaves out a key of \(office) to which there are tips, or may be: keep its line, revoked."
        case .expired: "The roster has expired; the authorities have to sign the next one."
        case .expiresTooLate:
            "The roster claims a longer life than 90 days, or this machine's clock is behind."
        case .unsigned: "The roster is unsigned."
        case .strangers: "The roster is signed by none of its authorities."
        case .badSignature(let name): "The roster's signature by \(name) is forged."
        case .tooFewSignatures(let found, let needed):
            "The roster is signed by \(found) of the \(needed) authorities it needs."
        case .tooLarge(let bytes):
            "The roster is too large: \(bytes) bytes as it is handed out, and no more than"
                + " \(RosterLimits.documentBytesMax) can be."
        case .staffPartMismatch: "The roster's staff part is not the one that was signed."
        }
    }
}

/// Limits of a roster, each named with its unit.
public enum RosterLimits {
    /// Longest life of a roster, in seconds: 90 days.
    public static let lifetimeSecondsMax: UInt64 = 90 * Seconds.perDay
    /// Most authorities.
    public static let authoritiesMax = 16
    /// Most offices.
    public static let officesMax = 1_024
    /// Most keys of one office, retired ones included.
    public static let keysPerOfficeMax = 64
    /// Most members of one office, revoked ones included.
    public static let membersPerOfficeMax = 256
    /// Most certificates of one member.
    public static let pinsPerMemberMax = 8
    /// Most rows of competence.
    public static let competenceRowsMax = 8_192
    /// Longest tick, in seconds.
    public static let tickSecondsMax = Seconds.perDay
    /// Longest note and staff part together, each as a string of a JSON document, in bytes: what travels in one piece
    /// between the processes of a gateway.
    public static let documentBytesMax = (2 << 20) - (64 << 10)
    /// Longest name of an office, a member or an offence, in bytes.
    public static let nameBytesMax = 64
}
