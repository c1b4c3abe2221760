import NIOCore
import Testing

@testable import TLS

@Suite struct ReadRoomTests {
    @Test func aReadIsSmallUntilOneIsFullAndThenTakesAWholeTip() {
        var room = ReadRoom()
        let small = room.bytes
        let large = 32 * 1024
        let reads: [(bytes: Int, next: Int)] = [
            (small - 1, small), (small, large), (large, large), (600, small),
        ]
        for read in reads {
            let before = room.bytes
            let mayGrow = room.record(actualReadBytes: read.bytes)
            #expect(room.nextBufferSize() == read.next)
            #expect(mayGrow == (read.next > before))
            #expect(room.buffer(allocator: ByteBufferAllocator()).capacity >= read.next)
        }
    }
}
