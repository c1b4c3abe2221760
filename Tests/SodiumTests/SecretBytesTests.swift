import Sodium
import Testing

@Suite struct SecretBytesTests {
    @Test func aNewSecretIsZeroAndRandomOnesDiffer() throws {
        let zero = try SecretBytes(count: 32)
        let a = try SecretBytes(random: 32)
        let b = try SecretBytes(random: 32)
        let zeroes = zero.withWorkingCopy { $0 }
        #expect(zeroes == [UInt8](repeating: 0, count: 32))
        let again = try a.copy()
        // A noncopyable value cannot go into the macro, so the answers are taken first.
        let same = [a.isEqual(to: b), a.isEqual(to: zero), a.isEqual(to: again)]
        #expect(same == [false, false, true])
    }

    @Test func partsAreWrittenAndReadWithinBoundsOnly() throws {
        var secret = try SecretBytes(count: 4)
        let two: [UInt8] = [7, 9]
        try secret.write(two.span, at: 2)
        #expect(secret.withWorkingCopy { $0 } == [0, 0, 7, 9])
        var writable = secret.mutableSpan
        writable[0] = 5
        #expect(secret.span[0] == 5)
        #expect(secret.bytes.byteCount == 4)
        let tail = try secret.copy(2..<4)
        #expect(tail.withWorkingCopy { $0 } == two)
        #expect(throws: SodiumError.wrongLength(what: "written part", allowed: 0...1, actual: 2)) {
            try secret.write(two.span, at: 3)
        }
        #expect(throws: SodiumError.self) { try secret.write(two.span, at: -1) }
        #expect(throws: SodiumError.self) { try secret.write(two.span, at: 5) }
        #expect(throws: SodiumError.self) { _ = try secret.copy(2..<5) }
        #expect(secret.withWorkingCopy { $0 } == [5, 0, 7, 9])
    }

    @Test func lengthsDecideEqualityBeforeContent() throws {
        let short = try SecretBytes(count: 3)
        let long = try SecretBytes(count: 4)
        let areEqual = short.isEqual(to: long)
        #expect(!areEqual)
    }

    @Test func anImpossibleSizeIsRefused() {
        #expect(throws: SodiumError.self) { _ = try SecretBytes(count: -1) }
        #expect(throws: SodiumError.self) { _ = try SecretBytes(count: 1 << 40) }
    }

    @Test func bytesAreWipedInPlace() {
        var bytes: [UInt8] = [1, 2, 3]
        LockedMemory.wipe(&bytes)
        #expect(bytes == [0, 0, 0])
    }
}
