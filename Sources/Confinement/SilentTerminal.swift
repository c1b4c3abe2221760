internal import Glibc

/// The settings that a silent terminal had before, where a signal's handler finds them.
///
/// `nonisolated(unsafe)`, and in no lock: a handler is a C function that captures nothing and must not wait for the thread
/// that it interrupts. They are written before the handlers are set and not while they are; the block is made once and
/// stays, because a handler may read it at any time.
nonisolated(unsafe) private let settingsBefore = UnsafeMutablePointer<termios>.allocate(capacity: 1)

/// The terminal at standard input for as long as it shows nothing of what is typed; there is one at a time.
///
/// A signal that ends the program meanwhile leaves the terminal as it was, and ends it all the same. Ctrl-Z does nothing: a
/// shell that goes on with a stopped program sets the terminal as the shell has it, and what is typed would be seen.
struct SilentTerminal: ~Copyable {
    /// What a person at the terminal, or the system, ends a program with.
    private static let endings = [SIGHUP, SIGINT, SIGQUIT, SIGTERM]

    private var actionsBefore: [(signal: CInt, action: sigaction)] = []

    /// Nil if standard input is no terminal.
    init?() {
        guard unsafe tcgetattr(STDIN_FILENO, settingsBefore) == 0 else { return nil }
        for signal in Self.endings { take(signal, Self.restoring) }
        take(SIGTSTP, Self.ignoring)
        var silent = unsafe settingsBefore.pointee
        silent.c_lflag &= ~tcflag_t(ECHO)
        _ = unsafe tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent)
    }

    private mutating func take(_ signal: CInt, _ action: sigaction) {
        var before = sigaction()
        guard unsafe sigaction(signal, nil, &before) == 0, !Self.isIgnored(before) else { return }
        var action = action
        guard unsafe sigaction(signal, &action, nil) == 0 else { return }
        actionsBefore.append((signal, before))
    }

    deinit {
        _ = unsafe tcsetattr(STDIN_FILENO, TCSAFLUSH, settingsBefore)
        for (signal, action) in actionsBefore {
            var action = action
            _ = unsafe sigaction(signal, &action, nil)
        }
    }

    /// The signal that is raised again waits until the handler is left, and finds the system's own action.
    private static var restoring: sigaction {
        var action = sigaction()
        unsafe action.__sigaction_handler.sa_handler = { signal in
            // Whoever stands in the background would be stopped by it; there the shell has its own settings.
            if tcgetpgrp(STDIN_FILENO) == getpgrp() {
                _ = unsafe tcsetattr(STDIN_FILENO, TCSAFLUSH, settingsBefore)
            }
            _ = raise(signal)
        }
        action.sa_flags = CInt(bitPattern: UInt32(SA_RESETHAND))
        return action
    }

    private static var ignoring: sigaction {
        var action = sigaction()
        unsafe action.__sigaction_handler.sa_handler = SIG_IGN
        return action
    }

    private static func isIgnored(_ action: sigaction) -> Bool {
        unsafe unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
            == unsafeBitCast(SIG_IGN, to: Int.self)
    }
}
