import Testing

@testable import Sodium

@Suite struct GuardedBlocksTests {
    /// A size that no other test uses: blocks are kept for the whole process.
    private static let size = 117

    @Test func aBlockIsWipedBeforeItIsUsedAgain() throws {
        for _ in 0..<100 {
            let secret = try SecretBytes(random: GuardedBlocksTests.size)
            #expect(secret.withWorkingCopy { $0.contains { $0 != 0 } })
            let block = unsafe secret.base
            _ = consume secret
            // The kept block is still mapped, and holds zeros.
            let left = unsafe Array(
                UnsafeRawBufferPointer(start: block, count: GuardedBlocksTests.size))
            #expect(left == [UInt8](repeating: 0, count: GuardedBlocksTests.size))
        }
        #expect(GuardedBlocks.keptBlocks(of: GuardedBlocksTests.size) == 1)
        let next = try SecretBytes(count: GuardedBlocksTests.size)
        #expect(next.withWorkingCopy { $0.allSatisfy { $0 == 0 } })
        #expect(GuardedBlocks.keptBlocks(of: GuardedBlocksTests.size) == 0)
    }

    @Test func onlyAFewSmallBlocksAreKept() throws {
        let size = GuardedBlocksTests.size - 1
        final class Holder {
            let secret: SecretBytes
            init(_ count: Int) throws { secret = try SecretBytes(random: count) }
        }
        var holders = try (0..<20).map { _ in try Holder(size) }
        #expect(Set(holders.map { $0.secret.withWorkingCopy { $0 } }).count == 20)
        holders.removeAll()
        #expect(GuardedBlocks.keptBlocks(of: size) == GuardedBlocks.keptPerSizeMax)
        _ = try Holder(GuardedBlocks.keptBytesMax + 1)
        #expect(GuardedBlocks.keptBlocks(of: GuardedBlocks.keptBytesMax + 1) == 0)
    }

    /// Two owners never get the same block.
    @Test func ownersAtTheSameTimeHaveBlocksOfTheirOwn() async throws {
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for worker in 0..<16 {
                group.addTask {
                    var isFine = true
                    for _ in 0..<500 {
                        var secret = try SecretBytes(count: 115)
                        let own = [UInt8](repeating: UInt8(worker + 1), count: 115)
                        try secret.write(own.span, at: 0)
                        await Task.yield()
                        isFine = secret.withWorkingCopy { $0 == own } && isFine
                    }
                    return isFine
                }
            }
            for try await isFine in group { #expect(isFine) }
        }
    }
}
