import GRDB

/// The tables of a ledger, and how an older one becomes a newer one.
///
/// `seq` is the order of arrival inside this store and leaves it only as a staff cursor. Nothing
/// here has a time but the tick. No table on the way of an append has a random key, each insert of
/// which would write a page of its own: what arrived since the last tick is found through
/// `ArrivalIndex` in memory, and goes in sorted order into `placed` and `answered` when the tick
/// ends. So an append costs the same whether the ledger holds a thousand entries or a million.
enum Schema {
    /// "RSGL": tells a ledger from any other SQLite file.
    static let applicationID = 0x5253_474C
    /// Version that this program writes.
    static let version = 4
    /// Bytes of a page, which only an empty database can be given.
    ///
    /// A tip as a browser sends it takes one page and some, where it took five of 4 KiB, each with a
    /// checksum and two calls of the system.
    static let pageBytes = 16_384

    /// What brings a database from version n to n + 1, at index n.
    private static let steps = [tables + guards, pages, quarantine, uploads]

    /// Creates or upgrades the tables in one transaction; refuses a database that is not ours to
    /// touch.
    static func migrate(_ db: Database) throws {
        let found = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
        let application = try Int.fetchOne(db, sql: "PRAGMA application_id") ?? 0
        let isEmpty = try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_schema") == 0
        guard application == applicationID || (application == 0 && found == 0 && isEmpty) else {
            throw LedgerError.notALedger
        }
        guard found <= version else { throw LedgerError.newerVersion(found: found, known: version) }
        guard found < version else { return }
        for step in steps[found...] { try db.execute(sql: step) }
        try db.execute(sql: "PRAGMA user_version = \(version)")
        try db.execute(sql: "PRAGMA application_id = \(applicationID)")
    }

    private static let tables = """
        CREATE TABLE log(id INTEGER PRIMARY KEY CHECK (id = 1), origin TEXT NOT NULL);
        CREATE TABLE desk_sequence(
            id INTEGER PRIMARY KEY, key_id BLOB NOT NULL UNIQUE, last INTEGER NOT NULL);
        CREATE TABLE entry(
            seq INTEGER PRIMARY KEY, commitment BLOB NOT NULL CHECK (length(commitment) = 32),
            kind INTEGER NOT NULL, tick INTEGER NOT NULL,
            desk INTEGER REFERENCES desk_sequence, number INTEGER, rows INTEGER);
        CREATE INDEX tip_of_desk ON entry(desk) WHERE desk IS NOT NULL;
        CREATE TABLE record(
            seq INTEGER PRIMARY KEY REFERENCES entry, salt BLOB NOT NULL, record BLOB NOT NULL,
            note BLOB, attachment BLOB, row0 BLOB, row1 BLOB);
        CREATE TABLE place(leaf INTEGER PRIMARY KEY, seq INTEGER NOT NULL);
        CREATE TABLE placed(commitment BLOB PRIMARY KEY, leaf INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE tile(position INTEGER PRIMARY KEY, hashes BLOB NOT NULL);
        CREATE TABLE checkpoint(
            size INTEGER PRIMARY KEY, tick INTEGER NOT NULL, note BLOB NOT NULL,
            next INTEGER NOT NULL);
        CREATE TABLE tally(kind INTEGER PRIMARY KEY, count INTEGER NOT NULL);
        CREATE TABLE body(position INTEGER PRIMARY KEY, bytes BLOB NOT NULL);
        CREATE TABLE shredded(seq INTEGER PRIMARY KEY, by INTEGER NOT NULL);
        CREATE TABLE recent(first INTEGER PRIMARY KEY, envelopes BLOB NOT NULL);
        CREATE TABLE answered(
            envelope BLOB PRIMARY KEY, seq INTEGER NOT NULL, tick INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE note(hash BLOB PRIMARY KEY, seq INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE route(
            id INTEGER PRIMARY KEY, sender TEXT NOT NULL, recipient TEXT NOT NULL,
            last INTEGER NOT NULL, UNIQUE (recipient, sender));
        CREATE TABLE report(
            seq INTEGER PRIMARY KEY, route INTEGER NOT NULL REFERENCES route,
            number INTEGER NOT NULL, tip INTEGER NOT NULL REFERENCES entry);
        CREATE INDEX report_of_route ON report(route, seq);
        CREATE INDEX report_of_tip ON report(tip);
        CREATE TABLE acknowledgement(
            seq INTEGER PRIMARY KEY, report INTEGER NOT NULL REFERENCES report);
        CREATE INDEX acknowledgement_of_report ON acknowledgement(report);
        CREATE TABLE mailbox(
            seq INTEGER PRIMARY KEY, id BLOB NOT NULL, cursor INTEGER NOT NULL,
            UNIQUE (id, cursor));
        CREATE TABLE roster(version INTEGER PRIMARY KEY, seq INTEGER NOT NULL);
        CREATE TABLE upload(
            number INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, tick INTEGER NOT NULL);
        CREATE TABLE staged(position INTEGER PRIMARY KEY, bytes BLOB NOT NULL);

        """

