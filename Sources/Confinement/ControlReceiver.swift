internal import CConfinement
internal import Glibc

/// What the supervisor tells a child while it runs.
///
/// Whoever receives an event closes its descriptors.
public enum ControlEvent: Sendable, Equatable {
    /// To the vault: the new end towards a public edge that has just been started; the old one is
    /// of no use any more.
    case newPublicPair(CInt)
    /// To the vault: the new end towards a staff edge.
    case newStaffPair(CInt)
    /// To an edge: the new end towards a vault that is just being started. Requests written to it
    /// wait there.
    case newVaultPair(CInt)
    /// To an edge: the certificate's and the key's file, open for reading at their start.
    case newTLSFiles(certificate: CInt, key: CInt)
    /// To the vault: the roster note's and the staff part's file, open for reading at their start.
    case reloadRoster(note: CInt, staff: CInt)
    /// To the vault: the page note's file, open for reading at its start.
    case reloadPage(note: CInt)
    /// To the vault: one of the roster's files could not be opened, so that there is nothing to reload.
    case rosterUnread
    /// To the vault: the page note's file could not be opened.
    case pageUnread
    /// To the vault: certificate or key could not be opened, and the edges go on with those that they have.
    case tlsUnread
    /// To the vault: the edges were given the certificate's and the key's file.
    case tlsRead
    /// The supervisor is gone or broke the rules, and nothing more will come: end.
    case supervisorGone

    /// The byte that names it on the channel.
    var kind: UInt8 {
        switch self {
        case .newPublicPair: UInt8(ascii: "p")
        case .newStaffPair: UInt8(ascii: "s")
        case .newVaultPair: UInt8(ascii: "v")
        case .newTLSFiles: UInt8(ascii: "t")
        case .reloadRoster: UInt8(ascii: "r")
        case .reloadPage: UInt8(ascii: "g")
        case .rosterUnread: UInt8(ascii: "R")
        case .pageUnread: UInt8(ascii: "G")
        case .tlsUnread: UInt8(ascii: "T")
        case .tlsRead: UInt8(ascii: "k")
        case .supervisorGone: UInt8(ascii: "x")
        }
    }

    /// Those that came with it.
    public var descriptors: [CInt] {
        switch self {
        case .newPublicPair(let number), .newStaffPair(let number), .newVaultPair(let number),
            .reloadPage(let number):
            [number]
        case .newTLSFiles(let first, let second), .reloadRoster(let first, let second):
            [first, second]
        case .rosterUnread, .pageUnread, .tlsUnread, .tlsRead, .supervisorGone: []
        }
    }

    /// The event of a message; nil for an unknown kind or a wrong number of descriptors.
    init?(_ message: DescriptorChannel.Message) {
        let numbers = message.descriptors
        switch (message.kind, numbers.count) {
        case (UInt8(ascii: "p"), 1): self = .newPublicPair(numbers[0])
        case (UInt8(ascii: "s"), 1): self = .newStaffPair(numbers[0])
        case (UInt8(ascii: "v"), 1): self = .newVaultPair(numbers[0])
        case (UInt8(ascii: "t"), 2): self = .newTLSFiles(certificate: numbers[0], key: numbers[1])
        case (UInt8(ascii: "r"), 2): self = .reloadRoster(note: numbers[0], staff: numbers[1])
        case (UInt8(ascii: "g"), 1): self = .reloadPage(note: numbers[0])
        case (UInt8(ascii: "R"), 0): self = .rosterUnread
        case (UInt8(ascii: "G"), 0): self = .pageUnread
        case (UInt8(ascii: "T"), 0): self = .tlsUnread
        case (UInt8(ascii: "k"), 0): self = .tlsRead
        default: return nil
        }
    }
}

extension DescriptorChannel {
    /// Tells a child something; the descriptors stay open here.
    public borrowing func send(_ event: ControlEvent) throws(ConfinementError) {
        try send(kind: event.kind, descriptors: event.descriptors)
    }
}

/// A child's ear for its supervisor: one thread that waits for messages and hands each to a
/// closure.
///
/// A thread and not an event source, because it must hear while every event loop is busy, and
/// because a confined edge must not wake libdispatch's pool.
public enum ControlReceiver {
    /// Starts the thread.
    ///
    /// Call it after confinement, which wants a single thread.
    ///
    /// - Parameters:
    ///   - descriptor: the child's end of the control pair, taken over.
    ///   - handler: called on the receiver's thread, in order; after `supervisorGone` never again.
    public static func start(
        descriptor: CInt, handler: @escaping @Sendable (ControlEvent) -> Void
    ) throws(ConfinementError) {
        let job = Job(descriptor: descriptor, handler: handler)
        try withSignalsBlocked { () throws(ConfinementError) in
            var thread = pthread_t()
            let code = unsafe pthread_create(
                &thread, nil,
                { argument in
                    guard let argument = unsafe argument else { return nil }
                    unsafe Unmanaged<Job>.fromOpaque(argument).takeRetainedValue().run()
                    return nil
                }, Unmanaged.passRetained(job).toOpaque())
            guard code == 0 else { throw .system(call: "pthread_create", code: code) }
            pthread_detach(thread)
        }
    }

    /// A thread takes over its maker's mask, and a signal to the process must find the threads that
    /// wait for it.
    private static func withSignalsBlocked(
        _ body: () throws(ConfinementError) -> Void
    ) throws(ConfinementError) {
        var every = sigset_t()
        var before = sigset_t()
        unsafe sigfillset(&every)
        unsafe pthread_sigmask(SIG_SETMASK, &every, &before)
        defer { unsafe pthread_sigmask(SIG_SETMASK, &before, nil) }
        try body()
    }

    private final class Job: Sendable {
        private let channel: DescriptorChannel
        private let handler: @Sendable (ControlEvent) -> Void

        init(descriptor: CInt, handler: @escaping @Sendable (ControlEvent) -> Void) {
            channel = DescriptorChannel(Descriptor(owning: descriptor))
            self.handler = handler
        }

        func run() {
            nameThread("control")
            while let message = try? channel.receive() {
                guard let event = ControlEvent(message) else {
                    for number in message.descriptors { close(number) }
                    break
                }
                handler(event)
            }
            handler(.supervisorGone)
        }
    }
}
