public import Notes

extension LedgerStore {
    /// The promise of an entry: a note signed by the log, which says what tick will hold the entry.
    ///
    /// Ed25519 is deterministic, so it is the same bytes each time and is not kept.
    public func promise(_ entry: Entry) throws(LedgerError) -> Note {
        try sign(
            PromiseNote(
                origin: origin, commitment: entry.commitment.bytes, tick: entry.tick))
    }

    func sign(_ body: some NoteBody) throws(LedgerError) -> Note {
        do { return try signer.sign(body) } catch {
            throw .unavailable("the log's key did not sign")
        }
    }
}
