/// Reads `multipart/form-data` (RFC 7578) as it arrives: fed in arbitrary pieces, it returns what each piece completes
/// and keeps no more than one field's value or one delimiter's length of a file.
struct MultipartForm {
    private enum State {
        case preamble, headers, field(String), file, done
    }

    private let delimiter: [UInt8]
    private var state = State.preamble
    private var pending: [UInt8]
    private var parts = 0
    /// What is wrong behind everything that was returned.
    private var fault: FormError?

    /// - Parameter contentType: the request's whole Content-Type value.
    /// - Throws: `FormError.malformed` without a valid boundary.
    init(contentType: String) throws(FormError) {
        guard let boundary = Self.parameter("boundary", of: Array(contentType.utf8)),
            (1...FormLimits.boundaryBytesMax).contains(boundary.count),
            boundary.allSatisfy({ (0x21...0x7E).contains($0) })
        else { throw .malformed }
        delimiter = Array("\r\n--".utf8) + boundary
        // The first delimiter has no line before it: with one put in front, all delimiters are alike.
        pending = Array("\r\n".utf8)
    }

    /// What is kept of the form, in bytes.
    var heldBytes: Int { pending.count }

    /// Takes more bytes.
    ///
    /// What is complete before a fault is returned, and the fault thrown by the next call: the text that a person typed
    /// before it must not be lost because both came in one piece.
    mutating func feed(_ bytes: some Collection<UInt8>) throws(FormError) -> [FormEvent] {
        if let fault { throw fault }
        pending.append(contentsOf: bytes)
        var events: [FormEvent] = []
        do throws(FormError) {
            while try step(&events) {}
        } catch {
            guard !events.isEmpty else { throw error }
            fault = error
        }
        return events
    }

    /// Says that the body has ended.
    func finish() throws(FormError) {
        if let fault { throw fault }
        guard case .done = state else { throw .malformed }
    }

    /// Goes one state further if the pending bytes allow it.
    private mutating func step(_ events: inout [FormEvent]) throws(FormError) -> Bool {
        switch state {
        case .preamble:
            guard let start = pending.firstOccurrence(of: delimiter) else {
                guard pending.count <= FormLimits.partHeaderBytesMax else { throw .malformed }
                return false
            }
            return try afterDelimiter(start.upperBound)
        case .headers: return try readHeaders(&events)
        case .field(let name): return try readField(name, &events)
        case .file: return try readFile(&events)
        case .done:
            pending = []
            return false
        }
    }

    /// Behind a delimiter stands either a line end, and then a part, or `--`, and then nothing that matters.
    private mutating func afterDelimiter(_ end: Int) throws(FormError) -> Bool {
        guard pending.count >= end + 2 else { return false }
        let next = Array(pending[end..<end + 2])
        pending.removeFirst(end + 2)
        switch next {
        case Array("\r\n".utf8):
            parts += 1
            guard parts <= FormLimits.partsMax else { throw .tooLarge }
            state = .headers
        case Array("--".utf8): state = .done
        default: throw .malformed
        }
        return true
    }

    private mutating func readHeaders(_ events: inout [FormEvent]) throws(FormError) -> Bool {
        guard let end = pending.firstOccurrence(of: Array("\r\n\r\n".utf8)) else {
            guard pending.count <= FormLimits.partHeaderBytesMax else { throw .tooLarge }
            return false
        }
        guard end.lowerBound <= FormLimits.partHeaderBytesMax else { throw .tooLarge }
        let part = try PartHeader(Array(pending[..<end.lowerBound]))
        pending.removeFirst(end.upperBound)
        guard let file = part.fileName else {
            state = .field(part.name)
            return true
        }
        events.append(.fileBegan(name: file, type: part.type))
        state = .file
        return true
    }

    private mutating func readField(
        _ name: String, _ events: inout [FormEvent]
    ) throws(FormError) -> Bool {
        guard let end = pending.firstOccurrence(of: delimiter) else {
            guard pending.count <= FormLimits.valueBytesMax + delimiter.count else {
                throw .tooLarge
            }
            return false
        }
        guard end.lowerBound <= FormLimits.valueBytesMax else { throw .tooLarge }
        guard pending.count >= end.upperBound + 2 else { return false }
        events.append(.field(name: name, value: Array(pending[..<end.lowerBound])))
        return try afterDelimiter(end.upperBound)
    }

