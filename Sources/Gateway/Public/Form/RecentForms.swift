import Crypto
import NIOCore
import NIOPosix
import Synchronization

/// Remembers for some minutes which forms are kept, so that a second tap or a reload stores nothing twice.
///
/// Of a form it holds one hash, under a key that this process drew and that never leaves it; nothing of who sent it, and
/// nothing that brings its text or its receipt back.
final class RecentForms: Sendable {
    /// A form's keyed hash.
    typealias Mark = [UInt8]

    private enum Standing {
        /// Being sent; who came with the same meanwhile waits for what becomes of it.
        case underWay([CheckedContinuation<Void, Never>])
        case kept
    }

    /// Forms that are remembered; while there are as many, further ones are taken without.
    static let formsMax = 4_096
    private let key = SymmetricKey(size: .bits256)
    private let lifetime: TimeAmount
    private let forms = Mutex<[Mark: Standing]>([:])

    /// - Parameter lifetime: how long a form is remembered once it is kept.
    init(lifetime: TimeAmount = .minutes(10)) {
        self.lifetime = lifetime
    }

    /// How many are remembered.
    var count: Int { forms.withLock { $0.count } }

    /// The mark of what somebody sent: the same for the same parts only.
    func mark(of parts: [[UInt8]]) -> Mark {
        var hash = HMAC<SHA256>(key: key)
        for part in parts {
            hash.update(data: (0..<8).map { UInt8(truncatingIfNeeded: part.count >> (8 * $0)) })
            hash.update(data: part)
        }
        return Array(hash.finalize())
    }

    /// Whether it may be sent now: false if the same was kept lately.
    ///
    /// Waits while the same is being sent. Whoever is told true has to call `end`.
    func begin(_ mark: Mark) async -> Bool {
        while true {
            let standing = forms.withLock { forms -> Standing? in
                let standing = forms[mark]
                if standing == nil, forms.count < Self.formsMax { forms[mark] = .underWay([]) }
                return standing
            }
            switch standing {
            case nil: return true
            case .kept?: return false
            case .underWay?: await next(mark)
            }
        }
    }

    /// Says what became of it.
    func end(_ mark: Mark, isKept: Bool) {
        let waiting = forms.withLock { forms -> [CheckedContinuation<Void, Never>] in
            guard case .underWay(let waiting)? = forms[mark] else { return [] }
            forms[mark] = isKept ? .kept : nil
            return waiting
        }
        for continuation in waiting { continuation.resume() }
        guard isKept else { return }
        MultiThreadedEventLoopGroup.singleton.next().scheduleTask(in: lifetime) { [weak self] in
            _ = self?.forms.withLock { $0.removeValue(forKey: mark) }
        }
    }

    private func next(_ mark: Mark) async {
        await withCheckedContinuation { continuation in
            let isWaiting = forms.withLock { forms in
                guard case .underWay(let waiting)? = forms[mark] else { return false }
                forms[mark] = .underWay(waiting + [continuation])
                return true
            }
            if !isWaiting { continuation.resume() }
        }
    }
}
