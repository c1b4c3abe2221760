internal import Roster

/// Why something that came from the gateway is not believed.
public enum CustodyProblem: Explained, Equatable {
    /// The entry (named by what it is) has no valid promise of this log.
    case promiseForged(what: String)
    /// The promise is for a tick that is far off and ends at `until`, in Unix seconds: a gateway whose clock was ahead
    /// cannot promise for an earlier one, and one that is never to keep its word would promise so.
    case promisedFarAhead(what: String, until: UInt64)
    /// Record, salt and commitment do not belong together, or the record is not of its form.
    case recordDiffers(what: String)
    /// The promise's tick has passed and the log does not hold the entry: provable misbehaviour.
    case notIncluded(what: String, tick: UInt64)
    /// The inclusion proof does not hold.
    case proofForged(what: String)
    /// The sealed body has another hash or length than the record says.
    case bodyDiffers
    /// The sealed body ended before it was whole; running the command again goes on from there.
    case bodyStopped(missingBytes: Int)
    /// The envelope inside has another hash, length, key or commitment than the record says.
    case envelopeDiffers
    /// It cannot be decrypted with the office's keys, or it was altered.
    case cannotOpen(what: String)
    /// The report's note is not signed by a member of a desk who was in force.
    case reportForged
    /// The report's signer was in force in the tick that it states and is not any more, since version `version` of the
    /// roster, and it is not proven that the log held the report before that.
    case signerNotInForce(version: UInt64)
    /// The report names no key of this office.
    case notForUs
    /// The roster gives the office keys that its home does not have.
    case keysMissing(office: String)
    /// The report and the tip, triage or record it comes with do not belong together.
    case reportDiffers(what: String)
    /// The gateway lists a report without its tip: it may have shredded that, which nobody can check yet, or withhold it.
    case tipAbsent
    /// The report's folder holds another report, of the same number: the gateway was restored, and numbers anew.
    case folderOfAnother(name: String)
    /// The gateway does not give this version of the roster, or not the one that the version after it names.
    case rosterMissing(version: UInt64)
    /// The first roster that the gateway gives this home is older than the one that was handed over at set-up, or the one
    /// of that version has another text.
    case rosterNotHandedOver(version: UInt64, handed: UInt64)
    /// There is no entry of this name in the list.
    case unknownEntry(name: String)

    /// The problem in one line.
    public var sentence: String {
        switch self {
        case .promiseForged(let what):
            "\(what): the promise is not signed by this gateway's log alone, or not for this entry."
        case .promisedFarAhead(let what, let until):
            "\(what): PROMISED FOR A TIME THAT IS FAR OFF, and in no log before \(UTCTime.text(until)). The "
                + "gateway's clock was ahead, or it puts off what it promised: ask its operator. The work goes on."
        case .recordDiffers(let what): "\(what): record, salt and promise do not belong together."
        case .notIncluded(let what, let tick):
            "\(what): PROMISED for tick \(tick), which is over, and NOT IN THE LOG. Keep the promise: "
                + "it proves that the gateway broke its word."
        case .proofForged(let what): "\(what): the inclusion proof does not hold."
        case .bodyDiffers:
            "The sealed body is not the one that the record names; nothing was opened."
        case .bodyStopped(let missing):
            "The sealed body stopped \(missing) bytes early; run the command again to go on."
        case .envelopeDiffers:
            "The envelope inside is not the one that the record names; nothing was kept."
        case .cannotOpen(let what): "\(what) cannot be opened with this office's keys."
        case .reportForged:
            "The report is not signed by a member of a desk who was in force; nothing was opened."
        case .signerNotInForce(let version):
            "The report is signed with a key that version \(version) of the roster has put out of force, and is not proven "
                + "to have been in the log before: nothing was opened. Ask its desk; it can hand the tip on again."
        case .notForUs: "The report names no key of this office."
        case .keysMissing(let office):
            "The roster gives \(office) keys that this home does not have, and what comes to them cannot be opened here:"
                + " take in the new key file with add-key."
        case .reportDiffers(let what): "The report and its \(what) do not belong together."
        case .tipAbsent:
            "The gateway lists this report without its tip: shredded by policy, which cannot be checked yet, or withheld. "
                + "Ask the desk and the gateway's operator; each pull asks for it again."
        case .folderOfAnother(let name):
            "The folder \(name) holds another report of this number; pull into another folder."
        case .rosterMissing(let version):
            "The gateway does not give version \(version) of the roster as the next one names it: what was "
                + "signed under it cannot be judged. Tell the gateway's operator."
        case .rosterNotHandedOver(let version, let handed):
            "The gateway gives version \(version) of the roster, and version \(handed) was handed over at set-up: this one is "
                + "older, or another text. Nothing is believed; ask the authorities which one is in force."
        case .unknownEntry(let name): "\(name) is not in the list; run list or pull first."
        }
    }

    /// 69 for a stopped transfer, 65 for the rest.
    public var exit: ExitKind {
        switch self {
        case .bodyStopped: .unreachable
        default: .badInput
        }
    }
}
