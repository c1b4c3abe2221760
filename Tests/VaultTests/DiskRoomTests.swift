import Testing

@testable import Vault

/// What counts as room on the disk.
@Suite struct DiskRoomTests {
    private static let least = DiskRoom.outsideBytesMin

    @Test func roomInsideTheFileCountsBesideRoomOnTheDisk() {
        let wanted = 4 * Self.least
        #expect(DiskRoom.isThere(wanted, besideTick: 0, outside: wanted, inside: 0))
        #expect(!DiskRoom.isThere(wanted, besideTick: 0, outside: wanted - 1, inside: 0))
        #expect(
            DiskRoom.isThere(wanted, besideTick: 0, outside: Self.least, inside: 3 * Self.least))
        #expect(
            !DiskRoom.isThere(
                wanted, besideTick: 0, outside: Self.least, inside: 3 * Self.least - 1))
    }

    @Test func theWriteAheadLogNeedsRoomOnTheDiskItself() {
        #expect(
            !DiskRoom.isThere(
                4 * Self.least, besideTick: 0, outside: Self.least - 1, inside: 9 * Self.least))
        #expect(DiskRoom.isThere(Self.least / 2, besideTick: 0, outside: Self.least / 2, inside: 0))
    }

    @Test func whatTheNextTickWritesIsNotFree() {
        let wanted = 2 * Self.least
        let tick = 5 * Self.least
        func isThere(outside: UInt64, inside: UInt64) -> Bool {
            DiskRoom.isThere(wanted, besideTick: tick, outside: outside, inside: inside)
        }
        #expect(isThere(outside: wanted + tick, inside: 0))
        #expect(!isThere(outside: wanted + tick - 1, inside: 0))
        #expect(isThere(outside: Self.least + tick, inside: Self.least))
        #expect(!isThere(outside: Self.least + tick - 1, inside: 9 * Self.least))
    }
}
