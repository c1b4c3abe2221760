public import Envelope
internal import Ledger
internal import Notes
public import Office
internal import Roster

/// What a desk does from the command line: list, open, route, reply, status.
public struct DeskWork: Sendable {
    /// The desk's home, member, gateway and rosters.
    public let station: Station
    let keys: OfficeSecretKeys
    /// Whether every key that the roster gives this desk is among them.
    let hasAllKeys: Bool

    /// Sits down at a desk; refused if the member's office is no desk of the roster.
    public init(_ station: Station, keys: OfficeSecretKeys) throws {
        _ = try station.office(.desk)
        self.station = station
        self.keys = keys
        hasAllKeys = station.holdsAllKeys(keys)
    }

    /// How many tips are listed before the state, which names every tip that ever was, is stored again.
    ///
    /// Stored for each page it would make a flood's work grow with its square.
    static let tipsPerStoring = 10_000

    /// Reads what the gateway lists since the last time.
    ///
    /// Every entry is checked before it is kept, and kept durably before the state names it: whatever fails, what the
    /// state names is there, and the rest is asked for again.
    ///
    /// - Returns: the new tips.
    public func list() async throws -> [TipLine] {
        var state = try station.home.state()
        var new: [TipLine] = []
        var stored = 0
        do {
            while true {
                let page = try await station.staffClient.tips(after: state.cursor)
                if page.tips.isEmpty { break }
                let entries = try checked(page, after: state)
                try station.home.saveAll(
                    zip(entries, page.tips).map { (Self.file($0.commitment), $1) })
                for (entry, offered) in zip(entries, page.tips) {
                    try state.tips[offered.key, default: DeskNumbering()]
                        .list(Base64.encode(entry.commitment), name: Self.listName)
                    state.cursor = offered.cursor
                    new.append(TipLine(entry, offered, state))
                }
                guard new.count - stored >= Self.tipsPerStoring else { continue }
                try station.home.store(state)
                stored = new.count
            }
        } catch {
            // The pages before the fault need not be asked for again; what matters to whoever listed is the fault.
            if new.count > stored { try? station.home.store(state) }
            throw error
        }
        if new.count > stored { try station.home.store(state) }
        CheckedTips.add(new, to: station.home)
        return new
    }

    private static let listName = "the list of tips"

    /// The entries of a page in its order, if nothing in it was listed before.
    private func checked(_ page: TipPage, after state: HomeState) throws -> [CheckedEntry] {
        var cursor = state.cursor
        var numberings: [String: DeskNumbering] = [:]
        return try page.tips.map { offered in
            guard offered.cursor > cursor else {
                throw GatewayProblem.malformedAnswer(what: "cursors do not grow")
            }
            cursor = offered.cursor
            let entry = try check(offered)
            let name = Base64.encode(entry.commitment)
            try state.tips[offered.key]?.checkNew(name, name: Self.listName)
            try numberings[offered.key, default: DeskNumbering()].list(name, name: Self.listName)
            return entry
        }
    }

    /// Every tip that was ever listed, in the gateway's order for each key.
    ///
    /// What was checked once is not read again; whatever acts on a tip checks it again.
    public func all() throws -> [TipLine] {
        let probes = try knownProbes()
        let state = try station.home.state()
        let known = CheckedTips(of: station.home)
        var found: [TipLine] = []
        let lines = try state.tips.keys.sorted().flatMap { key in
            try (state.tips[key]?.listed ?? []).map { entry in
                let name = EntryName.text(try Base64.decode(entry, count: 32))
                if let facts = known[name] {
                    station.checker.noteIfFarAhead(facts.tick, "tip \(name)")
                    return TipLine(entry, name, facts, state)
                }
                let offered = try stored(entry)
                found.append(TipLine(try check(offered), offered, state))
                return found[found.count - 1]
            }
        }
        CheckedTips.add(found, to: station.home)
        return lines.map { line in
            var line = line
            line.isProbe = probes.contains(line.name)
            return line
        }
    }

    /// The checked tip of this name: 43 characters of base64url, or the first eight and more of
    /// them.
    public func tip(named name: String) throws -> StoredTip {
        let state = try station.home.state()
        let all = state.tips.values.flatMap(\.listed)
        let matching = try all.filter { entry in
            EntryName.text(try Base64.decode(entry, count: 32)).hasPrefix(name)
        }
        guard name.utf8.count >= 8, matching.count == 1 else {
            throw CustodyProblem.unknownEntry(name: name)
        }
        return try StoredTip(check(stored(matching[0])), home: station.home)
    }

    /// Checks a line of the list: promise, record, and that the tip is addressed to this desk.
    func check(_ offered: OfferedTip) throws -> CheckedEntry {
        let entry = try station.checker.check(offered.entry, "tip")
        guard case .tip(let record) = entry.body,
            Base64.encode(record.deskKey.bytes) == offered.key,
            let id = KeyID(record.deskKey.bytes),
            let (office, _) = station.rosters.newest.key(id), office.office == station.member.office
        else { throw CustodyProblem.recordDiffers(what: "tip") }
        return entry
    }

    /// A line of the list as the home has it, by base64 commitment; unchecked.
    func stored(_ name: String) throws -> OfferedTip {
        let commitment = try Base64.decode(name, count: 32)
        guard
            let offered = try station.home.load(Self.file(commitment), as: OfferedTip.self)
        else { throw CustodyProblem.unknownEntry(name: EntryName.text(commitment)) }
        return offered
    }

    private static func file(_ commitment: [UInt8]) -> String {
        "entries/\(EntryName.file(commitment)).json"
    }
}
