import Ledger
import Notes

/// What the operator sees: health now, and counters as of the last tick.
struct Operations {
    let core: VaultCore

    /// JSON: whether the vault takes tips, and what it would warn of.
    func health() -> [UInt8] {
        let stopped = core.standing.stopped
        let warnings = warnings
        return Self.document(
            status: stopped != nil ? "stopped" : warnings.isEmpty ? "ok" : "degraded", warnings)
    }

    private var warnings: [String] {
        let now = core.clock.now()
        return [
            core.standing.stopped.map(Self.words(stopped:)),
            core.book.foundingWarning,
            core.standing.rosterWarning,
            core.standing.pageWarning,
            core.standing.isCertificateUnread
                ? "certificate and key stay as they were: one of the files could not be opened, and the daemon's log says why"
                : nil,
            roomWarning,
            core.standing.tickWarning ?? core.book.lateWarning,
            core.pages.newest.map(core.book.isForNewest) == false
                ? "the page note was made from an older roster: make and sign the next one" : nil,
            core.book.clockWarning,
            core.book.servesEveryPlace
                ? nil
                : "the region has no desk with an active key of each use: tips for places without a desk of their own are"
                    + " refused",
            core.book.isExpired(at: now)
                ? "the roster has expired: nothing is routed until the next one" : nil,
        ].compactMap(\.self)
    }

    /// What health says where there is nothing else to say.
    static func health(stopped reason: String) -> [UInt8] {
        document(status: "stopped", [words(stopped: reason)])
    }

    private static func words(stopped reason: String) -> String {
        "nothing is served or taken: \(reason)"
    }

    private static func document(status: String, _ warnings: [String]) -> [UInt8] {
        CanonicalJSON.object([
            "status": .string(status), "warnings": .array(warnings.map { .string($0) }),
        ]).encoded
    }

    private var roomWarning: String? {
        let free = core.room.free()
        if free.hasReserve { return nil }
        return free.hasRoomForOrdinaryTips
            ? "the disk's reserve is begun: no files are taken, and no tips into quarantine"
            : "the disk's reserve is used up: nothing is taken"
    }

    /// Prometheus text.
    ///
    /// Sizes move at the tick only; only the last two, of the disk and of a flood, say how it is now.
    func metrics() throws -> [UInt8] {
        var lines = [
            "# HELP resguardo_log_entries Entries in the log at its newest checkpoint.",
            "# TYPE resguardo_log_entries gauge",
            "resguardo_log_entries \(try core.ledger.treeSize())",
            "# HELP resguardo_entries Entries by kind at the newest checkpoint.",
            "# TYPE resguardo_entries gauge",
        ]
        let tallies = try core.ledger.tallies()
        for kind in EntryKind.allCases {
            lines.append("resguardo_entries{kind=\"\(kind.rawValue)\"} \(tallies[kind] ?? 0)")
        }
        lines += [
            "# HELP resguardo_roster_expires_seconds When the roster expires, in Unix seconds.",
            "# TYPE resguardo_roster_expires_seconds gauge",
            "resguardo_roster_expires_seconds \(core.book.expires)",
            "# HELP resguardo_disk_reserve_free Whether the disk's reserve is free.",
            "# TYPE resguardo_disk_reserve_free gauge",
            "resguardo_disk_reserve_free \(core.room.free().hasReserve ? 1 : 0)",
            "# HELP resguardo_effort_bits Work that a tip is asked for now, as /v1/effort says; 0 when it is calm.",
            "# TYPE resguardo_effort_bits gauge",
            "resguardo_effort_bits \(core.flood.bitsAsked)",
        ]
        return Array((lines.joined(separator: "\n") + "\n").utf8)
    }
}
