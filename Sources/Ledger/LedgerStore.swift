import Foundation
import GRDB
public import Notes
import Synchronization

/// The ledger in one SQLite database: appends, ticks, proofs and the views over entries.
///
/// Every call is synchronous and works on the caller's thread; nothing here starts a thread or a
/// task. Writers wait for one another, readers do not wait. A call that returned an entry has it on
/// stable storage.
///
/// The process that opens a ledger owns it: a second one is refused. After `LedgerError.fatal`
/// every write is refused, and the process is expected to end.
public final class LedgerStore: Sendable {
    /// The log's name, which is also its key's.
    public let origin: String
    /// The database's file.
    public let path: String

    let pool: DatabasePool
    let signer: NoteSigner
    /// The public side of the log's key.
    public var logVerifier: NoteVerifier { signer.verifier }
    private let hold: DatabaseQueue
    /// The write-ahead log, to learn how long it is.
    private let writeAheadLog: FileHandle
    private let state: Mutex<State>
    private let arrivals = Mutex(ArrivalIndex())
    /// Nil until the first tick of this process: opening a ledger reads no table whole.
    private let answered = Mutex<AnsweredFilter?>(nil)

    private struct State {
        var stopped: String?
        /// No entry may be promised for a tick before this one: its checkpoint is signed.
        var firstOpenTick: UInt64 = 0
        /// Entries that have their place.
        var placed: UInt64 = 0
        /// Length of the write-ahead log, in bytes, when it was last copied into the database; 0 once it was begun anew.
        var mergedLogBytes: UInt64 = 0
        var reusableBytes: UInt64 = 0
    }

    /// Opens the ledger at `path`, or makes an empty one, for the log whose key this is.
    ///
    /// Reads O(log n) rows, the schema, the newest checkpoint (origin, signature, size) and the
    /// tiles under its root, and one short row for each entry that arrived after it. Whoever opens
    /// it then calls `tick(_:keepTicks:)`, which is also the recovery of missed ticks.
    ///
    /// What is found is durable when this returns, whatever became of the process that wrote it: an entry that is there
    /// may be promised again.
    public init(path: String, signer: NoteSigner) throws(LedgerError) {
        origin = signer.name
        self.path = path
        self.signer = signer
        state = Mutex(State())
        do {
            hold = try Self.hold(path)
            try FoundFiles.makeDurable(path)
            pool = try DatabasePool(path: path, configuration: Self.configuration())
            try Self.makeDurable(pool)
            try pool.writeWithoutTransaction { db in _ = try db.checkpoint(.truncate) }
            writeAheadLog = try FileHandle(forReadingFrom: URL(filePath: path + "-wal"))
            try pool.write { try Schema.migrate($0) }
            let reusable = try pool.write { [origin] db in
                try Self.claim(db, origin: origin)
                return try Self.reusableBytes(db)
            }
            state.withLock { $0.reusableBytes = reusable }
        } catch {
            throw Self.translate(error, writing: true)
        }
        let newest = try verifyNewestCheckpoint()
        state.withLock { state in
            state.firstOpenTick = newest?.tick ?? 0
            state.placed = newest?.size ?? 0
        }
        let found = try read { try ArrivalIndex(reading: $0) }
        arrivals.withLock { $0 = found }
    }

    /// Promises for ticks before this one are closed: an append for an earlier tick is promised for
    /// this one.
    public var firstOpenTick: UInt64 {
        state.withLock { $0.firstOpenTick }
    }

    /// Bytes of the database's file that nothing uses any more, such as those of uploads that were dropped: the next rows
    /// go there, and the file system does not know of them.
    public var reusableBytes: UInt64 {
        state.withLock { $0.reusableBytes }
    }

    /// Bytes that the next tick writes into the write-ahead log at most, for what waits for it now.
    public var nextTickBytes: UInt64 {
        TickSize.bytes(
            waiting: arrivals.withLock { $0.count }, placed: state.withLock { $0.placed })
    }

    private static func reusableBytes(_ db: Database) throws -> UInt64 {
        UInt64(try db.integer("PRAGMA freelist_count") ?? 0) * UInt64(Schema.pageBytes)
    }

    func openTicks(from tick: UInt64) {
        state.withLock { $0.firstOpenTick = max($0.firstOpenTick, tick) }
    }

    func count(placed: UInt64) {
        state.withLock { $0.placed = placed }
    }

    // MARK: Settings

    /// Kibibytes of SQLite's page cache: of the writer, and of each reader (there are at most
    /// `readersMax`).
    private static let cacheKibibytes = 4_096
    /// Connections that read.
    ///
    /// One for each of the vault's threads that read, and one for its writer: a thread that waited for another's
    /// connection would be starved by it. A connection is opened when it is first needed.
    private static let readersMax = 6

