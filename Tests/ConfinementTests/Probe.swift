import Confinement
import Glibc

/// Runs `ConfinementProbe`, which lies beside the tests' own executable.
enum Probe {
    struct Outcome {
        var lines: [String]
        var end: ChildProcess.End

        /// What follows a word at the start of a line.
        func value(_ name: String) -> String? {
            lines.first { $0.hasPrefix(name + " ") || $0.hasPrefix(name + ":") }.map {
                String($0.dropFirst(name.count + 1))
            }
        }
    }

    static func run(
        _ arguments: [String], environment: [String] = [], descriptors: [CInt: CInt] = [:],
        through shell: String? = nil
    ) throws -> Outcome {
        let pair = try SocketPair()
        var inherited = descriptors
        inherited[3] = pair.far.number
        let child = try ChildProcess.spawn(
            executable: shell == nil ? path : "/bin/sh",
            arguments: shell.map { ["sh", "-c", "\($0); exec \"$0\" \"$@\"", path] + arguments }
                ?? ["probe"] + arguments,
            environment: environment, descriptors: inherited)
        close((consume pair.far).release())
        let text = String(decoding: readToEnd((consume pair.near)), as: UTF8.self)
        return Outcome(
            lines: text.split(separator: "\n").map(String.init), end: try child.wait())
    }

    static let path: String = {
        var name = [CChar](repeating: 0, count: 4_096)
        let count = unsafe max(readlink("/proc/self/exe", &name, name.count), 0)
        let own = String(decoding: name[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
        return own.split(separator: "/").dropLast().map { "/" + $0 }.joined()
            + "/ConfinementProbe"
    }()

    static func readToEnd(_ descriptor: consuming Descriptor) -> [UInt8] {
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 4_096)
        while true {
            let count = unsafe read(descriptor.number, &piece, piece.count)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return bytes }
            bytes += piece[..<count]
        }
    }
}
