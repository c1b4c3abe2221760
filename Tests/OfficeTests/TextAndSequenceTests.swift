import Confinement
import Foundation
import Office
import Testing

@Suite struct TerminalTextTests {
    @Test(arguments: [
        ("\u{1B}[2J\u{1B}]0;x\u{7}", "\u{FFFD}[2J\u{FFFD}]0;x\u{FFFD}"),
        ("a\u{202E}gpj.exe", "a\u{FFFD}gpj.exe"), ("a\nb", "a\u{FFFD}b"),
        ("\u{9B}31m", "\u{FFFD}31m"), ("x\u{2066}y\u{2069}", "x\u{FFFD}y\u{FFFD}"),
        ("\u{200B}\u{FEFF}\u{E0041}", "\u{FFFD}\u{FFFD}\u{FFFD}"),
        ("niño, criança, 子", "niño, criança, 子"),
    ])
    func aLineIsFiltered(text: String, shown: String) {
        #expect(TerminalText.line(text) == shown)
    }

    @Test func aBlockKeepsItsBreaksAndNothingElse() {
        #expect(TerminalText.block("a\n\tb\r\u{1B}") == "a\n\tb\u{FFFD}\u{FFFD}")
    }
}

@Suite struct SafeNameTests {
    @Test(arguments: [
        ("photo.JPG", "attachment-1.jpg"), ("../../etc/passwd", "attachment-1.bin"),
        ("a.exe", "attachment-1.bin"), ("a.jpg.lnk", "attachment-1.bin"),
        ("x.\u{202E}gpj", "attachment-1.bin"), ("noextension", "attachment-1.bin"),
        (".bashrc", "attachment-1.bashrc"), ("a.html", "attachment-1.bin"),
        ("a.svg", "attachment-1.bin"), ("a.verylongextension", "attachment-1.bin"),
        ("a.", "attachment-1.bin"), ("a.p/g", "attachment-1.bin"), ("a.pñg", "attachment-1.bin"),
        ("v.mp4", "attachment-1.mp4"), ("a.J\u{0}G", "attachment-1.bin"),
    ])
    func theSendersNameIsNeverUsed(name: String, safe: String) {
        #expect(SafeName.attachment(1, originalName: name) == safe)
    }
}

@Suite struct SequenceTests {
    @Test func numbersRunFromOne() throws {
        var sequence = NumberSequence()
        for (number, thing) in [(1, "a"), (2, "b"), (3, "c")] as [(UInt64, String)] {
            #expect(try !sequence.check(number, is: thing, name: "x"))
            sequence.note(number, is: thing)
        }
        #expect(sequence.highest == 3)
        #expect(try sequence.check(2, is: "b", name: "x"), "the same again is harmless")
        sequence.note(1, is: "a")
        #expect(sequence.seen == ["a", "b", "c"])
    }

    @Test func gapAndRepeatAreNamed() throws {
        var sequence = NumberSequence()
        sequence.note(1, is: "a")
        #expect(throws: SequenceProblem.gap(name: "x", expected: 2, actual: 4)) {
            try sequence.check(4, is: "d", name: "x")
        }
        #expect(throws: SequenceProblem.repeated(name: "x", number: 1, earlier: "a")) {
            try sequence.check(1, is: "b", name: "x")
        }
        #expect(throws: SequenceProblem.gap(name: "x", expected: 1, actual: 0)) {
            try sequence.check(0, is: "z", name: "x")
        }
        let gap = SequenceProblem.gap(name: "x", expected: 2, actual: 4)
        #expect(gap.sentence.contains("GAP in x") && gap.sentence.contains("2 missing"))
        #expect(gap.exit.rawValue == 65)
    }

    @Test func afterABridgedGapTheMissingOneMayStillCome() throws {
        var sequence = NumberSequence()
        sequence.note(3, is: "c")
        #expect(try !sequence.check(2, is: "late", name: "x"))
        #expect(try !sequence.check(4, is: "d", name: "x"))
    }

    @Test func aHostileNumberFillsNoMemory() {
        var sequence = NumberSequence()
        sequence.note(.max, is: "huge")
        #expect(sequence.highest == 0)
    }
}

@Suite struct DeskNumberingTests {
    private func listed(_ names: [String]) throws -> DeskNumbering {
        var numbering = DeskNumbering()
        for name in names { try numbering.list(name, name: "list") }
        return numbering
    }

