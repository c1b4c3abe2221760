import Crypto
import Notes
import Roster
import Synchronization

/// Decides who a staff request comes from, and whether it may be looked at: the only place where a member's word is
/// taken for a request.
final class StaffGate: Sendable {
    private struct State {
        var replays: ReplayMemory
        var isClockAhead: Bool
    }

    private let origin: String
    private let state: Mutex<State>

    /// - Parameters:
    ///   - origin: the gateway's log name, which every note names.
    ///   - start: when the vault started, in Unix seconds.
    ///   - isClockAhead: whether that is by a clock that is not believed.
    init(origin: String, start: UInt64, isClockAhead: Bool) {
        self.origin = origin
        state = Mutex(State(replays: ReplayMemory(start: start), isClockAhead: isClockAhead))
    }

    /// The member behind a request.
    ///
    /// The note must be signed by a member in force, for this very method, path and body, now, and for the first
    /// time; and the certificate that the edge saw must be one of the member's.
    func member(
        behind request: StaffRequest, in book: RosterBook, now: UInt64
    ) throws(Refusal) -> BookMember {
        guard let note = try? Note(parsing: request.authorisation),
            let body = try? RequestNote(text: note.text), body.origin == origin,
            let member = book.signer(of: note)
        else { throw .notAuthorised }
        let line = request.action.line
        guard body.method == line.method, body.target == line.target,
            body.bodyHash == Array(SHA256.hash(data: request.action.httpBody)),
            member.pins.contains(request.pin)
        else { throw .notAuthorised }
        switch judge(body, of: member, isClockAhead: book.isClockAhead, now: now) {
        case .fresh: return member
        case .stale: throw .stale(time: now)
        case .replayed: throw .replayed
        case .full: throw .busy
        }
    }

    /// A clock that was years ahead and is set back must not shut the offices out for as long: what was forgotten by that
    /// clock counts no more, and it is judged as if the vault had just started.
    private func judge(
        _ note: RequestNote, of member: BookMember, isClockAhead: Bool, now: UInt64
    ) -> ReplayMemory.Verdict {
        state.withLock { state in
            if state.isClockAhead != isClockAhead {
                state = State(replays: ReplayMemory(start: now), isClockAhead: isClockAhead)
            }
            return state.replays.use(
                nonce: note.nonce, of: member.verifier, time: note.seconds, now: now)
        }
    }
}

extension StaffRequest.Action {
    /// Method and target as the member signs them.
    ///
    /// Queries are always written out.
    var line: (method: String, target: String) {
        switch self {
        case .roster(nil): ("GET", "/v1/roster/staff")
        case .roster(let version?): ("GET", "/v1/roster/staff?version=\(version)")
        case .tips(let after): ("GET", "/v1/tips?after=\(after)")
        case .body(let commitment, let row):
            ("GET", "/v1/bodies/\(Base64.encodeURL(commitment))?chunk=\(row)")
        case .bodyRow, .admission: ("", "")
        case .report: ("POST", "/v1/reports")
        case .queue(let after): ("GET", "/v1/queue?after=\(after)")
        case .acknowledgement: ("POST", "/v1/acknowledgements")
        case .reply: ("POST", "/v1/replies")
        case .status: ("POST", "/v1/statuses")
        }
    }

    /// The HTTP body that the fields came from: canonical, so that it can be made again from them.
    var httpBody: [UInt8] {
        switch self {
        case .roster, .tips, .body, .bodyRow, .queue, .admission: []
        case .acknowledgement(let note), .status(let note): note
        case .report(let note, let triage):
            CanonicalJSON.object([
                "note": .string(String(decoding: note, as: UTF8.self)),
                "triage": .string(Base64.encode(triage)),
            ]).encoded
        case .reply(let id, let blob):
            CanonicalJSON.object([
                "blob": .string(Base64.encode(blob)), "id": .string(Base64.encode(id)),
            ]).encoded
        }
    }
}
