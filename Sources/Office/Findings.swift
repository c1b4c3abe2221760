internal import Synchronization

/// What a gateway gave that does not hold and stops nothing: the work goes on, and it is told when the work is done.
public final class Findings: Sendable {
    private let found = Mutex<[CustodyProblem]>([])

    /// Nothing was found yet.
    public init() {}

    /// Each once.
    public var all: [any Explained] { found.withLock { $0 } }

    /// Adds what was found; of all promises that are for a time that is far off, the farthest is told.
    func add(_ problem: CustodyProblem) {
        found.withLock { found in
            guard case .promisedFarAhead(_, let until) = problem else {
                if !found.contains(problem) { found.append(problem) }
                return
            }
            let told = found.firstIndex { if case .promisedFarAhead = $0 { true } else { false } }
            guard let told else { return found.append(problem) }
            guard case .promisedFarAhead(_, let latest) = found[told], latest < until else {
                return
            }
            found[told] = problem
        }
    }
}
