internal import Ledger

/// The sizes of the trees under which a home first saw the entries of its rosters proven.
///
/// Nothing ties the tick that a record states to a place in the tree: the log's own key signs both. A size that was seen
/// once does: what is proven at an index below it was in the log by then.
struct RosterPlaces {
    let home: Home

    static let file = "roster-places.json"

    /// The tree of a version's first proof, in entries; nil while there was none.
    func treeSize(of version: UInt64) throws -> UInt64? { try all()[String(version)] }

    /// Remembers the first proof of a roster's entry; nothing for other entries.
    func note(_ entry: CheckedEntry, under tree: SeenCheckpoint) throws {
        guard case .roster(_, let version) = entry.body else { return }
        var sizes = try all()
        guard sizes[String(version)] == nil else { return }
        sizes[String(version)] = tree.size
        try home.save(Self.file, sizes)
    }

    private func all() throws -> [String: UInt64] {
        try home.load(Self.file, as: [String: UInt64].self) ?? [:]
    }
}
