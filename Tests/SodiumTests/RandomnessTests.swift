import Sodium
import TestSupport
import Testing

@Suite struct RandomnessTests {
    @Test func bytesAreAsManyAsAskedForAndDiffer() {
        #expect(Randomness.bytes(0).isEmpty)
        let a = Randomness.bytes(32)
        #expect(a.count == 32)
        #expect(a != Randomness.bytes(32))
    }

    /// FIPS 180-4's examples.
    @Test func digestsAreThePublishedOnes() {
        #expect(
            SmallHash.sha256(Array("abc".utf8))
                == hex("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"))
        #expect(
            SmallHash.sha256([])
                == hex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"))
    }
}
