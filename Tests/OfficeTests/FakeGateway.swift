import Crypto
import Envelope
import Foundation
import Ledger
import Notes
import Office
import Roster
import Sodium
import Synchronization
import TestSupport

/// A gateway in memory: honest unless a test tells it otherwise.
final class FakeGateway: Transport {
    struct StoredTip {
        let office: String
        let offered: OfferedTip
        let body: [UInt8]
    }

    struct State {
        var now = World.start
        /// The newest roster and its entry.
        var roster: OfferedRoster?
        /// Every roster by its version.
        var rosters: [UInt64: OfferedRoster] = [:]
        var cursor: UInt64 = 0
        var tips: [StoredTip] = []
        var reports: [(unit: String, report: OfferedReport)] = []
        var numbers: [String: UInt64] = [:]
        var pending: [[UInt8]] = []
        var leaves: [Hash256] = []
        var checkpoint: [UInt8] = []
        var uploads: [String: [UInt8]] = [:]
        var posted: [String: OfferedEntry] = [:]
        var replies: [(id: [UInt8], blob: [UInt8])] = []
        /// The sequence number of the next tip, if it is to be a wrong one.
        var nextSequence: UInt64?
        /// The work that it asks for; nil if it does not say.
        var bitsAsked: Int?
        /// What came along with each tip.
        var efforts: [String?] = []
        /// The effort of tips that go into quarantine; nil for the ordinary lane.
        var quarantine: Int?
        /// Most tips of one page of a desk's list.
        var pageMax = Int.max
        /// The tick that it promises, if it is not the one in which the entry comes.
        var promisedTick: UInt64?
        /// What a request of the staff listener waits for before it is dealt with.
        var gate: (@Sendable (WireRequest) async -> Void)?
        /// Why a request is not dealt with at all; nil if it is.
        var refuses: (@Sendable (WireRequest) -> GatewayProblem?)?
        /// What becomes of the answer to a request that was dealt with; nil if it arrives.
        var loses: (@Sendable (WireRequest) -> GatewayProblem?)?
        /// Entries of envelopes, which are answered again.
        var answered: [Hash256: OfferedEntry] = [:]
        /// Hashes of the reports that were acknowledged.
        var acknowledged: [[UInt8]] = []
        /// Whether proofs are withheld.
        var hidesProofs = false
        /// How many bytes of a body are sent before the line breaks; nil for all.
        var breaksAfter: Int?
        /// Changes answers on their way out, by path.
        var tamper: (@Sendable (WireRequest, [UInt8]) -> [UInt8])?
        /// Rows that were asked for, for tests of resuming.
        var rowsAsked: [Int] = []
        /// How often a report was offered, refused ones included.
        var reportsAsked = 0
        /// Times of requests that are refused as stale, and what the gateway says that its time is.
        var stale: (at: ClosedRange<UInt64>, time: UInt64)?
        /// The times that requests of the staff listener were signed for.
        var signedTimes: [UInt64] = []
        /// Requests of the staff listener that were properly signed.
        var signedRequests = 0
    }

    /// What is to be worked on.
    static let root = [UInt8](repeating: 7, count: 32)

    let world: World
    let state: Mutex<State>

    init(_ world: World) throws {
        self.world = world
        state = Mutex(State())
        try enter(try world.sign(world.draft()))
        try tick()
    }

    var now: UInt64 { state.withLock { $0.now } }
    var currentTick: UInt64 { now / World.tickSeconds }

    /// The staff listener as one office sees it.
    func staff(_ office: String) -> Staff { Staff(gateway: self, office: office) }

    struct Staff: Transport {
        let gateway: FakeGateway
        let office: String

        func exchange(_ request: WireRequest, limit: Int) async throws -> WireResponse {
            await gateway.state.withLock { $0.gate }?(request)
            try gateway.checkSignature(request)
            if let problem = gateway.state.withLock({ $0.refuses })?(request) { throw problem }
            return try gateway.told(request, try gateway.answer(staff: request, of: office))
        }

