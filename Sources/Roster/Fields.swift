import Notes

/// The members of a JSON object whose keys are known exactly.
struct Fields {
    private let members: [String: CanonicalJSON]
    private let what: String

    /// Takes an object that has all `required` keys and none but those and the `optional` ones.
    init(
        _ json: CanonicalJSON, _ what: String, _ required: Set<String>,
        optional: Set<String> = []
    ) throws(RosterError) {
        guard let members = json.object, required.isSubset(of: members.keys),
            Set(members.keys).isSubset(of: required.union(optional))
        else { throw .malformed(what) }
        self.members = members
        self.what = what
    }

    subscript(key: String) -> CanonicalJSON? { members[key] }

    func string(_ key: String) throws(RosterError) -> String {
        guard let text = members[key]?.string else { throw malformed(key) }
        return text
    }

    func number(_ key: String) throws(RosterError) -> UInt64 {
        guard let number = members[key]?.integer, let positive = UInt64(exactly: number) else {
            throw malformed(key)
        }
        return positive
    }

    /// Base64 of 32 bytes.
    func hash(_ key: String) throws(RosterError) -> [UInt8] {
        guard let bytes = try? Base64.decode(string(key), count: 32) else { throw malformed(key) }
        return bytes
    }

    func verifier(_ key: String) throws(RosterError) -> NoteVerifier {
        guard let verifier = try? NoteVerifier(vkey: string(key)) else { throw malformed(key) }
        return verifier
    }

    /// At most `most` items, each read by `item`.
    func list<Item>(
        _ key: String, atMost most: Int, _ item: (CanonicalJSON) throws(RosterError) -> Item
    ) throws(RosterError) -> [Item] {
        guard let values = members[key]?.array, values.count <= most else { throw malformed(key) }
        var items: [Item] = []
        for value in values { items.append(try item(value)) }
        return items
    }

    func malformed(_ key: String) -> RosterError { .malformed("\(what): \(key)") }
}

/// Names in a roster: lower-case letters, digits and hyphens.
func isRosterName(_ name: String) -> Bool {
    (1...RosterLimits.nameBytesMax).contains(name.utf8.count)
        && name.utf8.allSatisfy { byte in
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                || byte == UInt8(ascii: "-")
        }
}

/// True if no value occurs twice.
func areDistinct(_ values: [some Hashable]) -> Bool {
    Set(values).count == values.count
}
