import Foundation

/// What a power cut would leave of a ledger's files, told from the calls that wrote them (strace with `-y -xx`).
///
/// It is the worst that a kernel may do: nothing is on the disk that no sync of the file has followed; and what was
/// written before a sync that failed does not get there by a later one, unless it was written again.
struct TracedDisk {
    /// What a trace has to show.
    static let calls = "lseek,write,pwrite64,ftruncate,fsync,fdatasync,unlink"

    /// One call, as far as it is of interest here.
    struct Call {
        let name: String
        let path: String
        let bytes: [UInt8]
        /// The numbers after the path or the bytes.
        let numbers: [Int]
        let result: Int
    }

    fileprivate struct File {
        /// What a process reads.
        var cached: [UInt8] = []
        /// What is on the disk.
        var stored: [UInt8] = []
        /// What was written since the last sync.
        var written: [Range<Int>] = []
        /// The shortest that it was made since the last sync that succeeded.
        var cutAt: Int?
        var position = 0
    }

    private var files: [String: File] = [:]

    /// What a process reads, and what is on the disk.
    func cached(_ path: String) -> [UInt8] { files[path]?.cached ?? [] }
    func stored(_ path: String) -> [UInt8] { files[path]?.stored ?? [] }

    mutating func apply(_ call: Call) {
        guard call.result >= 0 || call.name.hasSuffix("sync") else { return }
        var file = files[call.path] ?? File()
        switch call.name {
        case "lseek": file.position = call.result
        case "write":
            file.write(call.bytes.prefix(call.result), at: file.position)
            file.position += call.result
        case "pwrite64": file.write(call.bytes.prefix(call.result), at: call.numbers[1])
        case "ftruncate": file.cut(at: call.numbers[0])
        case "unlink": file.cut(at: 0)
        case "fsync", "fdatasync": call.result == 0 ? file.sync() : file.lose()
        default: break
        }
        files[call.path] = file
    }
}

extension TracedDisk.File {
    fileprivate mutating func write(_ bytes: ArraySlice<UInt8>, at offset: Int) {
        let end = offset + bytes.count
        if cached.count < end { cached += [UInt8](repeating: 0, count: end - cached.count) }
        cached.replaceSubrange(offset..<end, with: bytes)
        written.append(offset..<end)
    }

    fileprivate mutating func cut(at length: Int) {
        if length < cached.count { cached.removeLast(cached.count - length) }
        cached += [UInt8](repeating: 0, count: length - cached.count)
        cutAt = min(cutAt ?? length, length)
    }

    fileprivate mutating func sync() {
        if let cutAt, cutAt < stored.count { stored.removeLast(stored.count - cutAt) }
        if stored.count > cached.count { stored.removeLast(stored.count - cached.count) }
        stored += [UInt8](repeating: 0, count: cached.count - stored.count)
        for range in written {
            let there = range.clamped(to: 0..<cached.count)
            stored.replaceSubrange(there, with: cached[there])
        }
        (written, cutAt) = ([], nil)
    }

    /// The pages count as clean from now on.
    fileprivate mutating func lose() { written = [] }
}

extension TracedDisk.Call {
    /// The calls of a trace, in the order in which they ended; those that never did are left out.
    static func all(in lines: [String]) -> [TracedDisk.Call] {
        var begun: [Substring: Substring] = [:]
        return lines.compactMap { line in
            guard let space = line.firstIndex(of: " ") else { return nil }
            let thread = line[..<space]
            let text = line[space...].drop { $0 == " " }
            if let end = text.range(of: " <unfinished ...>") {
                begun[thread] = text[..<end.lowerBound]
                return nil
            }
            if text.hasPrefix("<... "), let end = text.range(of: " resumed>") {
                return begun.removeValue(forKey: thread).flatMap {
                    TracedDisk.Call($0 + text[end.upperBound...])
                }
            }
            return TracedDisk.Call(text)
        }
    }

    /// `name(7<path>, "bytes", number, …) = result …`, or `unlink("path") = 0`.
    private init?(_ text: Substring) {
        guard let open = text.firstIndex(of: "("), let equals = text.range(of: "= "),
            let end = text[..<equals.lowerBound].lastIndex(of: ")"),
            let result = Int(text[equals.upperBound...].prefix { $0 == "-" || $0.isNumber })
        else { return nil }
        name = String(text[..<open])
        self.result = result
        let parts = text[text.index(after: open)..<end].split(separator: ", ")
        let strings = parts.compactMap(Self.unescaped)
        guard let first = strings.first else { return nil }
        path = String(decoding: first, as: UTF8.self)
        bytes = strings.dropFirst().first ?? []
        numbers = parts.dropFirst().compactMap { Int($0) }
    }

    /// The bytes between quotes, or between angle brackets: `\x2f\x74…`.
    private static func unescaped(_ part: Substring) -> [UInt8]? {
        let text = Array(part.utf8)
        guard let last = text.last, last == UInt8(ascii: "\"") || last == UInt8(ascii: ">"),
            let first = text.firstIndex(where: {
                $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "<")
            })
        else { return nil }
        return stride(from: first + 1, to: text.count - 1, by: 4).map {
            digit(text[$0 + 2]) << 4 | digit(text[$0 + 3])
        }
    }

    private static func digit(_ character: UInt8) -> UInt8 {
        character <= UInt8(ascii: "9")
            ? character - UInt8(ascii: "0") : character - UInt8(ascii: "a") + 10
    }
}
