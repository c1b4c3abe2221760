/// The log's word that an entry is durable and will be in the tree (formats §6).
public struct PromiseNote: NoteBody {
    /// The gateway's log name.
    public let origin: String
    /// The entry's commitment, 32 bytes.
    public let commitment: [UInt8]
    /// The tick whose checkpoint will hold it.
    public let tick: UInt64

    /// Makes a promise; the commitment has 32 bytes.
    public init(origin: String, commitment: [UInt8], tick: UInt64) {
        self.origin = origin
        self.commitment = commitment
        self.tick = tick
    }

    /// Reads the text of a promise.
    public init(text: [UInt8]) throws(NoteError) {
        var lines = try NoteLines(text, .promise)
        origin = lines.origin
        commitment = try lines.base64("commitment", count: 32)
        tick = try lines.decimal("tick")
        try lines.end()
    }

    /// The text: type, origin, commitment, tick.
    public var text: [UInt8] {
        NoteLines.text(.promise, origin, [Base64.encode(commitment), String(tick)])
    }
}

/// A checkpoint (C2SP tlog-checkpoint): the log's size and root.
///
/// Its second line is a number, so that it cannot be taken for a note of the other types.
public struct Checkpoint: NoteBody {
    /// The log's name, which is also the name of its key.
    public let origin: String
    /// Number of entries.
    public let size: UInt64
    /// Root of the RFC 6962 tree of that size, 32 bytes.
    public let root: [UInt8]
    /// Further lines of other logs; this one writes none.
    public let extensions: [String]

    /// Makes a checkpoint without further lines; the root has 32 bytes.
    public init(origin: String, size: UInt64, root: [UInt8]) {
        self.origin = origin
        self.size = size
        self.root = root
        extensions = []
    }

    /// Reads a checkpoint's text; further lines are taken as they are.
    public init(text: [UInt8]) throws(NoteError) {
        let lines = text.dropLast().split(separator: 0x0a, omittingEmptySubsequences: false)
        guard text.last == 0x0a, lines.count >= 3, lines.allSatisfy({ !$0.isEmpty }) else {
            throw .malformedLine("checkpoint")
        }
        var words: [String] = []
        for line in lines {
            guard let word = String(validating: line, as: UTF8.self) else {
                throw .malformedLine("checkpoint")
            }
            words.append(word)
        }
        guard NoteVerifier.isKeyName(words[0]) else { throw .malformedLine("origin") }
        origin = words[0]
        size = try NoteLines.decimal(lines[1], "size")
        root = try NoteLines.base64(lines[2], "root", count: 32)
        extensions = Array(words.dropFirst(3))
    }

    /// The text: origin, size, root, further lines.
    public var text: [UInt8] {
        let lines = [origin, String(size), Base64.encode(root)] + extensions
        return Array(lines.map { $0 + "\n" }.joined().utf8)
    }
}