        func stream(
            _ request: WireRequest, take: ([UInt8]) async throws -> Bool
        ) async throws {
            await gateway.state.withLock { $0.gate }?(request)
            try gateway.checkSignature(request)
            let (pieces, breaks) = try gateway.body(request)
            for piece in pieces {
                guard try await take(piece) else { return }
            }
            if breaks { throw GatewayProblem.unreachable(base: "fake", reason: "cut") }
        }
    }

    func stream(_ request: WireRequest, take: ([UInt8]) async throws -> Bool) async throws {
        throw Problem.notFound.error
    }

    func exchange(_ request: WireRequest, limit: Int) async throws -> WireResponse {
        try told(request, try answer(public: request))
    }

    enum Problem {
        case notFound, malformed
        case numberGap(expected: UInt64)
        case stale(time: UInt64)

        var response: WireResponse {
            let (slug, status, extra) =
                switch self {
                case .notFound: ("not-found", 404, "")
                case .malformed: ("malformed", 400, "")
                case .numberGap(let expected): ("number-gap", 409, #","expected":\#(expected)"#)
                case .stale(let time): ("stale", 401, #","time":\#(time)"#)
                }
            return WireResponse(
                status: status, contentType: "application/problem+json",
                body: Array(
                    #"{"type":"/problems/\#(slug)","title":"no","status":\#(status)\#(extra)}"#
                        .utf8)
            )
        }

        var error: GatewayProblem { GatewayProblem(response) }
    }

    private func told(_ request: WireRequest, _ response: WireResponse) throws -> WireResponse {
        if let problem = state.withLock({ $0.loses })?(request) { throw problem }
        guard let tamper = state.withLock({ $0.tamper }) else { return response }
        return WireResponse(
            status: response.status, contentType: response.contentType,
            body: tamper(request, response.body), headers: response.headers)
    }

    /// The signature over method, target and body, as the vault checks it.
    private func checkSignature(_ request: WireRequest) throws {
        let note = try Note(parsing: Base64.decode(request.authorisation ?? ""))
        let body = try note.body(RequestNote.self, origin: World.origin)
        guard body.method == request.method, body.target == request.target,
            body.bodyHash == Array(SHA256.hash(data: request.body)), note.signatures.count == 1
        else { throw Problem.malformed.error }
        let stale = state.withLock { state in
            state.signedRequests += 1
            state.signedTimes.append(body.seconds)
            return state.stale
        }
        if let stale, stale.at.contains(body.seconds) {
            throw Problem.stale(time: stale.time).error
        }
    }

    // MARK: The log

    /// Ends the tick: everything promised so far gets its place, among cover entries.
    func tick() throws {
        try state.withLock { state in
            state.now = (state.now / World.tickSeconds + 1) * World.tickSeconds
            state.leaves += state.pending.compactMap { Hash256($0) }
            state.pending = []
            repeat {
                state.leaves.append(Hash256(hashing: Randomness.bytes(32)))
            } while !state.leaves.count.isMultiple(of: 256)
            try sign(&state)
        }
    }

    /// Another history of the same length, signed.
    func fork() throws {
        try state.withLock { state in
            state.leaves[0] = Hash256(hashing: Randomness.bytes(32))
            try sign(&state)
        }
    }

    private func sign(_ state: inout State) throws {
        let root = MerkleTree.root(of: state.leaves.map { MerkleTree.leafHash($0.bytes) })
        let tree = Checkpoint(
            origin: World.origin, size: UInt64(state.leaves.count), root: root.bytes)
        state.checkpoint = try world.log.sign(tree).encoded
    }

    /// Enters a roster, signed or not, and serves it from now on.
    func enter(_ roster: (note: [UInt8], staff: [UInt8])) throws {
        let signed = (try? Note(parsing: roster.note)).flatMap { try? PublicRoster(note: $0) }
        let entry = try entry(
            .roster(note: Hash256(hashing: roster.note), version: signed?.version ?? 1))
        let offered = OfferedRoster(
            entry: entry,
            about: RosterListing(
                note: String(decoding: roster.note, as: UTF8.self),
                staff: String(decoding: roster.staff, as: UTF8.self)))
        state.withLock { state in
            state.roster = offered
            state.rosters[signed?.version ?? 1] = offered
        }
    }

    /// Lets time pass without placing anything.
    func wait(_ seconds: UInt64) { state.withLock { $0.now += seconds } }

    func entry(_ body: RecordBody, by signer: NoteSigner? = nil) throws -> OfferedEntry {
        try state.withLock { try entry(body, by: signer, &$0) }
    }

    private func entry(
        _ body: RecordBody, by signer: NoteSigner? = nil, _ state: inout State
    ) throws -> OfferedEntry {
        let tick = state.promisedTick ?? state.now / World.tickSeconds
        let record = Record(origin: World.origin, tick: tick, body: body).encoded
        let salt = Randomness.bytes(32)
        let commitment = Commitment.of(record: record, salt: salt).bytes
        state.pending.append(commitment)
        let promise = try (signer ?? world.log).sign(
            PromiseNote(origin: World.origin, commitment: commitment, tick: tick))
        return OfferedEntry(
            promise: promise.encodedString, record: String(decoding: record, as: UTF8.self),
            salt: Base64.encode(salt))
    }

    private func answer(public request: WireRequest) throws -> WireResponse {
        let path = request.target.split(separator: "?")[0]
        return try state.withLock { state in
            if request.method == "POST" || request.method == "PUT" {
                return try intake(request, &state)
            }
            if path == "/v1/roster", let roster = state.roster {
                return json(["note": .string(roster.note)])
            }
            if path == "/v1/effort", let bits = state.bitsAsked {
                return json(["bits": .integer(bits), "root": .string(Base64.encode(Self.root))])
            }
            if let page = try page(String(path), state) { return page }
            if path == "/checkpoint" { return plain(state.checkpoint) }
            if path.hasPrefix("/v1/proofs/") {
                return try proof(String(path.dropFirst("/v1/proofs/".count)), state)
            }
            if path.hasPrefix("/tile/") {
                return tile(String(path.dropFirst()), state)
            }
            return Problem.notFound.response
        }
    }

    /// The form, as little as a probe reads of it, and what it names.
    private func page(_ path: String, _ state: State) throws -> WireResponse? {
        guard
            ["/", "/en"].contains(path) || path.hasPrefix("/v1/desks/")
                || path.hasPrefix("/v1/keys/")
        else { return nil }
        let note = try Note(parsing: Array((state.roster?.about.note ?? "").utf8))
        var files: [String: [UInt8]] = [:]
        var list = ""
        for desk in try PublicRoster(note: note).desks {
            let lines = [KeyUse.envelopeX25519, .envelopeXWing].map {
                "\(desk.activeKey($0)?.line.line ?? "")\n"
            }
            let file = Array((lines.joined() + "   \n").utf8)
            let hash = Hash256(hashing: file).bytes
            files["/v1/keys/\(PagePrint.name(hash))"] = file
            list += "\(desk.state):\(Base64.encode(hash))\n"
        }
        let hash = Hash256(hashing: Array(list.utf8)).bytes
        files["/v1/desks/\(PagePrint.name(hash))"] = Array(list.utf8)
        files["/en"] = Array(#"<form data-keys="\#(Base64.encode(hash))">"#.utf8)
        if path == "/" {
            return WireResponse(
                status: 303, contentType: "", body: [], headers: ["location": "/en"])
        }
        return files[path].map { plain($0) }
    }

    private func proof(_ name: String, _ state: State) throws -> WireResponse {
        guard !state.hidesProofs, let wanted = try Hash256(Base64.decodeURL(name)),
            let index = state.leaves.firstIndex(of: wanted)
        else { return Problem.notFound.response }
        var nodes = LeafList(state.leaves.map { MerkleTree.leafHash($0.bytes) })
        let hashes = MerkleTree.inclusionProof(
            of: UInt64(index), size: UInt64(state.leaves.count), from: &nodes)
        return plain(
            TlogProof(index: UInt64(index), hashes: hashes, checkpoint: state.checkpoint).encoded)
    }

    /// Computes every tile from the leaves, and looks the path up among them.
    private func tile(_ path: String, _ state: State) -> WireResponse {
        for index in 0..<state.leaves.count / 256 {
            let part = Array(state.leaves[index * 256..<index * 256 + 256])
            if path == Tiles.entriesPath(index: UInt64(index)) { return plain(Tiles.bundle(part)) }
        }
        var row = state.leaves.map { MerkleTree.leafHash($0.bytes) }
        for level in 0..<4 {
            for start in stride(from: 0, to: row.count, by: 256) {
                let hashes = Array(row[start..<min(start + 256, row.count)])
                let address = TileAddress(
                    level: level, index: UInt64(start / 256), width: hashes.count)
                if path == address?.path { return plain(hashes.flatMap(\.bytes)) }
            }
            row = stride(from: 0, to: row.count / 256 * 256, by: 256).map {
                MerkleTree.root(of: Array(row[$0..<$0 + 256]))
            }
        }
        return Problem.notFound.response
    }

    // MARK: Intake

    private func intake(_ request: WireRequest, _ state: inout State) throws -> WireResponse {
        let path = request.target.split(separator: "?")[0]
        if path == "/v1/uploads" {
            state.uploads["upload-1"] = []
            return json(["upload": "upload-1"], status: 201)
        }
        if path.hasPrefix("/v1/uploads/") {
            state.uploads[String(path.dropFirst(12)), default: []] += request.body
            return WireResponse(status: 204, contentType: "", body: [])
        }
        state.efforts.append(request.headers["Resguardo-Effort"])
        var envelope = request.body
        if request.contentType == "application/json" {
            let finish = try CanonicalJSON(parsing: request.body)
            envelope = state.uploads[finish["upload"]?.string ?? ""] ?? []
            guard finish["sha256"]?.string == Base64.encode(Hash256(hashing: envelope).bytes) else {
                return Problem.malformed.response
            }
        }
        let hash = Hash256(hashing: envelope)
        let entry = try state.answered[hash] ?? seal(envelope, &state).offered.entry
        state.answered[hash] = entry
        return created(entry)
    }

    /// Seals an envelope as the vault does.
    @discardableResult
    func seal(_ envelope: [UInt8]) throws -> StoredTip {
        try state.withLock { try seal(envelope, &$0) }
    }

    private func seal(_ envelope: [UInt8], _ state: inout State) throws -> StoredTip {
        let outline = try EnvelopeOutline(envelope[...])
        guard let (office, keys) = world.keys.first(where: { $0.value.key(outline.keyID) != nil }),
            let x25519 = keys.keys(for: .sealX25519).first?.line,
            let xwing = keys.keys(for: .sealXWing).first?.line
        else { throw Problem.malformed.error }
        let key = outline.keyID.base64
        let sequence = state.nextSequence ?? state.numbers[key, default: 0] + 1
        state.nextSequence = nil
        state.numbers[key] = sequence
        let writer = try SealedBodyWriter(
            deskSequence: sequence, to: SealKeys(x25519: x25519, xwing: xwing))
        let firstRow = writer.firstRow
        let commitS = writer.commitment
        let sealed = try writer.sealAll(envelope)
        let record = TipRecord(
            body: try hash(sealed.summary.bodySHA256), commit: try hash(outline.commitment),
            commitS: try hash(commitS), deskKey: try hash(outline.keyID.bytes),
            envelope: try hash(sealed.summary.envelopeSHA256), size: UInt64(envelope.count))
        state.cursor += 1
        let offered = OfferedTip(
            cursor: state.cursor, key: key, entry: try entry(.tip(record), &state),
            chunks: sealed.messages.count + 1, quarantine: state.quarantine)
        let tip = StoredTip(
            office: office, offered: offered, body: firstRow + sealed.messages.flatMap { $0 })
        state.tips.append(tip)
        return tip
    }

    private func hash(_ bytes: [UInt8]) throws -> Hash256 {
        guard let hash = Hash256(bytes) else { throw Problem.malformed.error }
        return hash
    }
}
