import Testing

@testable import Vault

/// What counts as room on the disk.
@Suite struct DiskRoomTests {
    private static let least = DiskRoom.outsideBytesMin

    @Test func roomInsideTheFileCountsBesideRoomOnTheDisk() {
        let wanted = 4 * Self.least
        #expect(DiskRoom.isThere(wanted, outside: wanted, inside: 0))
        #expect(!DiskRoom.isThere(wanted, outside: wanted - 1, inside: 0))
        #expect(DiskRoom.isThere(wanted, outside: Self.least, inside: 3 * Self.least))
        #expect(!DiskRoom.isThere(wanted, outside: Self.least, inside: 3 * Self.least - 1))
    }

    @Test func theWriteAheadLogNeedsRoomOnTheDiskItself() {
        #expect(!DiskRoom.isThere(4 * Self.least, outside: Self.least - 1, inside: 9 * Self.least))
        #expect(DiskRoom.isThere(Self.least / 2, outside: Self.least / 2, inside: 0))
    }
}
