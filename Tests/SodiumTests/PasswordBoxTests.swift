import Sodium
import Testing

@Suite(.serialized) struct PasswordBoxTests {
    /// The least that is accepted, so that the tests stay quick.
    private static func light() throws -> PasswordBox.Cost {
        try PasswordBox.Cost(checking: 1, memoryKiB: 8 * 1_024)
    }

    private static func passphrase(_ text: String) throws -> SecretBytes {
        try SecretBytes(copying: Array(text.utf8))
    }

    @Test func aSeedComesBackForItsPassphraseOnly() throws {
        let seed = try SecretBytes(random: 32)
        let right = try Self.passphrase("correct horse")
        let box = try PasswordBox.seal(seed, passphrase: right, cost: Self.light())
        #expect(box.count == 32 + PasswordBox.overheadBytes)
        let opened = try PasswordBox.open(box, passphrase: right)
        let isSame = opened.isEqual(to: seed)
        #expect(isSame)
        let wrong = try Self.passphrase("correct hors")
        #expect(throws: SodiumError.cannotOpen) {
            _ = try PasswordBox.open(box, passphrase: wrong)
        }
    }

    @Test func twoBoxesOfOneSeedShareNothing() throws {
        let seed = try SecretBytes(count: 32)
        let words = try Self.passphrase("x")
        let a = try PasswordBox.seal(seed, passphrase: words, cost: Self.light())
        let b = try PasswordBox.seal(seed, passphrase: words, cost: Self.light())
        #expect(Array(a[16...]) != Array(b[16...]))
        #expect(Array(a[..<16]) == Array(b[..<16]))
    }

    @Test func anAlteredBoxIsRefused() throws {
        let seed = try SecretBytes(random: 32)
        let words = try Self.passphrase("x")
        let box = try PasswordBox.seal(seed, passphrase: words, cost: Self.light())
        // A byte of each field behind the parameters: salt, nonce, tag, secret.
        for place in [16, 31, 32, 55, 56, 71, 72, box.count - 1] {
            var altered = box
            altered[place] ^= 1
            #expect(throws: SodiumError.cannotOpen, "byte \(place)") {
                _ = try PasswordBox.open(altered, passphrase: words)
            }
        }
        for place in 0..<8 {
            var altered = box
            altered[place] ^= 1
            #expect(throws: SodiumError.unsupportedParameters, "byte \(place)") {
                _ = try PasswordBox.open(altered, passphrase: words)
            }
        }
        #expect(throws: SodiumError.self) {
            _ = try PasswordBox.open(Array(box.prefix(72)), passphrase: words)
        }
    }

    /// Passes and KiB that a hostile or useless file may ask for.
    @Test(
        arguments: [
            (0, 65_536), (11, 65_536), (3, 8_191), (3, 1_048_577), (UInt32.max, UInt32.max),
        ] as [(UInt32, UInt32)])
    func aFileCannotChooseItsOwnWork(passes: UInt32, memoryKiB: UInt32) throws {
        let seed = try SecretBytes(random: 32)
        let words = try Self.passphrase("x")
        var box = try PasswordBox.seal(seed, passphrase: words, cost: Self.light())
        for place in 0..<4 {
            box[8 + place] = UInt8(truncatingIfNeeded: passes >> UInt32(24 - 8 * place))
            box[12 + place] = UInt8(truncatingIfNeeded: memoryKiB >> UInt32(24 - 8 * place))
        }
        #expect(throws: SodiumError.unsupportedParameters) {
            _ = try PasswordBox.open(box, passphrase: words)
        }
        #expect(throws: SodiumError.unsupportedParameters) {
            _ = try PasswordBox.Cost(checking: passes, memoryKiB: memoryKiB)
        }
    }

    @Test func anEmptyPassphraseIsRefused() throws {
        let seed = try SecretBytes(random: 32)
        let none = try SecretBytes(count: 0)
        #expect(throws: SodiumError.self) {
            _ = try PasswordBox.seal(seed, passphrase: none, cost: Self.light())
        }
    }

    @Test func theDefaultIsModerate() {
        #expect(PasswordBox.Cost.moderate.passes == 3)
        #expect(PasswordBox.Cost.moderate.memoryKiB == 262_144)
    }
}
