import Foundation
import GRDB

extension LedgerStore {
    /// The newest page note; nil before the first.
    public func newestPage() throws(LedgerError) -> PageEntry? {
        try read { db in
            // The kind stands in the statement itself: only so is the index of pages used.
            let found = try db.rows(
                """
                SELECT \(EntryReader.columns), record.note FROM entry
                LEFT JOIN record USING (seq) WHERE kind = \(EntryKind.page.code)
                ORDER BY entry.seq DESC LIMIT 1
                """, []
            ).first
            guard let found else { return nil }
            guard let entry = try EntryReader.entry(db, from: found), let note: Data = found[6]
            else { throw LedgerError.damaged("a page's note is missing") }
            return PageEntry(note: [UInt8](note), entry: entry)
        }
    }
}
