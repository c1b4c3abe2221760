import Desk
import Envelope
import Foundation
import Notes
import Office
import Roster
import Sodium
import Unit

/// A gateway's people: authorities, two desks, two units, each with one member, and the roster that
/// names them.
final class World: Sendable {
    static let origin = "gateway.example/test"
    static let tickSeconds: UInt64 = 10
    /// When the tests begin, seconds since 1970: the first second of a tick.
    static let start: UInt64 = 1_800_000_000

    let folder: String
    let authorities: [NoteSigner]
    let log: NoteSigner
    let keys: [String: OfficeSecretKeys]

    static let desks = ["desk-ar": "AR", "desk-br": "BR"]
    static let units = ["police-ar": "AR", "police-br": "BR"]

    init() throws {
        folder = Scratch.make()
        authorities = try (1...3).map { number in
            try NoteSigner(
                name: "\(Self.origin)/authority-\(number)", seed: SecretBytes(random: 32))
        }
        log = try NoteSigner(name: Self.origin, seed: SecretBytes(random: 32))
        var keys: [String: OfficeSecretKeys] = [:]
        for (office, state) in Self.desks {
            keys[office] = try OfficeSecretKeys.generate(
                origin: Self.origin, office: office, state: state)
        }
        for (office, state) in Self.units {
            keys[office] = try OfficeSecretKeys.generate(
                origin: Self.origin, office: office, state: state, uses: [.sealXWing])
        }
        self.keys = keys
        for office in Self.desks.keys.sorted() + Self.units.keys.sorted() {
            _ = try KeyMaking.member(
                origin: Self.origin, office: office, name: "operator-1",
                at: KeyPlace(
                    path: memberFile(office), passphrase: Self.passphrase(), cost: .cheap))
        }
    }

    deinit { Scratch.remove(folder) }

    static func passphrase(_ text: String = "correct horse") throws -> SecretBytes {
        try SecretBytes(copying: Array(text.utf8))
    }

    func memberFile(_ office: String) -> String { "\(folder)/\(office)-operator-1.key" }

    func member(_ office: String) throws -> MemberKey {
        try MemberKey(path: memberFile(office), passphrase: Self.passphrase())
    }

    /// The founding roster's draft.
    func draft(expires: UInt64 = start + 80 * 86_400) throws -> RosterDraft {
        var draft = RosterDraft(
            founding: Self.origin, authorities: authorities.map(\.verifier), threshold: 2,
            log: log.verifier, tickSeconds: Self.tickSeconds, expires: expires)
        for (office, state) in Self.desks.sorted(by: { $0.key < $1.key }) {
            try draft.addDesk(office, state: state)
        }
        for (office, state) in Self.units.sorted(by: { $0.key < $1.key }) {
            try draft.addUnit(office, state: state)
        }
        for (office, keys) in keys.sorted(by: { $0.key < $1.key }) {
            for line in keys.lines { try draft.addKey(line) }
            let described = try KeyFile.describe(memberFile(office))
            try draft.addMember(
                "operator-1", of: office, verifier: NoteVerifier(vkey: described.lines[0]),
                pins: [Base64.decode(described.pin ?? "", count: 32)])
        }
        return draft
    }

    /// Note and staff part of a draft, signed by the first `signers` authorities.
    func sign(_ draft: RosterDraft, signers: Int = 2) throws -> (note: [UInt8], staff: [UInt8]) {
        let (body, staff) = try draft.finished()
        var note = try authorities[0].sign(body)
        for signer in authorities[1..<signers] {
            note = try signer.countersign(note, as: PublicRoster.self)
        }
        return (note.encoded, staff)
    }

    /// A fresh home that pins the authorities.
    func home(_ name: String) throws -> Home {
        let home = Home("\(folder)/home-\(name)")
        try home.found(
            HomeSettings(
                origin: Self.origin, gateway: "https://public", staff: "https://staff",
                authorityFile: nil, authorities: authorities.map(\.verifier.vkey), threshold: 2,
                log: log.verifier.vkey))
        return home
    }

    func station(
        _ office: String, _ gateway: FakeGateway, home: Home? = nil
    ) async throws -> Station {
        try await Station(
            home: try home ?? self.home(office), member: try member(office),
            publicly: gateway, staff: gateway.staff(office), now: { gateway.now })
    }

    func desk(
        _ office: String, _ gateway: FakeGateway, home: Home? = nil
    ) async throws -> DeskWork {
        try DeskWork(
            try await station(office, gateway, home: home),
            keys: keys[office] ?? OfficeSecretKeys([]))
    }

    func unit(
        _ office: String, _ gateway: FakeGateway, home: Home? = nil
    ) async throws -> UnitWork {
        try UnitWork(
            try await station(office, gateway, home: home),
            keys: keys[office] ?? OfficeSecretKeys([]))
    }
}

/// A folder of a test's own, which goes with it.
enum Scratch {
    static func make() -> String {
        let path = FileManager.default.temporaryDirectory
            .appendingPathComponent("office-\(UUID().uuidString)").path
        try? FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true)
        return path
    }

    static func remove(_ path: String) { try? FileManager.default.removeItem(atPath: path) }

    static func names(_ path: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
    }

    static func bytes(_ path: String) -> [UInt8]? {
        FileManager.default.contents(atPath: path).map { Array($0) }
    }

    static func write(_ path: String, _ bytes: [UInt8], mode: Int = 0o600) {
        _ = FileManager.default.createFile(
            atPath: path, contents: Data(bytes),
            attributes: [.posixPermissions: NSNumber(value: mode)])
    }

    static func setMode(_ path: String, _ mode: Int) {
        try? FileManager.default.setAttributes(
            [.posixPermissions: NSNumber(value: mode)], ofItemAtPath: path)
    }
}

extension PasswordBox.Cost {
    /// The least that is accepted: 8 MiB, so that tests are quick.
    static var cheap: PasswordBox.Cost {
        get throws { try PasswordBox.Cost(checking: 1, memoryKiB: 8 * 1_024) }
    }
}