    private static func configuration() -> Configuration {
        var configuration = Configuration()
        configuration.label = "ledger"
        configuration.maximumReaderCount = readersMax
        configuration.busyMode = .timeout(5)
        configuration.prepareDatabase { db in
            try db.execute(
                sql: """
                    PRAGMA page_size = \(Schema.pageBytes);
                    PRAGMA recursive_triggers = ON;
                    PRAGMA secure_delete = ON;
                    PRAGMA trusted_schema = OFF;
                    PRAGMA cell_size_check = ON;
                    PRAGMA temp_store = MEMORY;
                    PRAGMA mmap_size = 0;
                    PRAGMA cache_size = -\(cacheKibibytes);
                    PRAGMA wal_autocheckpoint = 0;
                    PRAGMA journal_size_limit = \(mergeAfterBytes);
                    """)
        }
        return configuration
    }

    /// GRDB sets `synchronous` to NORMAL while it opens a pool, under which a commit may be lost
    /// with the power: so it is set afterwards, and read back.
    private static func makeDurable(_ pool: DatabasePool) throws {
        try pool.writeWithoutTransaction { db in
            try db.execute(sql: "PRAGMA synchronous = FULL")
            let checks = [
                ("synchronous", "2"), ("journal_mode", "wal"), ("recursive_triggers", "1"),
                ("secure_delete", "1"), ("foreign_keys", "1"),
            ]
            for (name, wanted) in checks {
                let found = try String.fetchOne(db, sql: "PRAGMA \(name)") ?? "nothing"
                guard found == wanted else {
                    throw LedgerError.notDurable("\(name) is \(found), not \(wanted)")
                }
            }
        }
    }

