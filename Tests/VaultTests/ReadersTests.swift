import Dispatch
import Synchronization
import Testing

@testable import Vault

/// A flood of one kind of read holds up no other.
@Suite struct ReadersTests {
    /// Takes every thread of a lane, until it is opened.
    private final class Gate: Sendable {
        private let semaphore = DispatchSemaphore(value: 0)
        private let lane: ReadLane

        init(shutting lane: ReadLane, of core: VaultCore) {
            self.lane = lane
            for _ in 0..<lane.threads {
                core.read(lane, answer: { _ in }) { [semaphore] in
                    semaphore.wait()
                    return .done
                }
            }
        }

        func open() {
            for _ in 0..<lane.threads { semaphore.signal() }
        }
    }

    @Test func staffAndHealthAnswerWhileThePublicsReadsAreStuck() async throws {
        let vault = try VaultFixture()
        let gate = Gate(shutting: .everybody, of: vault.core)
        let everybody = PublicService(core: vault.core)
        let staff = StaffService(core: vault.core, start: VaultFixture.now - 1_000)
        let isAnswered = Atomic(false)
        everybody.handle(.checkpoint) { _ in isAnswered.store(true, ordering: .relaxed) }
        for request in [PublicRequest.health, .metrics] {
            let reply = await VaultFixture.answer { everybody.handle(request, answer: $0) }
            guard case .bytes = reply else { throw Surprise(reply) }
        }
        for action in [
            StaffRequest.Action.roster(version: nil), .roster(version: 1), .tips(after: 0),
        ] {
            let request = try vault.signed(action)
            let reply = await VaultFixture.answer { staff.handle(request, answer: $0) }
            guard case .bytes = reply else { throw Surprise(reply) }
        }
        let wasAnswered = isAnswered.load(ordering: .relaxed)
        #expect(!wasAnswered, "the public's reads were not stuck")
        gate.open()
    }

    /// A flood of reads keeps no revoked key on the pages, and hides no work that is asked for.
    @Test func whatIsInMemoryIsAnsweredWhileEveryReadWaits() async throws {
        let vault = try VaultFixture()
        let gate = Gate(shutting: .everybody, of: vault.core)
        let everybody = PublicService(core: vault.core)
        let waiting = Atomic(0)
        let refused = Atomic(0)
        let sent = ReadLane.everybody.threads + ReadLane.everybody.waitingMax + 1
        for _ in 0..<sent {
            waiting.add(1, ordering: .relaxed)
            everybody.handle(.checkpoint) { reply in
                waiting.subtract(1, ordering: .relaxed)
                if reply == .refused(.busy) { refused.add(1, ordering: .relaxed) }
            }
        }
        let refusedAtOnce = refused.load(ordering: .relaxed)
        #expect(refusedAtOnce > 0, "the lane is full")
        let roster = await VaultFixture.answer { everybody.handle(.roster, answer: $0) }
        #expect(roster == .bytes(vault.core.book.publicDocument))
        let page = await VaultFixture.answer { everybody.handle(.page, answer: $0) }
        #expect(page == .refused(.notFound), "there is no page note")
        let effort = await VaultFixture.answer { everybody.handle(.effort, answer: $0) }
        #expect(effort == .bytes(vault.core.flood.asked()))
        // The pair to the edge is still read as well.
        let stillWaiting = waiting.load(ordering: .relaxed)
        #expect(stillWaiting < VaultConnection<PublicService>.underWayMax)
        gate.open()
    }

    @Test func strangersKnockingHoldsUpNoMember() async throws {
        let vault = try VaultFixture()
        let gate = Gate(shutting: .staff, of: vault.core)
        let staff = StaffService(core: vault.core, start: VaultFixture.now - 1_000)
        for (pin, expected) in [
            (VaultFixture.pin, VaultReply.done),
            ([UInt8](repeating: 2, count: 32), .refused(.notAuthorised)),
        ] {
            let request = StaffRequest(action: .admission, authorisation: [], pin: pin)
            let reply = await VaultFixture.answer { staff.handle(request, answer: $0) }
            #expect(reply == expected)
        }
        gate.open()
    }

    @Test(arguments: ReadLane.allCases)
    func whatCannotWaitAnyMoreIsRefusedAtOnce(_ lane: ReadLane) async throws {
        let vault = try VaultFixture()
        let gate = Gate(shutting: lane, of: vault.core)
        let refused = Atomic(0)
        let answered = DispatchSemaphore(value: 0)
        // Whether a thread has taken up its part of the gate, nobody knows.
        let sent = lane.threads + lane.waitingMax + 1
        for _ in 0..<sent {
            vault.core.read(lane) { reply in
                if reply == .refused(.busy) { refused.add(1, ordering: .relaxed) }
                answered.signal()
            } _: {
                .done
            }
        }
        let refusedAtOnce = refused.load(ordering: .relaxed)
        #expect((lane.threads + 1...2 * lane.threads + 1).contains(refusedAtOnce))
        gate.open()
        for _ in 0..<sent { await Self.wait(for: answered) }
        let refusedInTheEnd = refused.load(ordering: .relaxed)
        #expect(refusedInTheEnd == refusedAtOnce)
        let later = await VaultFixture.answer { vault.core.read(lane, answer: $0) { .done } }
        #expect(later == .done, "room comes back")
    }

    private static func wait(for semaphore: DispatchSemaphore) async {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                semaphore.wait()
                continuation.resume()
            }
        }
    }

    private struct Surprise: Error {
        let reply: VaultReply
        init(_ reply: VaultReply) { self.reply = reply }
    }
}
