import Notes
import TestSupport
import Testing

@Suite struct FingerprintTests {
    /// FIPS 180-4's example "abc".
    private let hash = hex("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    private let groups =
        "ba78 16bf 8f01 cfea 4141 40de 5dae 2223 b003 61a3 9617 7a9c b410 ff61 f200 15ad"

    @Test func aHashIsSixteenGroupsOfFourDigits() {
        #expect(Fingerprint.text(hash) == groups)
        #expect(Fingerprint.text(of: "abc") == groups)
        #expect(Fingerprint.hexadecimal([0, 10, 255]) == "000aff")
    }

    @Test func groupsAreReadWithOrWithoutTheirSpaces() {
        #expect(Fingerprint.bytes(groups) == hash)
        #expect(Fingerprint.bytes(groups.filter { $0 != " " }) == hash)
    }

    @Test(arguments: ["", "ba78", "ba7g", "ba78 16bf é"])
    func anythingElseIsNone(_ text: String) {
        #expect(Fingerprint.bytes(text) == nil)
        #expect(Fingerprint.bytes(groups + text.prefix(1)) == (text.isEmpty ? hash : nil))
        #expect(Fingerprint.bytes("x" + groups.dropFirst()) == nil)
    }
}
