internal import Envelope
internal import Ledger
internal import Notes
internal import Office

/// A tip in the desk's list.
public struct TipLine: Sendable, Equatable {
    /// 43 characters of base64url.
    public let name: String
    /// The tick of its entry.
    public let tick: UInt64
    /// Size of the envelope, in bytes.
    public let size: UInt64
    /// The desk's number, once it was opened.
    public let number: UInt64?
    /// The units it was routed to.
    public let routed: [String]
    /// The bits that the sender worked, if the tip is in quarantine; nil in the ordinary lane.
    public let quarantine: Int?
    /// True once `answerProbes` has read in it that it is a probe.
    public internal(set) var isProbe = false

    init(_ entry: CheckedEntry, _ offered: OfferedTip, _ state: HomeState) {
        let size: UInt64
        if case .tip(let record) = entry.body { size = record.size } else { size = 0 }
        self.init(
            Base64.encode(entry.commitment), EntryName.text(entry.commitment),
            TipFacts(tick: entry.tick, size: size, quarantine: offered.quarantine), state)
    }

    /// - Parameters:
    ///   - key: the commitment in base64, as the state has it.
    ///   - name: the commitment in base64url.
    ///   - facts: what was checked.
    ///   - state: what was done with the tip.
    init(_ key: String, _ name: String, _ facts: TipFacts, _ state: HomeState) {
        self.name = name
        tick = facts.tick
        size = facts.size
        quarantine = facts.quarantine
        number = state.opened[key]
        routed = state.routed[key] ?? []
    }

    /// What of it does not change.
    fileprivate var facts: TipFacts { TipFacts(tick: tick, size: size, quarantine: quarantine) }
}

/// What a list shows of an entry that was checked.
struct TipFacts: Codable, Equatable {
    let tick: UInt64
    let size: UInt64
    let quarantine: Int?
}

/// The tips that this home has checked, by name, so that a list does not read and check every tip that ever was.
///
/// It saves work and says nothing that the entries do not: a file that is missing or not to be read is made again.
struct CheckedTips {
    static let file = "checked-tips.json"

    private var facts: [String: TipFacts]

    init(of home: Home) {
        facts = (try? home.load(Self.file, as: [String: TipFacts].self)) ?? [:]
    }

    subscript(_ name: String) -> TipFacts? { facts[name] }

    /// Adds what was checked; where that fails, it is checked again the next time.
    static func add(_ lines: [TipLine], to home: Home) {
        guard !lines.isEmpty else { return }
        var tips = CheckedTips(of: home)
        for line in lines { tips.facts[line.name] = line.facts }
        try? home.save(file, tips.facts)
    }
}

/// A desk's list in the order in which it is read.
public struct TipLanes: Sendable, Equatable {
    /// As the gateway listed them.
    public let ordinary: [TipLine]
    /// Those first for which more was worked, else as the gateway listed them.
    public let quarantine: [TipLine]

    /// Sorts a list.
    public init(_ lines: [TipLine]) {
        ordinary = lines.filter { $0.quarantine == nil }
        quarantine = lines.enumerated().filter { $0.element.quarantine != nil }
            .sorted { a, b in
                let (x, y) = (a.element.quarantine ?? 0, b.element.quarantine ?? 0)
                return x == y ? a.offset < b.offset : x > y
            }
            .map(\.element)
    }
}