    private mutating func readFile(_ events: inout [FormEvent]) throws(FormError) -> Bool {
        guard let end = pending.firstOccurrence(of: delimiter) else {
            let certain = pending.count - delimiter.count - 2
            guard certain > 0 else { return false }
            events.append(.filePiece(Array(pending[..<certain])))
            pending.removeFirst(certain)
            return false
        }
        guard pending.count >= end.upperBound + 2 else { return false }
        if end.lowerBound > 0 { events.append(.filePiece(Array(pending[..<end.lowerBound]))) }
        events.append(.fileEnded)
        return try afterDelimiter(end.upperBound)
    }

    /// A parameter's value in a header value, quoted or not.
    static func parameter(_ name: String, of value: [UInt8]) -> [UInt8]? {
        var rest = value[...]
        while let semicolon = rest.firstIndex(of: UInt8(ascii: ";")) {
            rest = rest[(semicolon + 1)...].drop(while: { $0 == 0x20 || $0 == 0x09 })
            let key = Array(name.utf8) + [UInt8(ascii: "=")]
            let isWanted = rest.prefix(key.count).map(lowercased) == key
            guard let equals = rest.firstIndex(of: UInt8(ascii: "=")) else { return nil }
            let (found, after) = Self.token(rest[(equals + 1)...])
            if isWanted { return found }
            rest = after
        }
        return nil
    }

    private static func token(_ bytes: ArraySlice<UInt8>) -> ([UInt8], ArraySlice<UInt8>) {
        guard bytes.first == UInt8(ascii: "\"") else {
            let end = bytes.firstIndex(of: UInt8(ascii: ";")) ?? bytes.endIndex
            let trimmed = bytes[..<end].filter { $0 != 0x20 && $0 != 0x09 }
            return (trimmed, bytes[end...])
        }
        let inner = bytes.dropFirst()
        let end = inner.firstIndex(of: UInt8(ascii: "\"")) ?? inner.endIndex
        return (Array(inner[..<end]), inner[end...].dropFirst())
    }

    private static func lowercased(_ byte: UInt8) -> UInt8 {
        (65...90).contains(byte) ? byte + 32 : byte
    }
}

/// The headers of one part: what it is called, and whether it is a file.
private struct PartHeader {
    var name = ""
    var fileName: [UInt8]?
    var type: [UInt8] = Array("application/octet-stream".utf8)

    init(_ bytes: [UInt8]) throws(FormError) {
        var hasName = false
        for line in bytes.split(whereSeparator: { $0 == 0x0D || $0 == 0x0A }) {
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { throw .malformed }
            let key = String(decoding: line[..<colon], as: UTF8.self).lowercased()
            let value = Array(line[(colon + 1)...].drop(while: { $0 == 0x20 }))
            if key == "content-disposition" {
                guard let name = MultipartForm.parameter("name", of: value),
                    name.count <= FormLimits.nameBytesMax
                else { throw .malformed }
                self.name = String(decoding: name, as: UTF8.self)
                hasName = true
                fileName = MultipartForm.parameter("filename", of: value)
            } else if key == "content-type" {
                type = value
            }
        }
        guard hasName, (fileName?.count ?? 0) <= FormLimits.claimBytesMax,
            type.count <= FormLimits.claimBytesMax
        else { throw .malformed }
    }
}

extension [UInt8] {
    /// Where a delimiter stands first.
    ///
    /// Both kinds looked for begin with a carriage return, which is rare in most files, so a scan
    /// for that byte alone goes over nearly all of them.
    fileprivate func firstOccurrence(of delimiter: [UInt8]) -> Range<Int>? {
        var start = startIndex
        while let found = self[start...].firstIndex(of: 0x0D) {
            let end = found + delimiter.count
            guard end <= endIndex else { return nil }
            if self[found..<end].elementsEqual(delimiter) { return found..<end }
            start = found + 1
        }
        return nil
    }
}