    /// Page notes are a handful among millions of entries; an index of them alone costs an append nothing.
    private static let pages =
        "CREATE INDEX page_entry ON entry(seq) WHERE kind = \(EntryKind.page.code);"

    /// Only tips beyond the vault's budget have a row here, so that the others cost no more than before.
    private static let quarantine =
        """
        CREATE TABLE quarantined(
            seq INTEGER PRIMARY KEY REFERENCES entry, effort INTEGER NOT NULL CHECK (effort >= 0));

        """ + refuse("UPDATE", on: "quarantined") + refuse("DELETE", on: "quarantined")

    /// How much each upload holds, so that nobody has to count its rows; and whether it only waits to be deleted.
    private static let uploads = """
        ALTER TABLE upload ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE upload ADD COLUMN is_dropped INTEGER NOT NULL DEFAULT 0;
        UPDATE upload SET bytes = coalesce(
            (SELECT sum(length(bytes)) FROM staged
            WHERE position BETWEEN number << \(RowPosition.rowBits)
            AND (number << \(RowPosition.rowBits)) + \(LedgerLimits.rowCountMax - 1)), 0);

        """

    /// A guard against mistakes, not against an attacker with the file: against him stand the tree
    /// and its witnesses.
    ///
    /// REPLACE is refused by the delete triggers, because `recursive_triggers` is on.
    private static let guards: String = {
        var sql = ""
        for table in ["entry", "place", "placed", "checkpoint", "note", "shredded", "roster"] {
            sql += refuse("UPDATE", on: table) + refuse("DELETE", on: table)
        }
        for table in ["report", "acknowledgement", "mailbox"] {
            sql += refuse("UPDATE", on: table) + refuse("DELETE", on: table)
        }
        for (table, seq) in [("record", "OLD.seq"), ("body", "(OLD.position >> 20)")] {
            sql += refuse("UPDATE", on: table)
            sql += refuse(
                "DELETE", on: table,
                when: "NOT EXISTS (SELECT 1 FROM shredded WHERE seq = \(seq))")
        }
        // A full tile is final; only the last, partial one of an upper level grows.
        sql += refuse("UPDATE", on: "tile")
        sql += refuse("DELETE", on: "tile", when: "length(OLD.hashes) = 8192")
        return sql
    }()

    private static func refuse(_ verb: String, on table: String, when: String? = nil) -> String {
        let condition = when.map { "WHEN \($0) " } ?? ""
        return """
            CREATE TRIGGER \(table)_no_\(verb.lowercased()) BEFORE \(verb) ON \(table) \(condition)
            BEGIN SELECT RAISE(ABORT, '\(table) is append-only'); END;

            """
    }
}

/// Rows of a body or an upload lie under one integer key, so that a body is written and read in one
/// sweep of one tree.
///
/// The first two rows of a body lie in table `record`, in columns `row0` and `row1`: that is all of
/// an ordinary tip, in one statement.
enum RowPosition {
    /// Bits of a position that count rows: `LedgerLimits.rowCountMax` of them.
    static let rowBits: Int64 = 20
    /// Rows of a body that lie in the record's row.
    static let rowsInRecord: UInt32 = 2

    static func of(_ owner: Int64, row: UInt32) -> Int64 {
        owner << rowBits | Int64(row)
    }

    /// Every position that belongs to an owner.
    static func all(of owner: Int64) -> ClosedRange<Int64> {
        of(owner, row: 0)...of(owner, row: LedgerLimits.rowCountMax - 1)
    }
}

/// Tiles of all levels lie under one integer key: the level in the upper byte.
enum TilePosition {
    static let indexBits: Int64 = 56

    static func of(level: Int, index: UInt64) -> Int64 {
        Int64(level) << indexBits | Int64(index)
    }
}