    /// Keeps every other process out for as long as this object lives: SQLite's own lock on a file
    /// beside the ledger.
    private static func hold(_ path: String) throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.busyMode = .immediateError
        do {
            let queue = try DatabaseQueue(path: path + "-hold", configuration: configuration)
            try queue.writeWithoutTransaction { db in
                try db.execute(sql: "PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT")
            }
            return queue
        } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY {
            throw LedgerError.inUse
        }
    }

    private static func claim(_ db: Database, origin: String) throws {
        if let found = try String.fetchOne(db, sql: "SELECT origin FROM log WHERE id = 1") {
            guard found == origin else {
                throw LedgerError.otherLog("this is the ledger of \(found)")
            }
        } else {
            try db.execute(sql: "INSERT INTO log VALUES (1, ?)", arguments: [origin])
        }
    }

    // MARK: Access

    func read<T>(_ body: (Database) throws -> T) throws(LedgerError) -> T {
        do {
            return try pool.read(body)
        } catch {
            throw stopIfFatal(Self.translate(error, writing: false))
        }
    }

    /// One transaction, durable when this returns.
    ///
    /// `committed` is called after it, before any other writer.
    func write<T>(
        _ body: (Database) throws -> T, committed: (T) -> Void = { _ in }
    ) throws(LedgerError) -> T {
        if let reason = state.withLock({ $0.stopped }) { throw .fatal(reason) }
        let result: T
        do {
            result = try pool.writeWithoutTransaction { db in
                let result = try Self.transaction(db, body)
                // What is committed stays so, whatever this says.
                if let reusable = try? Self.reusableBytes(db) {
                    state.withLock { $0.reusableBytes = reusable }
                }
                committed(result)
                return result
            }
        } catch {
            throw stopIfFatal(Self.translate(error, writing: true))
        }
        try mergeIfDue()
        return result
    }

    private static func transaction<T>(
        _ db: Database, _ body: (Database) throws -> T
    ) throws -> T {
        var result: T?
        try db.inTransaction {
            result = try body(db)
            return .commit
        }
        guard let result else { throw LedgerError.misuse("a transaction without a result") }
        return result
    }

    /// Where an entry lies.
    ///
    /// The index is asked before the rows: what leaves it has its place in every state of the
    /// database that is read from then on.
    func position(of commitment: Hash256, _ db: Database) throws -> Int64? {
        if let seq = arrivals.withLock({ $0.seq(ofCommitment: commitment) }),
            try EntryReader.isEntry(db, seq, commitment)
        {
            return seq
        }
        return try db.integer(
            "SELECT seq FROM placed JOIN place USING (leaf) WHERE commitment = ?",
            [commitment.data])
    }

    /// Where a tip of the running tick may lie.
    func recentSeq(ofEnvelope envelope: Hash256) -> Int64? {
        arrivals.withLock { $0.seq(ofEnvelope: envelope) }
    }

    /// Where a tip that was answered before the running tick lies.
    func answeredSeq(ofEnvelope envelope: Hash256, _ db: Database) throws -> Int64? {
        let mayBe = answered.withLock { $0?.mayContain(envelope) ?? true }
        guard mayBe else { return nil }
        return try db.integer("SELECT seq FROM answered WHERE envelope = ?", [envelope.data])
    }

    /// Called after the transaction that changed the table, and before any other writer.
    func replaceAnswered(_ filter: AnsweredFilter) {
        answered.withLock { $0 = filter }
    }

    func updateArrivals(_ change: (inout ArrivalIndex) -> Void) {
        arrivals.withLock { change(&$0) }
    }

    private func stopIfFatal(_ error: LedgerError) -> LedgerError {
        switch error {
        case .fatal(let reason), .damaged(let reason): state.withLock { $0.stopped = reason }
        default: break
        }
        return error
    }

    /// Bytes of the write-ahead log after which it is copied into the database.
    ///
    /// That much of its file is kept to be written over, and what is beyond is cut off when SQLite begins it anew.
    private static let mergeAfterBytes: UInt64 = 4 << 20

    /// Copies the write-ahead log into the database once it has become long, whatever made it so.
    ///
    /// Its own length is asked, because what a change writes, page by page, is often many times what it brings. After a
    /// copying that a reader kept from being the last of this log, the next one comes when as much was written again.
    /// SQLite's own automatic copying would hide an fsync error; this one stops the ledger.
    private func mergeIfDue() throws(LedgerError) {
        guard let bytes = try? writeAheadLog.seekToEnd() else { return try merge(.passive) }
        let isDue = state.withLock { state in
            if bytes < state.mergedLogBytes { state.mergedLogBytes = 0 }
            let isLong = bytes > Self.mergeAfterBytes
            guard isLong, bytes >= state.mergedLogBytes + Self.mergeAfterBytes else { return false }
            state.mergedLogBytes = bytes
            return true
        }
        if isDue { try merge(.passive) }
    }

    /// Empties the write-ahead log, which would otherwise still hold deleted rows and the order of
    /// arrival.
    ///
    /// A reader in the middle of its work, or a full disk, only puts it off until the next time.
    func emptyWriteAheadLog() throws(LedgerError) {
        try merge(.truncate)
    }

    private func merge(_ mode: Database.CheckpointMode) throws(LedgerError) {
        do {
            try pool.writeWithoutTransaction { db in _ = try db.checkpoint(mode) }
        } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY {
            return
        } catch {
            let translated = Self.translate(error, writing: true)
            if translated != .full { throw stopIfFatal(translated) }
        }
    }

    /// What SQLite said, in the ledger's words.
    ///
    /// No text of it holds data: GRDB's message is without arguments.
    static func translate(_ error: any Error, writing: Bool) -> LedgerError {
        if let error = error as? LedgerError { return error }
        guard let error = error as? DatabaseError else { return .unavailable("\(type(of: error))") }
        let text = "SQLite \(error.extendedResultCode.rawValue): \(error.message ?? "no message")"
        // Growing the shared index of the write-ahead log on a full disk is reported as an I/O
        // error, before anything is written: the state is known.
        if error.extendedResultCode == .SQLITE_IOERR_SHMSIZE { return .full }
        return switch error.resultCode {
        case .SQLITE_FULL: .full
        case .SQLITE_CORRUPT: .damaged(text)
        case .SQLITE_NOTADB: .notALedger
        case .SQLITE_IOERR where !writing && isAboutBytes(error.extendedResultCode): .damaged(text)
        case .SQLITE_IOERR: .fatal(text)
        default: .unavailable(text)
        }
    }

    /// Whether an error of a read says that bytes are missing or wrong, which stays so; any other may be a cable's, and
    /// the next process reads everything anew before it serves.
    private static func isAboutBytes(_ code: ResultCode) -> Bool {
        [.SQLITE_IOERR_SHORT_READ, .SQLITE_IOERR_DATA, .SQLITE_IOERR_CORRUPTFS].contains(code)
    }
}

extension Database {
    /// Runs a statement that is compiled once per connection.
    func run(_ sql: String, _ arguments: StatementArguments = []) throws {
        try cachedStatement(sql: sql).execute(arguments: arguments)
    }

    /// The first row of a statement that is compiled once per connection.
    func row(_ sql: String, _ arguments: StatementArguments) throws -> Row? {
        try Row.fetchOne(cachedStatement(sql: sql), arguments: arguments)
    }

    /// All rows of a statement that is compiled once per connection.
    func rows(_ sql: String, _ arguments: StatementArguments) throws -> [Row] {
        try Row.fetchAll(cachedStatement(sql: sql), arguments: arguments)
    }

    /// The first column of the first row, an integer; nil if there is no row or it is NULL.
    func integer(_ sql: String, _ arguments: StatementArguments = []) throws -> Int64? {
        try Int64.fetchOne(cachedStatement(sql: sql), arguments: arguments)
    }
}

extension Hash256 {
    /// As it is bound to a statement.
    var data: Data { Data(bytes) }

    init(_ data: Data, of what: String) throws(LedgerError) {
        guard let hash = Hash256([UInt8](data)) else { throw .damaged("\(what) is not 32 bytes") }
        self = hash
    }
}
