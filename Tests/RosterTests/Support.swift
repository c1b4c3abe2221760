import Envelope
import Foundation
import Notes
import Roster
import Sodium
import TestSupport

/// `resguardo-roster.json`, made by the independent program.
struct RosterVectors: Decodable {
    let origin: String
    let chain: [Version]
    let refused: [Refused]
    let keyStates: [KeyStateCase]
    let seeds: [String: Data]

    struct Version: Decodable {
        let note: String
        let staff: String
        let now: UInt64
        let version: UInt64
        let textSha256: Data
    }

    struct Patch: Decodable {
        let base: Int
        let keepStart: Int
        let keepEnd: Int
        let middle: String

        func apply(to text: String) -> [UInt8] {
            let bytes = Array(text.utf8)
            return Array(bytes.prefix(keepStart)) + Array(middle.utf8)
                + Array(bytes.suffix(keepEnd))
        }
    }

    struct Refused: Decodable {
        let name: String
        let expect: String
        let after: Int
        let now: UInt64
        let base: Int
        let keepStart: Int
        let keepEnd: Int
        let middle: String
        var staff: Patch?

        var patch: Patch {
            Patch(base: base, keepStart: keepStart, keepEnd: keepEnd, middle: middle)
        }
    }

    struct KeyStateCase: Decodable {
        let expect: String
        let keyId: String
        let now: UInt64
    }

    static func load() throws -> RosterVectors {
        try vectors("resguardo-roster.json", as: RosterVectors.self)
    }
}

/// A small gateway with keys of its own: a desk of AR, one of the region, two units, three authorities.
struct Gateway {
    static let origin = "gateway.example/ar"
    static let now: UInt64 = 1_795_000_000
    static let expires = now + 80 * 86_400

    let authorities: [NoteSigner]
    let log: NoteSigner
    let strangers: [NoteSigner]

    init() throws {
        authorities = try (1...3).map { try Self.signer("\(Self.origin)/authority-\($0)") }
        strangers = try (1...3).map { try Self.signer("\(Self.origin)/authority-\($0)") }
        log = try Self.signer(Self.origin)
    }

    static func signer(_ name: String) throws -> NoteSigner {
        try NoteSigner(name: name, seed: SecretBytes(random: 32))
    }

    static func member(_ name: String, of office: String) throws -> NoteVerifier {
        try signer("\(origin)/\(office)/\(name)").verifier
    }

    static func pin(_ byte: UInt8) -> [UInt8] { [UInt8](repeating: byte, count: 32) }

    /// A key line whose key is random bytes: a roster never uses it.
    static func line(
        _ office: String, _ state: String, _ use: KeyUse
    ) throws -> KeyLine {
        try KeyLine(
            origin: origin, office: office, state: state, use: use,
            publicKey: Randomness.bytes(use.publicKeyBytes))
    }

    /// A draft of version 1 with everything in it.
    func founding() throws -> RosterDraft {
        var draft = RosterDraft(
            founding: Self.origin, authorities: authorities.map(\.verifier), threshold: 2,
            log: log.verifier, tickSeconds: 3_600, expires: Self.expires)
        for (office, state) in [("desk-ar", "AR"), ("desk-region", PublicRoster.region)] {
            try draft.addDesk(office, state: state)
            for use in KeyUse.allCases { try draft.addKey(Self.line(office, state, use)) }
            try draft.addMember(
                "operator-1", of: office, verifier: Self.member("operator-1", of: office),
                pins: [Self.pin(1)])
        }
        for unit in ["unit-ar-1", "unit-ar-2"] {
            try draft.addUnit(unit, state: "AR")
            try draft.addKey(Self.line(unit, "AR", .sealXWing))
            try draft.addMember(
                "operator-1", of: unit, verifier: Self.member("operator-1", of: unit),
                pins: [Self.pin(2), Self.pin(3)])
        }
        try draft.setCompetence(territory: "AR", offence: "*", units: ["unit-ar-1"])
        return draft
    }

    /// The signed note and staff part of a draft.
    func signed(
        _ draft: RosterDraft, by signers: [NoteSigner]? = nil
    ) throws -> (note: Note, staff: [UInt8]) {
        let (part, staff) = try draft.finished()
        let all = signers ?? Array(authorities.prefix(2))
        var note = try all[0].sign(part)
        for signer in all.dropFirst() {
            note = try signer.countersign(note, as: PublicRoster.self)
        }
        return (note, staff)
    }

    /// A draft whose text was changed by hand, as no edit changes it.
    static func rewritten(
        _ draft: RosterDraft, _ old: String, as new: String
    ) throws -> RosterDraft {
        let (part, staff) = try draft.finished()
        let text = String(decoding: part.text, as: UTF8.self)
        return try RosterDraft(
            resuming: Array(text.replacing(old, with: new).utf8), staff: staff)
    }

    /// Version 1, accepted.
    func founded() throws -> Roster {
        let (note, staff) = try signed(founding())
        return try RosterVerification.first(note: note, staff: staff, at: Self.now)
    }

    /// The next version after an edit, accepted.
    func next(
        after current: Roster, _ edit: (inout RosterDraft) throws -> Void
    ) throws -> Roster {
        var draft = RosterDraft(after: current, expires: Self.expires)
        try edit(&draft)
        let (note, staff) = try signed(draft)
        return try RosterVerification.successor(
            note: note, staff: staff, of: current, at: Self.now)
    }
}
