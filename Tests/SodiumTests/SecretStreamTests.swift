import Sodium
import Testing

@Suite struct SecretStreamTests {
    /// A stream of three messages under a fixed key.
    private struct Sample {
        let key: [UInt8]
        let header: [UInt8]
        let plain: [[UInt8]]
        let messages: [[UInt8]]

        init(sizes: [Int] = [SecretStream.messageBytesMax, 1_000, 17]) throws {
            key = Randomness.bytes(32)
            var writer = try SecretStreamWriter(key: SecretBytes(copying: key))
            header = writer.header
            plain = sizes.map(Randomness.bytes)
            var sealed: [[UInt8]] = []
            for (index, part) in plain.enumerated() {
                sealed.append(try writer.push(part, isFinal: index == plain.count - 1))
            }
            messages = sealed
        }

        /// Reads messages to the end; nil unless all open and the last is final.
        func read(_ messages: [[UInt8]], header: [UInt8]? = nil) throws -> [[UInt8]]? {
            var reader = try SecretStreamReader(
                key: SecretBytes(copying: key), header: header ?? self.header)
            var parts: [[UInt8]] = []
            for message in messages {
                guard let part = try? reader.pull(message) else { return nil }
                parts.append(part.plaintext)
            }
            return reader.hasEnded ? parts : nil
        }
    }

    @Test func aStreamReadsBackAsWritten() throws {
        let sample = try Sample()
        #expect(try sample.read(sample.messages) == sample.plain)
        for (message, part) in zip(sample.messages, sample.plain) {
            #expect(message.count == part.count + SecretStream.overheadBytes)
        }
    }

    @Test func anEmptyLastMessageIsAMessage() throws {
        let sample = try Sample(sizes: [3, 0])
        #expect(try sample.read(sample.messages) == sample.plain)
    }

    @Test func reorderedDroppedRepeatedAndCutStreamsAreRefused() throws {
        let sample = try Sample(sizes: [100, 100, 100])
        let (a, b, c) = (sample.messages[0], sample.messages[1], sample.messages[2])
        for wrong in [[b, a, c], [a, c], [b, c], [a, a, b, c], [a, b], [a, b, c, c], [c], []] {
            #expect(try sample.read(wrong) == nil)
        }
        let other = try Sample(sizes: [100, 100, 100])
        #expect(try sample.read([a, other.messages[1], c]) == nil)
        #expect(try sample.read(sample.messages, header: other.header) == nil)
    }

    @Test func everyAlteredByteIsRefused() throws {
        let sample = try Sample(sizes: [40, 40])
        for place in 0..<sample.messages[0].count {
            var altered = sample.messages
            altered[0][place] ^= 0x80
            #expect(try sample.read(altered) == nil, "byte \(place)")
        }
        for place in 0..<sample.header.count {
            var altered = sample.header
            altered[place] ^= 1
            #expect(try sample.read(sample.messages, header: altered) == nil, "byte \(place)")
        }
        var longer = sample.messages
        longer[1].append(0)
        #expect(try sample.read(longer) == nil)
        var shorter = sample.messages
        shorter[1].removeLast()
        #expect(try sample.read(shorter) == nil)
    }

    @Test func nothingFollowsTheEnd() throws {
        var writer = try SecretStreamWriter(key: SecretBytes(random: 32))
        _ = try writer.push([1], isFinal: true)
        #expect(throws: SodiumError.streamEnded) { _ = try writer.push([2], isFinal: true) }
    }

    @Test func aReaderDoesNotGoOnAfterAFailure() throws {
        let sample = try Sample(sizes: [10, 10])
        var reader = try SecretStreamReader(
            key: SecretBytes(copying: sample.key), header: sample.header)
        #expect(throws: SodiumError.cannotOpen) { _ = try reader.pull(sample.messages[1]) }
        #expect(throws: SodiumError.streamEnded) { _ = try reader.pull(sample.messages[0]) }
    }

    @Test func sizesOutsideTheFormatAreRefused() throws {
        var writer = try SecretStreamWriter(key: SecretBytes(random: 32))
        let tooLong = [UInt8](repeating: 0, count: SecretStream.messageBytesMax + 1)
        #expect(throws: SodiumError.self) { _ = try writer.push(tooLong, isFinal: false) }
        let key = try SecretBytes(count: 32)
        #expect(throws: SodiumError.self) {
            _ = try SecretStreamReader(key: key, header: [UInt8](repeating: 0, count: 23))
        }
        let short = try SecretBytes(count: 31)
        #expect(throws: SodiumError.self) { _ = try SecretStreamWriter(key: short) }
        var reader = try SecretStreamReader(key: key, header: [UInt8](repeating: 0, count: 24))
        #expect(throws: SodiumError.self) {
            _ = try reader.pull([UInt8](repeating: 0, count: 16))
        }
    }
}
