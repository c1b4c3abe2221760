import Envelope
import Notes
import Vocabulary

/// What changes between two rosters, in plain words for those who sign.
public enum RosterChange {
    /// One sentence a change, most serious first; `old` is nil for a founding.
    public static func describe(from old: Roster?, to new: Roster) -> [String] {
        guard let old else { return founding(new) }
        return intake(old.publicPart, new.publicPart)
            + rule(old.publicPart, new.publicPart) + offices(old, new) + keys(old, new)
            + members(old, new) + competence(old.staffPart, new.staffPart)
            + life(old.publicPart, new.publicPart)
    }

    private static func founding(_ roster: Roster) -> [String] {
        let part = roster.publicPart
        var lines = [
            "Founds the roster of \(part.origin), whose ticks last \(part.tickSeconds) seconds.",
            "\(part.threshold) of \(part.authorities.count) authorities must sign each version.",
        ]
        lines += part.authorities.map { "Authority: \($0.vkey)" }
        lines.append("The log signs with \(part.log.vkey).")
        let empty = RosterDraft(
            founding: part.origin, authorities: part.authorities, threshold: part.threshold,
            log: part.log, tickSeconds: part.tickSeconds, expires: part.expires)
        guard let nothing = try? empty.preview() else { return lines }
        return lines + describe(from: nothing, to: roster)
            + ["It ends on \(day(part.expires))."]
    }

    /// Which places' tips are not read any more where they were: whoever revokes in a hurry has to know, and is not held up.
    private static func intake(_ old: PublicRoster, _ new: PublicRoster) -> [String] {
        let lost = old.desks.filter { before in
            before.takesTips && before.state != PublicRoster.region
                && !new.desks.contains { $0.state == before.state && $0.takesTips }
        }.map(\.state).sorted()
        guard new.servesEveryPlace else {
            let places = ["places without a desk of their own"] + lost
            return [
                "LEAVES NOBODY TO READ for \(places.joined(separator: ", ")): the region has no desk"
                    + " with an active key of each use, and their tips are refused until it has."
            ]
        }
        return lost.map {
            "SENDS the tips for \($0) to the region's desk: its own has no active key of each use."
        }
    }

    private static func rule(_ old: PublicRoster, _ new: PublicRoster) -> [String] {
        var lines = old.authorities.filter { !new.authorities.contains($0) }
            .map { "REMOVES the authority \($0.vkey)." }
        lines += new.authorities.filter { !old.authorities.contains($0) }
            .map { "ADDS the authority \($0.vkey)." }
        if old.threshold != new.threshold {
            lines.append(
                "CHANGES how many authorities must sign: from \(old.threshold) to"
                    + " \(new.threshold) of \(new.authorities.count).")
        }
        if old.tickSeconds != new.tickSeconds {
            lines.append(
                "CHANGES the length of a tick from \(old.tickSeconds) to \(new.tickSeconds)"
                    + " seconds.")
        }
        return lines
    }

    private static func offices(_ old: Roster, _ new: Roster) -> [String] {
        let removed = old.staffPart.offices.filter { new.office($0.office) == nil }
            .map { "Removes the \($0.kind.rawValue) \($0.office) of \(place($0.state))." }
        let added = new.staffPart.offices.filter { old.office($0.office) == nil }
            .map { "Adds the \($0.kind.rawValue) \($0.office) of \(place($0.state))." }
        let changed = new.staffPart.offices.compactMap { office -> String? in
            guard let before = old.office(office.office),
                before.kind != office.kind || before.state != office.state
            else { return nil }
            return "Changes \(office.office) from \(before.kind.rawValue) of"
                + " \(place(before.state)) to \(office.kind.rawValue) of \(place(office.state))."
        }
        return removed + added + changed
    }

    private static func keys(_ old: Roster, _ new: Roster) -> [String] {
        var lines: [String] = []
        let before = old.allKeys
        let after = new.allKeys
        for office in old.staffPart.offices {
            for key in old.keys(of: office.office) where after[key.line.id] == nil {
                lines.append("Removes \(name(key)).")
            }
        }
        for office in new.staffPart.offices {
            for key in new.keys(of: office.office) {
                switch before[key.line.id] {
                case nil: lines.append("Adds \(name(key)), \(words(key.state)).")
                case key.state: break
                case .some: lines.append("\(name(key)) is now \(words(key.state)).")
                }
            }
        }
        return lines
    }

