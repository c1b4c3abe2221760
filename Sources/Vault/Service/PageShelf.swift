import Ledger
import Notes
import Roster
import Synchronization

/// The ledger's newest page note, as `GET /.well-known/resguardo-page` answers.
final class PageShelf: Sendable {
    private struct State {
        var newest: PageNote?
        var document: [UInt8]?
    }

    private let state = Mutex(State())

    /// - Throws: `LedgerError` if the ledger cannot be read.
    init(_ ledger: LedgerStore) throws(LedgerError) {
        try reload(ledger)
    }

    /// Reads the ledger's newest page note again.
    ///
    /// Its signatures were judged when it was entered, by the roster that was the newest then.
    func reload(_ ledger: LedgerStore) throws(LedgerError) {
        guard let found = try ledger.newestPage() else { return }
        guard let note = try? Note(parsing: found.note), let page = try? PageNote(text: note.text),
            case .page(let hash)? = (try? Record(parsing: found.entry.record))?.body,
            hash == Hash256(hashing: found.note)
        else { throw .damaged("the newest page note is not what its record says") }
        let promise = try ledger.promise(found.entry).encoded
        let document: CanonicalJSON = .object([
            "note": .string(String(decoding: found.note, as: UTF8.self)),
            "promise": .string(String(decoding: promise, as: UTF8.self)),
            "record": .string(String(decoding: found.entry.record, as: UTF8.self)),
            "salt": .string(Base64.encode(found.entry.salt)),
        ])
        state.withLock { $0 = State(newest: page, document: document.encoded) }
    }

    /// The newest note's statement; nil before the first.
    var newest: PageNote? { state.withLock { $0.newest } }

    /// The newest note with its log entry; nil before the first.
    var document: [UInt8]? { state.withLock { $0.document } }
}
