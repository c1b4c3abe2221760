import Foundation
import Testing

@testable import Sodium

@Suite struct GuardedMemoryTests {
    /// The flags of the mapping that holds an address, from /proc/self/smaps (proc(5), "VmFlags").
    private static func flags(of address: UInt) throws -> Set<String> {
        // A handle, because the file says that it is empty and Foundation's short forms believe it.
        let handle = try #require(FileHandle(forReadingAtPath: "/proc/self/smaps"))
        let text = String(decoding: try #require(try handle.readToEnd()), as: UTF8.self)
        var isInside = false
        for line in text.split(separator: "\n") {
            let first = line.prefix { $0 != " " }
            let ends = first.split(separator: "-").compactMap { UInt($0, radix: 16) }
            if ends.count == 2, !first.hasSuffix(":") {
                isInside = ends[0] <= address && address < ends[1]
            } else if isInside, line.hasPrefix("VmFlags:") {
                return Set(line.dropFirst(8).split(separator: " ").map(String.init))
            }
        }
        return []
    }

    @Test func aSecretIsLockedAndKeptOutOfCoreDumps() throws {
        let secret = try SecretBytes(random: 32)
        let flags = try Self.flags(of: UInt(bitPattern: unsafe secret.base))
        // rd, wr: usable; lo: locked against swap; dd: not in core dumps.
        #expect(flags.isSuperset(of: ["rd", "wr", "lo", "dd"]))
        // An ordinary array is neither: the test can tell the difference.
        let array = [UInt8](repeating: 1, count: 1 << 20)
        let plain = try unsafe array.withUnsafeBufferPointer { buffer in
            try Self.flags(of: UInt(bitPattern: buffer.baseAddress))
        }
        #expect(plain.contains("rd"))
        #expect(!plain.contains("dd"))
        withExtendedLifetime(secret) {}
    }

    @Test func readingBeyondASecretEndsTheProcess() async {
        await #expect(processExitsWith: .failure) {
            let secret = try SecretBytes(count: 16)
            _ = secret.span[16]
        }
    }

    /// A C function that runs over the end meets the guard page.
    @Test func writingBeyondASecretEndsTheProcess() async {
        await #expect(processExitsWith: .failure) {
            let secret = try SecretBytes(count: 16)
            unsafe memset(secret.base, 1, 17)
        }
    }

    @Test func aNegativeCountOfRandomBytesEndsTheProcess() async {
        await #expect(processExitsWith: .failure) {
            _ = Randomness.bytes(-1)
        }
    }
}
