import Notes
import Roster
import Testing

/// A small generator (SplitMix64), so that a failure can be run again from its seed.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}

/// Whatever bytes come, the readers answer, and what they accept they write alike.
@Suite struct MutationTests {
    private static func mutate(_ bytes: [UInt8], _ generator: inout SeededGenerator) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...4, using: &generator) {
            let place = Int.random(in: 0..<max(bytes.count, 1), using: &generator)
            switch Int.random(in: 0..<4, using: &generator) {
            case 0 where !bytes.isEmpty: bytes[place] = UInt8.random(in: 0...255, using: &generator)
            case 1 where !bytes.isEmpty: bytes.remove(at: place)
            case 2: bytes.insert(UInt8(ascii: "\n"), at: min(place, bytes.count))
            default: bytes.insert(contentsOf: bytes.suffix(place % 64), at: min(place, bytes.count))
            }
        }
        return bytes
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func mutatedRostersAreAnswered(seed: UInt64) throws {
        let vectors = try RosterVectors.load()
        let note = Array(vectors.chain[0].note.utf8)
        let staff = Array(vectors.chain[0].staff.utf8)
        let founding = try RosterVerification.first(
            note: Note(parsing: note), staff: staff, at: nil)
        var generator = SeededGenerator(state: seed)
        for _ in 0..<300 {
            let other = Self.mutate(note, &generator)
            if let read = try? Note(parsing: other) {
                #expect(read.encoded == other)
                if let roster = try? Roster(note: read, staff: staff), roster != founding {
                    #expect(throws: RosterError.self) {
                        _ = try RosterVerification.first(note: read, staff: staff, at: nil)
                    }
                }
            }
            let otherStaff = Self.mutate(staff, &generator)
            if otherStaff != staff, let read = try? StaffRoster(parsing: otherStaff) {
                #expect(read.encoded == otherStaff)
                #expect(throws: RosterError.staffPartMismatch) {
                    _ = try Roster(note: Note(parsing: note), staff: otherStaff)
                }
            }
        }
    }

    @Test(arguments: [4, 5, 6] as [UInt64])
    func mutatedJSONIsAnswered(seed: UInt64) throws {
        let document = Array(
            #"{"a":[1,-2,{"b":"\u0007é\n"}],"c":null,"d":true,"€":"\\\"","z":9007199254740991}"#
                .utf8)
        var generator = SeededGenerator(state: seed)
        for _ in 0..<3_000 {
            let other = Self.mutate(document, &generator)
            guard let value = try? CanonicalJSON(parsing: other) else { continue }
            // Whatever was read has one spelling, and that spelling reads as the same value.
            #expect(try CanonicalJSON(parsingCanonical: value.encoded) == value)
        }
    }
}
