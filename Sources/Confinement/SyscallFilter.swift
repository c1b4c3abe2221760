internal import CConfinement
internal import Glibc

/// A seccomp filter as a table: what the kernel answers to each system call, in the order in which
/// it looks.
///
/// See Documentation/userspace-api/seccomp_filter.rst. Whatever the table does not list ends the
/// process.
struct SyscallFilter {
    /// What the kernel does with a call.
    enum Answer: Equatable {
        /// Carries it out.
        case allow
        /// Returns this error without carrying it out; 0 pretends success.
        case error(CInt)
        /// Ends the whole process with SIGSYS.
        case kill
    }

    /// What an argument must be.
    ///
    /// Only the lower 32 bits of a pointer-sized argument are compared, except by `isNull`.
    enum Condition: Equatable {
        case always
        case lacks(argument: Int, bits: UInt32)
        case has(argument: Int, bits: UInt32)
        case isOne(argument: Int, of: [UInt32])
        case isNull(argument: Int)
    }

    /// One line of the table.
    struct Rule: Equatable {
        var call: Int
        var condition: Condition
        var answer: Answer
        var otherwise: Answer
    }

    var rules: [Rule]

    /// Puts the filter in force for every thread of the process; it can never be lifted.
    ///
    /// - Throws: `missing` if the kernel has no seccomp filters.
    func install() throws(ConfinementError) {
        let setFilter: UInt32 = 1
        let everyThread: UInt32 = 1
        var instructions = program()
        let count = UInt16(instructions.count)
        let result = unsafe instructions.withUnsafeMutableBufferPointer { buffer in
            var program = unsafe sock_fprog(len: count, filter: buffer.baseAddress)
            return unsafe cconfinement_seccomp(setFilter, everyThread, &program)
        }
        guard result == 0 else { throw .missing(mechanism: "seccomp", code: errno) }
    }

    /// The table as the kernel's instructions.
    func program() -> [sock_filter] {
        var code: [sock_filter] = [
            .load(offset: 4),
            .jump(.equal, Self.architecture, ifTrue: 1, ifFalse: 0),
            .answer(.kill),
            .load(offset: 0),
        ]
        for rule in rules {
            let block = Self.block(rule)
            code.append(.jump(.equal, UInt32(rule.call), ifTrue: 0, ifFalse: UInt8(block.count)))
            code += block
        }
        code.append(.answer(.kill))
        return code
    }

    private static func block(_ rule: Rule) -> [sock_filter] {
        let ends: [sock_filter] = [.answer(rule.answer), .answer(rule.otherwise)]
        switch rule.condition {
        case .always:
            return [.answer(rule.answer)]
        case .lacks(let argument, let bits):
            return [
                .loadArgument(argument), .jump(.anyBit, bits, ifTrue: 1, ifFalse: 0),
            ] + ends
        case .has(let argument, let bits):
            return [
                .loadArgument(argument), .and(bits), .jump(.equal, bits, ifTrue: 0, ifFalse: 1),
            ] + ends
        case .isNull(let argument):
            return [
                .loadArgument(argument), .jump(.equal, 0, ifTrue: 0, ifFalse: 3),
                .loadArgument(argument, upperHalf: true),
                .jump(.equal, 0, ifTrue: 0, ifFalse: 1),
            ] + ends
        case .isOne(let argument, let values):
            var code: [sock_filter] = [.loadArgument(argument)]
            for (index, value) in values.enumerated() {
                let rest = UInt8(values.count - index)
                let isLast = rest == 1
                code.append(
                    .jump(.equal, value, ifTrue: rest - 1, ifFalse: isLast ? 1 : 0))
            }
            return code + ends
        }
    }

    #if arch(x86_64)
    private static let architecture: UInt32 = 0xC000_003E
    #elseif arch(arm64)
    private static let architecture: UInt32 = 0xC000_00B7
    #else
    #error("The table of system calls is written for x86_64 and arm64 only")
    #endif
}

/// The classic BPF instructions that the table needs (include/uapi/linux/bpf_common.h).
extension sock_filter {
    fileprivate enum Comparison: UInt16 {
        case equal = 0x15
        case anyBit = 0x45
    }

    fileprivate static func load(offset: UInt32) -> sock_filter {
        sock_filter(code: 0x20, jt: 0, jf: 0, k: offset)
    }

    /// An argument of `struct seccomp_data`: six of 8 bytes each, after number, architecture and
    /// instruction pointer.
    fileprivate static func loadArgument(_ index: Int, upperHalf: Bool = false) -> sock_filter {
        .load(offset: UInt32(16 + 8 * index + (upperHalf ? 4 : 0)))
    }

    fileprivate static func and(_ bits: UInt32) -> sock_filter {
        sock_filter(code: 0x54, jt: 0, jf: 0, k: bits)
    }

    fileprivate static func jump(
        _ comparison: Comparison, _ value: UInt32, ifTrue: UInt8, ifFalse: UInt8
    ) -> sock_filter {
        sock_filter(code: comparison.rawValue, jt: ifTrue, jf: ifFalse, k: value)
    }

    fileprivate static func answer(_ answer: SyscallFilter.Answer) -> sock_filter {
        let value: UInt32 =
            switch answer {
            case .allow: 0x7FFF_0000
            case .error(let code): 0x0005_0000 | UInt32(code)
            case .kill: 0x8000_0000
            }
        return sock_filter(code: 0x06, jt: 0, jf: 0, k: value)
    }
}
