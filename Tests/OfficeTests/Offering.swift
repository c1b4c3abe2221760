import Office

/// What the stand-in for a gateway writes, in the order in which it comes to know it.
extension Offered<TipListing> {
    init(
        cursor: UInt64, key: String, entry: OfferedEntry, chunks: Int, quarantine: Int? = nil
    ) {
        self.init(
            entry: entry,
            about: TipListing(cursor: cursor, key: key, chunks: chunks, quarantine: quarantine))
    }
}

extension Offered<TipExtent> {
    init(entry: OfferedEntry, chunks: Int) {
        self.init(entry: entry, about: TipExtent(chunks: chunks))
    }
}

extension Offered<ReportListing> {
    init(
        cursor: UInt64, note: String, entry: OfferedEntry, triage: String, tip: OfferedReportTip?,
        acknowledged: Bool
    ) {
        self.init(
            entry: entry,
            about: ReportListing(
                cursor: cursor, note: note, triage: triage, tip: tip, acknowledged: acknowledged))
    }
}
