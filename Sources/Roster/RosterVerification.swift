public import Notes

/// The rule that a roster has to satisfy: `threshold` of these keys sign.
public struct RosterTrust: Hashable, Sendable {
    /// The gateway's log name.
    public let origin: String
    /// The authorities' keys.
    public let authorities: [NoteVerifier]
    /// How many of them have to sign.
    public let threshold: Int

    /// States a rule, as read from a trusted source such as a printed page of the founding ceremony.
    public init(origin: String, authorities: [NoteVerifier], threshold: Int) {
        self.origin = origin
        self.authorities = authorities
        self.threshold = threshold
    }

    /// Throws unless enough of the authorities signed the note; gives those that did.
    @discardableResult
    public func requireSignatures(on note: Note) throws(RosterError) -> [NoteVerifier] {
        guard !note.signatures.isEmpty else { throw .unsigned }
        let found: [NoteVerifier]
        do {
            found = try note.signers(among: authorities)
        } catch .badSignature(let name) {
            throw .badSignature(name: name)
        } catch {
            throw .malformed("note")
        }
        guard !found.isEmpty else { throw .strangers }
        // A threshold below 1 would let strangers in; it is refused in every roster, and here for rules given by hand.
        guard threshold >= 1, found.count >= threshold else {
            throw .tooFewSignatures(found: found.count, needed: max(threshold, 1))
        }
        return found
    }
}

/// Decides whether a roster may be believed.
///
/// `at` is the time in seconds since 1970 at which its life is judged, or nil where it was accepted before and is only
/// read again: an expired roster still serves the public intake.
public enum RosterVerification {
    /// Reads an encoded note; a roster's text without any signature is `unsigned`.
    public static func note(_ bytes: [UInt8]) throws(RosterError) -> Note {
        if let note = try? Note(parsing: bytes) { return note }
        guard (try? PublicRoster(text: bytes)) == nil else { throw .unsigned }
        throw .malformed("note")
    }

    /// Accepts version 1: signed by its own rule, and by `trust` where one is known beforehand.
    ///
    /// Without `trust` it says only that the founders agree with each other; who they are is to be checked by people.
    public static func first(
        note: Note, staff: [UInt8], trust: RosterTrust? = nil, at seconds: UInt64?
    ) throws(RosterError) -> Roster {
        let roster = try Roster(note: note, staff: staff)
        guard roster.version == 1 else { throw .wrongPredecessor }
        try requireOrigin(trust?.origin ?? roster.origin, roster.publicPart)
        try roster.trust.requireSignatures(on: note)
        try trust?.requireSignatures(on: note)
        try requireLife(roster.publicPart, at: seconds)
        if seconds != nil { try requireSize(note.encoded, staff) }
        return roster
    }

    /// Accepts the version after `current`: signed under the rule of `current`, naming its hash.
    public static func successor(
        note: Note, staff: [UInt8], of current: Roster, at seconds: UInt64?
    ) throws(RosterError) -> Roster {
        let roster = try Roster(note: note, staff: staff)
        try requireOrigin(current.origin, roster.publicPart)
        try requireNewer(roster.publicPart, than: current.version)
        // The chain before the signatures: a left-out version may have changed the authorities, so that "too few" would
        // send the operator looking in the wrong place.
        guard roster.version == current.version + 1 else {
            throw .leftOut(next: current.version + 1)
        }
        guard roster.publicPart.previous == current.textHash else { throw .wrongPredecessor }
        try requireSameLog(roster.publicPart, as: current.publicPart)
        try current.trust.requireSignatures(on: note)
        try requireLife(roster.publicPart, at: seconds)
        if seconds != nil { try requireSize(note.encoded, staff) }
        return roster
    }

    /// Accepts the version after `current`, or `current` again.
    public static func sameOrNext(
        note: Note, staff: [UInt8], after current: Roster, at seconds: UInt64?
    ) throws(RosterError) -> Roster {
        let roster = try Roster(note: note, staff: staff)
        guard roster.textHash == current.textHash else {
            return try successor(note: note, staff: staff, of: current, at: seconds)
        }
        try current.trust.requireSignatures(on: note)
        return roster
    }

    /// Accepts a roster under a rule that is known for good, whatever its version: what staff tools start from.
    public static func trusted(
        note: Note, staff: [UInt8], trust: RosterTrust, at seconds: UInt64?
    ) throws(RosterError) -> Roster {
        let roster = try Roster(note: note, staff: staff)
        try requireOrigin(trust.origin, roster.publicPart)
        try trust.requireSignatures(on: note)
        try requireLife(roster.publicPart, at: seconds)
        return roster
    }

    /// Accepts a public part alone, for those who do not see the staff part.
    public static func trusted(
        note: Note, trust: RosterTrust, at seconds: UInt64?
    ) throws(RosterError) -> PublicRoster {
        let roster = try PublicRoster(note: note)
        try requireOrigin(trust.origin, roster)
        try trust.requireSignatures(on: note)
        try requireLife(roster, at: seconds)
        return roster
    }

    /// Accepts a public part that is `current` or later.
    public static func later(
        note: Note, than current: PublicRoster, at seconds: UInt64?
    ) throws(RosterError) -> PublicRoster {
        let roster = try PublicRoster(note: note)
        try requireOrigin(current.origin, roster)
        if roster.textHash != current.textHash {
            try requireNewer(roster, than: current.version)
            guard roster.version > current.version + 1 || roster.previous == current.textHash else {
                throw .wrongPredecessor
            }
        }
        try requireSameLog(roster, as: current)
        try current.trust.requireSignatures(on: note)
        try requireLife(roster, at: seconds)
        return roster
    }

    /// Throws if a later version names another key of the log.
    ///
    /// Pages, desks and units judge every promise by the newest roster, and a gateway has one key to promise with: under
    /// another one nobody would believe it any more.
    public static func requireSameLog(
        _ roster: PublicRoster, as earlier: PublicRoster
    ) throws(RosterError) {
        guard roster.log == earlier.log else { throw .otherLog }
    }

    /// Throws if the two cannot be handed out in one piece, as every office gets them.
    static func requireSize(_ note: [UInt8], _ staff: [UInt8]) throws(RosterError) {
        let bytes = [note, staff].reduce(0) { sum, part in
            sum + CanonicalJSON.string(String(decoding: part, as: UTF8.self)).encoded.count
        }
        guard bytes <= RosterLimits.documentBytesMax else { throw .tooLarge(bytes: bytes) }
    }

    private static func requireOrigin(
        _ origin: String, _ roster: PublicRoster
    ) throws(RosterError) {
        guard roster.origin == origin else { throw .wrongOrigin }
    }

    private static func requireNewer(
        _ roster: PublicRoster, than current: UInt64
    ) throws(RosterError) {
        guard roster.version > current else {
            throw .older(version: roster.version, current: current)
        }
    }

    /// Not run out, and not longer than 90 days: whenever it was issued, that was not later than now.
    private static func requireLife(
        _ roster: PublicRoster, at seconds: UInt64?
    ) throws(RosterError) {
        guard let seconds else { return }
        guard !roster.isExpired(at: seconds) else { throw .expired }
        let left = roster.expires - seconds
        guard left <= RosterLimits.lifetimeSecondsMax else {
            throw .expiresTooLate
        }
    }
}
