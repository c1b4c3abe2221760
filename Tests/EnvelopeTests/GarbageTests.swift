import Sodium
import Testing

@testable import Envelope

/// Whatever comes in is refused or read, and never ends the process: a trap would fail the whole run.
struct GarbageTests {
    /// SplitMix64: the same input in every run of a seed.
    struct Generator: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9e37_79b9_7f4a_7c15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
            return mixed ^ (mixed >> 31)
        }
    }

    /// A good input with a few bytes changed, cut out or repeated.
    static func mutate(_ good: [UInt8], _ generator: inout Generator) -> [UInt8] {
        var bytes = good
        for _ in 0..<Int.random(in: 1...4, using: &generator) where !bytes.isEmpty {
            let place = Int.random(in: 0..<bytes.count, using: &generator)
            switch Int.random(in: 0..<4, using: &generator) {
            case 0: bytes[place] = UInt8.random(in: 0...255, using: &generator)
            case 1: bytes.removeSubrange(place..<min(bytes.count, place + 9))
            case 2: bytes.insert(contentsOf: bytes[place...].prefix(9), at: place)
            default: bytes[place] ^= 1 << UInt8.random(in: 0...7, using: &generator)
            }
        }
        return bytes
    }

    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func documents(_ seed: UInt64) throws {
        var generator = Generator(state: seed)
        let good = try TipDocumentTests.full().encoded()
        var accepted = 0
        for _ in 0..<2_000 {
            let bytes = GarbageTests.mutate(good, &generator)
            guard let document = try? TipDocument(json: bytes) else { continue }
            accepted += 1
            // What is accepted can be written and read again.
            #expect(try TipDocument(json: document.encoded()) == document, "seed \(seed)")
        }
        #expect(accepted < 2_000)
    }

    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func frames(_ seed: UInt64) throws {
        var generator = Generator(state: seed)
        var document = sampleDocument()
        let content = EnvelopeVectorTests.attachment(600)
        document.attachments = [
            .init(name: "a", type: "a/b", size: 600, sha256: SmallHash.sha256(content))
        ]
        let json = try document.encoded()
        let good =
            FrameKind.document.head(UInt32(json.count)) + json
            + FrameKind.attachmentPiece.head(600) + content + FrameKind.attachmentEnd.head(0)
            + [UInt8](repeating: 0, count: 50)
        for _ in 0..<1_000 {
            let bytes = GarbageTests.mutate(good, &generator)
            let step = Int.random(in: 1...700, using: &generator)
            // The division into pieces changes nothing: not the tip, and not the fault.
            let whole = Result { () throws(EnvelopeError) in
                try readFrames(bytes, step: bytes.count + 1).json
            }
            let parts = Result { () throws(EnvelopeError) in
                try readFrames(bytes, step: step).json
            }
            #expect(whole == parts, "seed \(seed)")
        }
    }

    @Test(arguments: [1, 2] as [UInt64])
    func headsLinesAndReceipts(_ seed: UInt64) throws {
        var generator = Generator(state: seed)
        let desk = try makeDesk()
        let line = try desk.line(.envelopeX25519)
        let (wire, _) = try makeEnvelope(sampleDocument(), to: line)
        let digits = Array("089 016 929 016 674 289 475 056 508 511".utf8)
        for _ in 0..<2_000 {
            let head = GarbageTests.mutate(Array(wire[..<160]), &generator)
            if let header = try? EnvelopeHeader(head[...]) {
                #expect(header.outline.bytes == Array(head[..<72]))
            }
            let text = String(
                decoding: GarbageTests.mutate(Array(line.line.utf8), &generator), as: UTF8.self)
            if let read = try? KeyLine(parsing: text) { #expect(read.line == text) }
            _ = try? Receipt(digits: GarbageTests.mutate(digits, &generator))
        }
    }
}
