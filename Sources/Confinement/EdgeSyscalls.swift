internal import CConfinement
internal import Glibc

extension SyscallFilter {
    /// What an edge may ask of the kernel: to work on the descriptors it holds, on its memory, its
    /// threads and clocks.
    ///
    /// - Parameter process: the edge's own process number: it may signal nobody else.
    static func edge(process: pid_t) -> SyscallFilter {
        let own = UInt32(bitPattern: process)
        return SyscallFilter(
            rules: allowed.map { Rule($0, .allow) } + filtered(own: own)
                + refused.map { Rule($0.call, .error($0.code)) })
    }

    private static let allowed: [CInt] =
        onDescriptors + onMemory + onThreadsAndSignals + clocksAndFacts + olderAllowed

    private static let onDescriptors: [CInt] = [
        SYS_read, SYS_readv, SYS_pread64, SYS_write, SYS_writev,
        SYS_recvfrom, SYS_recvmsg, SYS_sendto, SYS_sendmsg, SYS_shutdown, SYS_close,
        SYS_listen, SYS_getsockopt, SYS_setsockopt, SYS_getsockname,
        SYS_epoll_create1, SYS_epoll_ctl, SYS_epoll_pwait, SYS_epoll_pwait2, SYS_ppoll,
        SYS_eventfd2, SYS_timerfd_create, SYS_timerfd_settime, SYS_signalfd4, SYS_pipe2,
        SYS_dup, SYS_fstat, SYS_lseek,
    ]

    private static let onMemory: [CInt] = [
        SYS_munmap, SYS_mremap, SYS_madvise, SYS_brk, SYS_mlock, SYS_munlock,
    ]

    private static let onThreadsAndSignals: [CInt] = [
        SYS_futex, SYS_set_robust_list, SYS_rseq, SYS_exit, SYS_exit_group, SYS_sched_yield,
        SYS_sched_getaffinity, SYS_rt_sigaction, SYS_rt_sigprocmask, SYS_rt_sigreturn,
        SYS_rt_sigtimedwait, SYS_sigaltstack, SYS_restart_syscall, SYS_getpid, SYS_getppid,
        SYS_gettid,
    ]

    private static let clocksAndFacts: [CInt] = [
        SYS_clock_gettime, SYS_clock_getres, SYS_gettimeofday, SYS_nanosleep,
        SYS_clock_nanosleep, SYS_getrandom, SYS_getrusage, SYS_uname, SYS_sysinfo,
        SYS_getuid, SYS_geteuid, SYS_getgid, SYS_getegid,
    ]

    /// Calls that are safe with some arguments only.
    private static func filtered(own: UInt32) -> [Rule] {
        let execute: UInt32 = 4
        let thread: UInt32 = 0x0001_0000
        let emptyPath: UInt32 = 0x1000
        let descriptorCommands: [UInt32] = [1, 2, 3, 4, UInt32(F_DUPFD_CLOEXEC)]
        let names: [UInt32] = [UInt32(PR_SET_NAME), UInt32(PR_GET_NAME)]
        return [
            // Nobody learns who reported: a connection is accepted without room for its peer's
            // address.
            Rule(SYS_accept4, .allow, if: .isNull(argument: 1), else: .kill),
            Rule(SYS_mmap, .allow, if: .lacks(argument: 2, bits: execute), else: .kill),
            Rule(SYS_mprotect, .allow, if: .lacks(argument: 2, bits: execute), else: .kill),
            Rule(SYS_clone, .allow, if: .has(argument: 0, bits: thread), else: .kill),
            // Its flags lie in memory, out of a filter's sight; without it the C library uses
            // clone.
            Rule(SYS_clone3, .error(ENOSYS)),
            Rule(SYS_tgkill, .allow, if: .isOne(argument: 0, of: [own]), else: .kill),
            Rule(
                SYS_fcntl, .allow, if: .isOne(argument: 1, of: descriptorCommands),
                else: .error(EPERM)),
            Rule(SYS_prctl, .allow, if: .isOne(argument: 0, of: names), else: .error(EPERM)),
            // Reading a limit passes no new one.
            Rule(SYS_prlimit64, .allow, if: .isNull(argument: 2), else: .error(EPERM)),
            // The C library's fstat before 2.39.
            Rule(
                SYS_newfstatat, .allow, if: .has(argument: 3, bits: emptyPath),
                else: .error(EACCES)),
        ]
    }

    /// Calls that libraries make without need, and that they survive when told no: a kill would end
    /// a healthy edge.
    private static let refused: [(call: CInt, code: CInt)] =
        [
            // libdispatch writes to syslog, over a new socket, when this fails.
            (SYS_setpriority, 0),
            // Asked by NIO for every connection, which goes on without an answer.
            (SYS_getpeername, ENOTCONN),
            (SYS_socket, EACCES), (SYS_openat, EACCES), (SYS_openat2, EACCES),
            (SYS_readlinkat, EACCES), (SYS_faccessat, EACCES), (SYS_faccessat2, EACCES),
            (SYS_statx, EACCES), (SYS_statfs, EACCES), (SYS_getcwd, EACCES),
            (SYS_sched_setscheduler, EPERM), (SYS_sched_setaffinity, EPERM),
            (SYS_ioctl, ENOTTY), (SYS_io_uring_setup, ENOSYS), (SYS_memfd_create, EPERM),
        ] + olderRefused

    // The calls of x86_64 that arm64 never had.
    #if arch(x86_64)
    private static let olderAllowed: [CInt] = [SYS_epoll_wait, SYS_epoll_create, SYS_poll]
    private static let olderRefused: [(call: CInt, code: CInt)] = [
        (SYS_open, EACCES), (SYS_stat, EACCES), (SYS_lstat, EACCES), (SYS_access, EACCES),
        (SYS_readlink, EACCES),
    ]
    #else
    private static let olderAllowed: [CInt] = []
    private static let olderRefused: [(call: CInt, code: CInt)] = []
    #endif
}

extension SyscallFilter.Rule {
    fileprivate init(
        _ call: CInt, _ answer: SyscallFilter.Answer,
        if condition: SyscallFilter.Condition = .always,
        else otherwise: SyscallFilter.Answer = .kill
    ) {
        self.init(
            call: Int(call), condition: condition, answer: answer, otherwise: otherwise)
    }
}
