internal import Confinement
internal import FoundationEssentials
internal import Ledger
internal import Notes

/// Proofs that come after the folder was made of the tip or report that they are about.
///
/// The home has the names of the folders that wait for a proof. A folder that lies elsewhere meanwhile is waited for,
/// and its proof stays in the home.
struct LateProofs: Sendable {
    let home: Home
    let checker: EntryChecker

    /// Notes that the folder of this name waits for the proof of an entry.
    func expect(proofOf entry: CheckedEntry, in folder: String) throws {
        var state = try home.state()
        let waiting = state.unproven[Base64.encode(entry.commitment), default: []]
        guard !waiting.contains(folder) else { return }
        state.unproven[Base64.encode(entry.commitment)] = waiting + [folder]
        try home.store(state)
    }

    /// Puts the proofs that the home has meanwhile into the custody sheets of the folders below `parent`.
    ///
    /// - Returns: what is wrong with the others. A sheet that cannot be read, or that is of something else, is named
    ///   once.
    func place(in parent: String) throws -> [any Explained] {
        var wrong: [any Explained] = []
        var state = try home.state()
        let before = state
        for (name, folders) in before.unproven.sorted(by: { $0.key < $1.key }) {
            guard let proof = try home.proof(of: try Base64.decode(name, count: 32)) else {
                continue
            }
            let left = try folders.filter { folder in
                guard CustodyFolder.exists(folder, in: parent) else { return true }
                do {
                    try place(proof, of: name, in: "\(parent)/\(folder)")
                } catch let problem as any Explained {
                    wrong.append(problem)
                }
                return false
            }
            state.unproven[name] = left.isEmpty ? nil : left
        }
        if state != before { try home.store(state) }
        return wrong
    }

    /// Puts a proof into a sheet in the place of the sheet before, once it holds for the entry that stands there.
    private func place(_ proof: [UInt8], of name: String, in folder: String) throws {
        let path = "\(folder)/\(CustodySheet.file)"
        let bytes = try DurableFile.read(path, limit: Home.fileBytesMax)
        guard var sheet = try? JSONDecoder().decode(CustodySheet.self, from: Data(bytes)) else {
            throw Complaint(
                .badInput, "\(path) is damaged: its proof stays in \(home.path)/proofs.")
        }
        let text = String(decoding: proof, as: UTF8.self)
        if try proves(proof, sheet.tip, name) {
            sheet.proof = text
        } else if let report = sheet.report, try proves(proof, report, name) {
            sheet.reportProof = text
        } else {
            throw Complaint(
                .badInput, "\(path) is of something else: the proof stays in \(home.path)/proofs.")
        }
        try DurableFile.replace(path, try CustodyFolder.encode(sheet))
    }

    /// True if an entry has this name and the proof holds for it; false for another entry.
    private func proves(
        _ proof: [UInt8], _ offered: OfferedEntry, _ name: String
    ) throws -> Bool {
        let entry = try checker.check(offered, CustodySheet.file)
        guard Base64.encode(entry.commitment) == name else { return false }
        _ = try checker.inclusion(proof, of: entry, CustodySheet.file)
        return true
    }
}

extension Home {
    private static func proofFile(of commitment: [UInt8]) -> String {
        "proofs/\(EntryName.file(commitment)).tlog-proof"
    }

    /// Keeps the proof of an entry whose promise was awaited.
    func keep(proof: [UInt8], of entry: CheckedEntry) throws {
        try makeFolder("proofs")
        try replace(Self.proofFile(of: entry.commitment), proof)
    }

    /// The proof of an entry whose promise was awaited, if it has come.
    func proof(of commitment: [UInt8]) throws -> [UInt8]? {
        try read(Self.proofFile(of: commitment))
    }
}