    private static func members(_ old: Roster, _ new: Roster) -> [String] {
        var lines: [String] = []
        for office in old.staffPart.offices {
            for member in office.members where new.member(named: member.verifier.name) == nil {
                lines.append("Removes the member \(member.name) of \(office.office).")
            }
        }
        for office in new.staffPart.offices {
            for member in office.members {
                let title = "member \(member.name) of \(office.office)"
                guard let before = old.member(named: member.verifier.name)?.member else {
                    lines.append(
                        "Adds the \(title) with the key \(words(member.verifier))"
                            + (member.isRevoked ? ", revoked." : "."))
                    lines += certificates(from: [], to: member.pins, title)
                    continue
                }
                lines += changes(from: before, to: member, title)
            }
        }
        return lines
    }

    private static func changes(
        from old: RosterMember, to new: RosterMember, _ title: String
    ) -> [String] {
        var lines: [String] = []
        if new.isRevoked, !old.isRevoked { lines.append("Revokes the \(title).") }
        if old.isRevoked, !new.isRevoked { lines.append("Reinstates the \(title).") }
        if old.verifier != new.verifier {
            lines.append("Gives the \(title) the new key \(words(new.verifier)).")
        }
        return lines + certificates(from: old.pins, to: new.pins, title)
    }

    private static func certificates(
        from old: [[UInt8]], to new: [[UInt8]], _ title: String
    ) -> [String] {
        let gone = old.filter { !new.contains($0) }
        let come = new.filter { !old.contains($0) }
        return gone.map { "Withdraws the certificate \(Fingerprint.text($0)) of the \(title)." }
            + come.map { "Adds the certificate \(Fingerprint.text($0)) for the \(title)." }
    }

    /// The line that signatures are checked with, and what of it is compared aloud.
    private static func words(_ verifier: NoteVerifier) -> String {
        "\(verifier.vkey), \(Fingerprint.text(of: verifier.vkey))"
    }

    private static func competence(_ old: StaffRoster, _ new: StaffRoster) -> [String] {
        let same = { (a: Competence) in
            { (b: Competence) in a.territory == b.territory && a.offence == b.offence }
        }
        let gone = old.competence.filter { !new.competence.contains(where: same($0)) }
            .map { "Nobody is named any more for \(subject($0))." }
        let changed = new.competence.compactMap { row -> String? in
            let before = old.competence.first(where: same(row))
            guard before?.units != row.units else { return nil }
            let units = row.units.joined(separator: ", ")
            guard let before else { return "Names \(units) for \(subject(row))." }
            return "Names \(units) for \(subject(row)), instead of"
                + " \(before.units.joined(separator: ", "))."
        }
        return gone + changed
    }

    private static func life(_ old: PublicRoster, _ new: PublicRoster) -> [String] {
        old.expires == new.expires
            ? [] : ["The end moves from \(day(old.expires)) to \(day(new.expires))."]
    }

    /// The day of a moment in seconds since 1970, as people write it.
    private static func day(_ seconds: UInt64) -> String {
        "\(Day(number: Int(clamping: seconds / Seconds.perDay)).iso) (UTC)"
    }

    private static func place(_ state: String) -> String {
        state == PublicRoster.region ? "the whole region" : state
    }

    private static func subject(_ row: Competence) -> String {
        let offence = row.offence == Competence.anyOffence ? "every offence" : row.offence
        return "\(offence) in \(place(row.territory))"
    }

    private static func name(_ key: RosterKey) -> String {
        "the \(key.line.use.rawValue) key \(Fingerprint.text(key.line.id.bytes)) of \(key.line.office)"
    }

    private static func words(_ state: KeyState) -> String {
        switch state {
        case .active: "active"
        case .accepted(let until): "accepted until \(day(until))"
        case .revoked: "revoked"
        }
    }
}