    @Test func tipsMayBeOpenedInAnyOrder() throws {
        let numbering = try listed(["a", "b", "c"])
        for (number, tip) in [(3, "c"), (1, "a"), (2, "b")] as [(UInt64, String)] {
            try numbering.check(number, of: tip, name: "x")
        }
    }

    @Test func aWithheldTipIsAGapAndABridgedOneCounts() throws {
        var numbering = try listed(["a", "c", "d"])
        #expect(throws: SequenceProblem.gap(name: "x", expected: 2, actual: 3)) {
            try numbering.check(3, of: "c", name: "x")
        }
        try numbering.bridge(3, of: "c", name: "x")
        try numbering.check(3, of: "c", name: "x")
        try numbering.check(4, of: "d", name: "x")
        try numbering.check(1, of: "a", name: "x")
        #expect(numbering.highest == 4)
    }

    /// A number that counts as missing without bound would make a later sum overflow, and the program end at each start.
    @Test(arguments: [.max, 1 << 53, 10_002] as [UInt64])
    func aGapThatIsTooWideIsNotBridged(number: UInt64) throws {
        var numbering = try listed(["a", "b"])
        let before = numbering
        #expect(throws: SequenceProblem.gap(name: "x", expected: 1, actual: number)) {
            try numbering.bridge(number, of: "a", name: "x")
        }
        #expect(numbering == before)
        try numbering.check(2, of: "b", name: "x")
        try numbering.bridge(10_000, of: "a", name: "x")
        #expect(numbering.highest == 10_001)
    }

    @Test func aFileInWhichTooManyAreMissingIsRefused() throws {
        let file = #"{"gaps":[{"missing":18446744073709551614,"place":1}],"listed":["a"]}"#
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode(DeskNumbering.self, from: Data(file.utf8))
        }
    }

    /// With a search for each of them, this would be five thousand million comparisons.
    @Test func aFloodOfTipsIsListedKeptAndRead() throws {
        let names = (0..<100_000).map { "tip \($0)" }
        let numbering = try listed(names)
        #expect(numbering.highest == 100_000)
        var read = try JSONDecoder().decode(
            DeskNumbering.self, from: JSONEncoder().encode(numbering))
        #expect(read == numbering)
        for number in stride(from: UInt64(1), through: 100_000, by: 7) {
            try read.check(number, of: "tip \(number - 1)", name: "x")
        }
        try read.list("one more", name: "list")
        #expect(throws: SequenceProblem.repeated(name: "list", number: 1, earlier: "tip 0")) {
            try read.list("tip 0", name: "list")
        }
    }

    @Test func aNumberGivenTwiceIsARepeat() throws {
        let numbering = try listed(["a", "b", "b2"])
        #expect(throws: SequenceProblem.repeated(name: "x", number: 2, earlier: "b")) {
            try numbering.check(2, of: "b2", name: "x")
        }
        #expect(throws: SequenceProblem.repeated(name: "list", number: 1, earlier: "a")) {
            _ = try listed(["a", "a"])
        }
    }
}

@Suite struct DurableFileTests {
    @Test func createKeepsWhatIsThereAndReplaceDoesNot() throws {
        let folder = Scratch.make()
        defer { Scratch.remove(folder) }
        try DurableFile.create("\(folder)/a", [1])
        #expect(throws: FileError.exists(path: "\(folder)/a")) {
            try DurableFile.create("\(folder)/a", [2])
        }
        #expect(Scratch.bytes("\(folder)/a") == [1])
        try DurableFile.replace("\(folder)/a", [3])
        #expect(Scratch.bytes("\(folder)/a") == [3])
        #expect(Scratch.names(folder) == ["a"])
    }

    @Test func aDroppedWriterLeavesNothing() throws {
        let folder = Scratch.make()
        defer { Scratch.remove(folder) }
        do {
            var writer = try DurableFileWriter(for: "\(folder)/a")
            try writer.write([1, 2, 3])
        }
        #expect(Scratch.names(folder).isEmpty)
    }

    @Test func linksAreNotFollowedAndLongFilesNotRead() throws {
        let folder = Scratch.make()
        defer { Scratch.remove(folder) }
        try DurableFile.create("\(folder)/a", [UInt8](repeating: 7, count: 100))
        #expect(throws: FileError.tooLarge(path: "\(folder)/a", limit: 99)) {
            try DurableFile.read("\(folder)/a", limit: 99)
        }
        #expect(try DurableFile.read("\(folder)/a", limit: 100).count == 100)
        #expect(throws: FileError.missing(path: "\(folder)/none")) {
            try DurableFile.read("\(folder)/none", limit: 1)
        }
    }
}
