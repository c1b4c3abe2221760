internal import Confinement
public import Envelope
internal import FoundationEssentials
internal import Notes
public import Sodium

/// Which of a tip's attachments are written when it is opened.
enum AttachmentChoice: Sendable {
    /// All but the originals that have a copy without place and device data.
    case shown
    /// Those originals alone.
    case originals

    func takes(_ index: Int, of document: TipDocument) -> Bool {
        document.copiedOriginals.contains(index) == (self == .originals)
    }
}

/// One act of opening originals: what an office has to answer for to the reporter.
public struct OriginalsAct: Codable, Equatable, Sendable {
    /// The act's number at this station, from 1.
    public var number: Int
    /// The tip's name.
    public let tip: String
    /// Who opened them: the member's key name.
    public let member: String
    /// When, in seconds since 1970.
    public let at: UInt64
    /// The originals.
    public let files: [UnpackedFile]
}

/// The acts of opening originals, one file each in the home: none is ever changed or removed.
public struct OriginalsJournal: Sendable {
    private let home: Home

    /// The journal of a home.
    public init(_ home: Home) {
        self.home = home
    }

    /// Every act up to now.
    public func acts() throws -> [OriginalsAct] {
        var acts: [OriginalsAct] = []
        while let act = try home.load(Self.name(acts.count + 1), as: OriginalsAct.self) {
            acts.append(act)
        }
        return acts
    }

    /// Writes an act under the next number, durably, before anything is opened.
    func append(_ act: OriginalsAct) throws -> OriginalsAct {
        try home.makeFolder("originals")
        var act = act
        act.number = try acts().count + 1
        // A second command at the same moment has taken the number: the next one is free.
        while try !home.create(Self.name(act.number), act) { act.number += 1 }
        return act
    }

    private static func name(_ number: Int) -> String {
        "originals/\(String(repeating: "0", count: max(0, 6 - "\(number)".count)))\(number).json"
    }
}

/// What came of opening a tip's originals.
public struct OriginalsOpening: Sendable {
    /// The folder they lie in.
    public let folder: String
    /// The act as the journal has it; nil if the folder was there already.
    public let act: OriginalsAct?
}

extension StoredTip {
    /// Opens the originals of attachments that have a copy into the folder `name`: counted first,
    /// then opened.
    ///
    /// - Parameters:
    ///   - name: the folder; it holds the originals and `act.json`.
    ///   - parent: where the folder goes.
    ///   - station: whose journal counts the act.
    ///   - reader: a fresh reader of the sealed body, each time it is asked for.
    ///   - tipKey: the tip's own key.
    public func openOriginals(
        as name: String, in parent: String, for station: Station,
        reader: () throws -> SealedBodyReader, tipKey: (EnvelopeHeader) throws -> SecretBytes
    ) async throws -> OriginalsOpening {
        try CustodyFolder.makeParent(parent)
        let document = try document(with: try reader(), tipKey: tipKey)
        guard !document.copiedOriginals.isEmpty else {
            throw Complaint(.badInput, "No attachment of this tip has a copy: all were opened.")
        }
        let act = try await CustodyFolder.publish(name, in: parent) { path in
            let act = try OriginalsJournal(station.home).append(
                OriginalsAct(
                    number: 0, tip: EntryName.text(entry.commitment),
                    member: station.member.signer.name, at: station.now(),
                    files: UnpackedFile.all(of: document).filter(\.isClosed)))
            _ = try unpack(.originals, into: path, with: try reader(), tipKey: tipKey)
            try CustodyFolder.write("act.json", json: act, in: path)
            return act
        }
        return OriginalsOpening(folder: "\(parent)/\(name)", act: act)
    }
}
