import GRDB

/// Rows that lead to other rows, and rows of numbers.
extension Verification {
    func verifyRoutes() throws {
        for row in try db.rows("SELECT id, last FROM desk_sequence", []) {
            if numbers[row[0]] ?? 0 != row[1] {
                check.fault("a desk's numbers do not end where said")
            }
        }
        let faults: [(String, String)] = [
            (
                "a route's report numbers have a gap or do not end where said",
                """
                SELECT count(*) FROM route LEFT JOIN
                (SELECT route, count(*) AS n, max(number) AS top,
                count(DISTINCT number) AS different
                FROM report GROUP BY route) ON route = id
                WHERE n IS NOT last OR top IS NOT last OR different IS NOT last
                """
            ),
            (
                "a mailbox has a gap",
                """
                SELECT count(*) FROM
                (SELECT 1 FROM mailbox GROUP BY id HAVING max(cursor) <> count(*))
                """
            ),
            (
                "the rosters' versions have a gap",
                "SELECT coalesce(max(version), 0) <> count(*) FROM roster"
            ),
        ]
        for (sentence, sql) in faults where try db.integer(sql) != 0 { check.fault(sentence) }
        let tallied = try db.integer("SELECT total(count) FROM tally") ?? 0
        if tallied != check.placed { check.fault("the tallies do not add up to the tree's size") }
    }

    /// Rows that belong to no entry.
    func verifyOrphans() throws {
        let faults: [(String, String)] = [
            (
                "a record belongs to no entry",
                "SELECT count(*) FROM record WHERE seq NOT IN (SELECT seq FROM entry)"
            ),
            (
                "a body belongs to no tip",
                """
                SELECT count(*) FROM body
                WHERE position >> 20 NOT IN (SELECT seq FROM entry WHERE desk IS NOT NULL)
                """
            ),
            (
                "an answer leads to no tip",
                """
                SELECT count(*) FROM answered
                WHERE seq NOT IN (SELECT seq FROM entry WHERE desk IS NOT NULL)
                """
            ),
            (
                "a note leads to no entry",
                "SELECT count(*) FROM note WHERE seq NOT IN (SELECT seq FROM entry)"
            ),
        ]
        for (sentence, sql) in faults where try db.integer(sql) != 0 { check.fault(sentence) }
    }

    /// An envelope that comes again must lead to its tip.
    func verifyRecent() throws {
        let recent = try RecentTip.all(db)
        for tip in recent {
            let entry = try EntryReader.entry(db, seq: tip.seq)
            let record = entry.flatMap { try? Record(parsing: $0.record) }
            guard case .tip(let record)? = record?.body, record.envelope == tip.envelope else {
                check.fault("an answer leads to entry \(tip.seq), which is not of its envelope")
                continue
            }
        }
        let known = Set(recent.map(\.seq))
        let waiting = try db.rows(
            """
            SELECT seq FROM entry JOIN record USING (seq) WHERE desk IS NOT NULL AND tick >= ?
            AND seq NOT IN (SELECT seq FROM answered)
            """, [Int64(CheckpointRow.newest(db)?.tick ?? 0)])
        for row in waiting where !known.contains(row[0]) {
            check.fault("the envelope of tip \(row[0] as Int64) would not be known again")
        }
    }
}
