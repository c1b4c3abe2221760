import Notes
import Sodium
import Testing

@testable import Vault

/// Leave to read bodies: nobody's is another's, and nobody shuts another out.
@Suite struct GrantsTests {
    private static func member(_ name: String) throws -> BookMember {
        let key = try SigningKey(seed: SecretBytes(copying: [UInt8](repeating: 7, count: 32)))
        return BookMember(
            office: "desk-ar", isDesk: true,
            verifier: try NoteVerifier(name: name, key: key.verifyingKey), pins: [[1]])
    }

    private static func grant(_ member: BookMember, _ number: UInt8 = 0) -> Grant {
        Grant(
            commitment: [UInt8](repeating: number, count: 32), rows: 2, member: member, pin: [1])
    }

    @Test func aGrantIsGoodForAnHourOrUntilItIsEnded() throws {
        let grants = Grants()
        let wanted = Self.grant(try Self.member("gateway.example/desk-ar/one"))
        let handle = grants.give(wanted, now: 100)
        #expect(handle.count == 16)
        #expect(grants.grant(handle, now: 100 + Grants.secondsMax - 1) == wanted)
        #expect(grants.grant(handle, now: 100 + Grants.secondsMax) == nil)
        #expect(grants.grant([UInt8](repeating: 0, count: 16), now: 100) == nil)
        grants.end(handle)
        #expect(grants.grant(handle, now: 100) == nil)
    }

    @Test func oneMoreTakesThePlaceOfTheMembersOldest() throws {
        let grants = Grants()
        let one = try Self.member("gateway.example/desk-ar/one")
        let other = try Self.member("gateway.example/desk-ar/other")
        let others = grants.give(Self.grant(other), now: 1)
        let handles = (0...Grants.ofMemberMax).map { number in
            grants.give(Self.grant(one, UInt8(number)), now: 2)
        }
        #expect(grants.grant(handles[0], now: 2) == nil)
        for (number, handle) in handles.enumerated().dropFirst() {
            #expect(grants.grant(handle, now: 2) == Self.grant(one, UInt8(number)))
        }
        #expect(grants.grant(others, now: 2) == Self.grant(other))
    }
}
