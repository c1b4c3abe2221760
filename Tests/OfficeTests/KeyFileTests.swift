import Confinement
import Foundation
import Notes
import Office
import Sodium
import Testing

@Suite struct KeyFileTests {
    private let folder = Scratch.make()
    private var path: String { "\(folder)/authority.key" }

    private func make() throws -> KeyDescription {
        try KeyMaking.authority(
            origin: World.origin, name: "authority-1",
            at: KeyPlace(path: path, passphrase: World.passphrase(), cost: .cheap))
    }

    @Test func opensWithItsPassphraseAndSignsAsItSays() throws {
        defer { Scratch.remove(folder) }
        let described = try make()
        let signer = try KeyRing.authority(path: path, passphrase: World.passphrase())
        #expect(described.lines == [signer.verifier.vkey])
        #expect(signer.name == "\(World.origin)/authority-1")
        #expect(try KeyFile.readDescription("\(folder)/authority.pub.json") == described)
    }

    @Test(arguments: ["ministry", "Authority-1", "authority", ""])
    func aNameThatNoRosterTakesIsRefusedBeforeAKeyIsMade(name: String) throws {
        defer { Scratch.remove(folder) }
        let problem = #expect(throws: Complaint.self) {
            try KeyMaking.authority(
                origin: World.origin, name: name,
                at: KeyPlace(path: path, passphrase: World.passphrase(), cost: .cheap))
        }
        #expect(problem?.exit == .usage && problem?.sentence.contains("authority-1") == true)
        #expect(Scratch.names(folder).isEmpty)
    }

    @Test func wrongPassphraseIsOneClearLineAndExit65() throws {
        defer { Scratch.remove(folder) }
        _ = try make()
        let problem = #expect(throws: KeyFileProblem.self) {
            try KeyRing.authority(path: path, passphrase: World.passphrase("incorrect horse"))
        }
        #expect(problem == .wrongPassphrase(path: path))
        #expect(problem?.exit.rawValue == 65)
        #expect(problem?.sentence == "\(path): wrong passphrase.")
    }

    @Test(arguments: [0o644, 0o640, 0o660, 0o604, 0o610, 0o602])
    func aKeyFileThatOthersCanTouchIsRefusedWithExit77(mode: Int) throws {
        defer { Scratch.remove(folder) }
        _ = try make()
        Scratch.setMode(path, mode)
        let problem = #expect(throws: FileError.self) {
            try KeyRing.authority(path: path, passphrase: World.passphrase())
        }
        #expect(problem == .openToOthers(path: path))
        #expect(problem?.exit.rawValue == 77)
    }

    @Test func aPassphraseFileThatOthersCanReadIsRefusedToo() throws {
        defer { Scratch.remove(folder) }
        Scratch.write("\(folder)/words", Array("correct horse\n".utf8), mode: 0o644)
        let source = PassphraseSource(file: "\(folder)/words", environment: [:])
        #expect(throws: FileError.openToOthers(path: "\(folder)/words")) {
            _ = try source.passphrase(for: "test").count
        }
        Scratch.setMode("\(folder)/words", 0o600)
        #expect(try source.passphrase(for: "test").isEqual(to: World.passphrase()))
        let named = PassphraseSource(
            file: nil, environment: [PassphraseSource.environmentName: "\(folder)/words"])
        #expect(try named.passphrase(for: "test").isEqual(to: World.passphrase()))
    }

    @Test func aCutOrAlteredFileIsNamed() throws {
        defer { Scratch.remove(folder) }
        _ = try make()
        let whole = try #require(Scratch.bytes(path))
        for count in [0, 1, whole.count / 2, whole.count - 3] {
            Scratch.write(path, Array(whole.prefix(count)))
            #expect(throws: KeyFileProblem.damaged(path: path)) {
                try KeyRing.authority(path: path, passphrase: World.passphrase())
            }
        }
        let text = String(decoding: whole, as: UTF8.self)
        Scratch.write(path, Array(text.replacing("\"v\" : 1", with: "\"v\" : 2").utf8))
        #expect(throws: KeyFileProblem.damaged(path: path)) {
            try KeyFile.describe(path)
        }
    }

    @Test func publicLinesOfSomebodyElseAreNoticed() throws {
        defer { Scratch.remove(folder) }
        let described = try make()
        let other = try NoteSigner(
            name: "\(World.origin)/authority-1", seed: SecretBytes(random: 32))
        let text = String(decoding: try #require(Scratch.bytes(path)), as: UTF8.self)
        Scratch.write(
            path, Array(text.replacing(described.lines[0], with: other.verifier.vkey).utf8))
        #expect(throws: KeyFileProblem.mismatch(path: path)) {
            try KeyRing.authority(path: path, passphrase: World.passphrase())
        }
    }

    @Test func nothingIsOverwritten() throws {
        defer { Scratch.remove(folder) }
        _ = try make()
        let before = Scratch.bytes(path)
        #expect(throws: FileError.self) { try make() }
        #expect(Scratch.bytes(path) == before)
        #expect(Scratch.names(folder) == ["authority.key", "authority.pub.json"])
    }

    @Test func anOfficeKeyFileIsNoMemberKey() throws {
        defer { Scratch.remove(folder) }
        _ = try make()
        #expect(throws: KeyFileProblem.wrongKind(path: path, expected: "member")) {
            try MemberKey(path: path, passphrase: World.passphrase())
        }
    }

    @Test func memberKeysCarryACertificateAndNoClearKey() throws {
        defer { Scratch.remove(folder) }
        let path = "\(folder)/operator-1.key"
        let described = try KeyMaking.member(
            origin: World.origin, office: "desk-ar", name: "operator-1",
            at: KeyPlace(path: path, passphrase: World.passphrase(), cost: .cheap))
        let text = String(decoding: try #require(Scratch.bytes(path)), as: UTF8.self)
        #expect(!text.contains("PRIVATE KEY"))
        #expect(described.certificate?.hasPrefix("-----BEGIN CERTIFICATE-----") == true)
        let member = try MemberKey(path: path, passphrase: World.passphrase())
        #expect(member.signer.name == "\(World.origin)/desk-ar/operator-1")
        let identity = try member.identity()
        let pem = identity.privateKey.withWorkingCopy { String(decoding: $0, as: UTF8.self) }
        #expect(pem.contains("BEGIN PRIVATE KEY"))
    }

    @Test func theLogsKeyIsASeedForItsOwnerAlone() throws {
        defer { Scratch.remove(folder) }
        let made = try KeyMaking.log(origin: World.origin, path: "\(folder)/log.key")
        let text = String(decoding: try #require(Scratch.bytes("\(folder)/log.key")), as: UTF8.self)
        let seed = try Base64.decode(text.dropLast(), count: 32)
        let signer = try NoteSigner(name: World.origin, seed: SecretBytes(copying: seed))
        #expect(made.lines == [signer.verifier.vkey])
        #expect(try KeyFile.verifier("\(folder)/log.pub.json") == signer.verifier)
        let mode = try FileManager.default.attributesOfItem(atPath: "\(folder)/log.key")
        #expect((mode[.posixPermissions] as? NSNumber)?.intValue == 0o600)
    }
}
