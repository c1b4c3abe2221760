import Ledger

/// What becomes of the steps of one group: decided before anything is written, and taken back where that fails.
struct UploadGroup {
    /// Idle uploads that make room.
    private(set) var dropped: [UploadBudget.Dropped] = []
    /// The steps that are done, each with its place in the group.
    private(set) var admitted: [(place: Int, step: UploadStep)] = []
    /// What each of the group's steps is answered once all is durable.
    private(set) var replies: [VaultReply] = []

    /// Admits steps as far as the budget allows, and first makes the room that others have used up.
    ///
    /// Each counts as soon as it is admitted, so that no more is written than the budget allows.
    ///
    /// - Parameters:
    ///   - steps: what was asked for.
    ///   - budget: counts what is admitted.
    ///   - free: bytes that are free beyond the disk's reserve.
    ///   - hasReserve: whether the disk's reserve is free: it stays free of uploads, of which nobody can say yet what lane
    ///     they are for.
    ///   - now: seconds that only pass.
    init(
        _ steps: [UploadStep], budget: inout UploadBudget, free: UInt64, hasReserve: Bool,
        now: UInt64
    ) {
        let senders = Set(
            steps.compactMap { step -> [UInt8]? in
                guard case .row(let id, _, _) = step else { return nil }
                return id
            })
        func hasRoom(
            _ group: inout UploadGroup, for bytes: UInt64, uploads: Int = 0
        ) -> Bool {
            group.dropped += budget.makeRoom(
                for: bytes, uploads: uploads, free: free, sparing: senders,
                atMost: UploadBudget.dropsMax - group.dropped.count, now: now)
            return hasReserve && budget.fits(bytes, uploads: uploads, free: free)
        }
        _ = hasRoom(&self, for: 0)
        for (place, step) in steps.enumerated() {
            let refusal: Refusal?
            switch step {
            case .begin(let id):
                let isAdmitted = hasRoom(&self, for: UploadBudget.bytesEach, uploads: 1)
                if isAdmitted { budget.begin(id, now: now) }
                refusal = isAdmitted ? nil : .full
            case .row(let id, _, _) where !budget.has(id):
                // Nobody's upload makes room for one that is not there.
                refusal = .unknownUpload
            case .row(_, _, let bytes):
                let isAdmitted = hasRoom(&self, for: UInt64(bytes.count))
                if isAdmitted { budget.reserve(UInt64(bytes.count)) }
                refusal = isAdmitted ? nil : .full
            }
            replies.append(refusal.map { .refused($0) } ?? step.done)
            if refusal == nil { admitted.append((place, step)) }
        }
    }

    /// Counts what was written.
    ///
    /// - Parameters:
    ///   - growths: by how many bytes each admitted step's upload grew; nil if there is no such upload.
    ///   - budget: counts them.
    ///   - now: seconds that only pass.
    mutating func settle(_ growths: [Int?], in budget: inout UploadBudget, now: UInt64) {
        for ((place, step), growth) in zip(admitted, growths) {
            guard case .row(let id, _, _) = step else { continue }
            if growth == nil { replies[place] = .refused(.unknownUpload) }
            budget.grow(id, by: growth ?? 0, now: now)
        }
        budget.settle()
    }

    /// Nothing was written: what was begun is not there, and who made room still is.
    func takeBack(from budget: inout UploadBudget) {
        for (_, step) in admitted {
            if case .begin(let id) = step { budget.forget(id) }
        }
        for upload in dropped { budget.restore(upload) }
        budget.settle()
    }
}

extension UploadStep {
    /// What is said of it when it is durable.
    fileprivate var done: VaultReply {
        switch self {
        case .begin(let id): .handle(id)
        case .row: .done
        }
    }
}
