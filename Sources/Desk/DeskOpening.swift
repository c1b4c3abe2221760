internal import Envelope
internal import Ledger
internal import Notes
public import Office

/// A tip that was opened.
public struct DeskOpening: Sendable {
    /// The folder it lies in.
    public let folder: String
    /// The desk's number.
    public let number: UInt64
    /// What the sender wrote; nil if the folder was there already.
    public let tip: UnpackedTip?
    /// Whose it is, if it calls itself an answer to a reply.
    public let answer: AnswerStanding?
    /// Who may receive it, as the reporter chose; nil if the folder was there already.
    public let consent: Consent?
    /// What the log says of the tip's entry.
    public let inclusion: Inclusion
    /// Custody sheets beside it that a late proof does not fit.
    public let broken: [any Explained]
}

extension DeskWork {
    /// Opens a tip into a folder of its own below `parent`: `tip.json`, attachments under safe
    /// names, `custody.json`; and puts proofs that came late beside the tips that lie there.
    ///
    /// - Parameters:
    ///   - name: the tip.
    ///   - parent: where the folder goes.
    ///   - despiteGap: go on after a gap in the desk's numbers was named; it is remembered.
    public func open(
        _ name: String, into parent: String, despiteGap: Bool = false
    ) async throws -> DeskOpening {
        let tip = try tip(named: name)
        let inclusion = try await station.inclusion(of: tip.entry, "tip \(name)")
        try await tip.fetch(from: station.staffClient)
        let reader = try tip.reader(keys: keys)
        let number = try count(reader, of: tip, despiteGap: despiteGap)
        try CustodyFolder.makeParent(parent)
        let folder = "tip-\(EntryName.file(tip.entry.commitment).prefix(16))"
        try station.expectProof(after: inclusion, of: tip.entry, in: folder)
        let opened = try await unpack(tip, reader, inclusion, number, into: folder, in: parent)
        var state = try station.home.state()
        state.opened[Base64.encode(tip.entry.commitment)] = number
        try station.home.store(state)
        return DeskOpening(
            folder: "\(parent)/\(folder)", number: number, tip: opened?.tip,
            answer: opened?.answer, consent: try opened.map { try Consent(of: $0.tip.document) },
            inclusion: inclusion, broken: try station.placeLateProofs(in: parent))
    }

    /// Opens the originals of a tip's cleaned copies into a folder beside the tip's: a deliberate
    /// act, which the home counts.
    public func openOriginals(
        _ name: String, into parent: String
    ) async throws -> OriginalsOpening {
        let tip = try tip(named: name)
        try await tip.fetch(from: station.staffClient)
        let folder = "tip-\(EntryName.file(tip.entry.commitment).prefix(16))-originals"
        return try await tip.openOriginals(as: folder, in: parent, for: station) {
            try self.reader(of: tip)
        } tipKey: { header in
            try keys.openEnvelope(header)
        }
    }

    private func unpack(
        _ tip: StoredTip, _ reader: consuming SealedBodyReader, _ inclusion: Inclusion,
        _ number: UInt64, into folder: String, in parent: String
    ) async throws -> (tip: UnpackedTip, answer: AnswerStanding?)? {
        // The closure below may run once at most, but cannot consume what it captures.
        var waiting: SealedBodyReader? = reader
        return try await CustodyFolder.publish(folder, in: parent) { path in
            guard let reader = waiting.take() else {
                throw CustodyProblem.cannotOpen(what: "The tip")
            }
            let unpacked = try tip.unpack(into: path, with: reader) { header in
                try keys.openEnvelope(header)
            }
            let answer = try await station.standing(of: unpacked) { name in
                try await document(ofTip: name)
            }
            var sheet = CustodySheet(
                tip.entry, inclusion: inclusion, files: unpacked.files, answer: answer)
            sheet.deskSequence = number
            try CustodyFolder.write("tip.json", unpacked.json, in: path)
            try CustodyFolder.write("text.txt", unpacked.text, in: path)
            try CustodyFolder.write(CustodySheet.file, json: sheet, in: path)
            // Before the folder is there: with one that is, nothing is done a second time.
            try station.remember(unpacked.document, as: EntryName.text(tip.entry.commitment))
            return (unpacked, answer)
        }
    }

    /// A reader of a tip's sealed body, once the number in it was counted.
    ///
    /// Whatever is done with a tip begins with this: after a gap or a repeat nothing is.
    func reader(of tip: StoredTip, despiteGap: Bool = false) throws -> SealedBodyReader {
        let reader = try tip.reader(keys: keys)
        _ = try count(reader, of: tip, despiteGap: despiteGap)
        return reader
    }

    /// Compares the sealed number with the tip's place in the list.
    ///
    /// - Parameter despiteGap: go on after a gap was named; it is remembered.
    /// - Returns: the number.
    private func count(
        _ reader: borrowing SealedBodyReader, of tip: StoredTip, despiteGap: Bool
    ) throws -> UInt64 {
        guard let number = reader.deskSequence else {
            throw CustodyProblem.cannotOpen(what: "The tip")
        }
        let name = "this desk's numbers"
        let key = Base64.encode(tip.record.deskKey.bytes)
        let commitment = Base64.encode(tip.entry.commitment)
        var state = try station.home.state()
        var numbering = state.tips[key] ?? DeskNumbering()
        guard despiteGap else {
            try numbering.check(number, of: commitment, name: name)
            return number
        }
        try numbering.bridge(number, of: commitment, name: name)
        if numbering != state.tips[key] {
            state.tips[key] = numbering
            try station.home.store(state)
        }
        return number
    }
}
