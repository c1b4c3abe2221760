import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import Gateway

/// What all who ask for a document have in common.
@Suite struct SharedDocumentTests {
    /// A vault that answers what it is given, when a test says so.
    private final class Source: Sendable {
        private struct State {
            var answer: Result<[UInt8], any Error> = .success([1])
            var fetches = 0
        }

        private let state = Mutex(State())
        /// Shut while answers are held back.
        let gate: EventLoopPromise<Void>

        init(isShut: Bool = false) {
            gate = MultiThreadedEventLoopGroup.singleton.next().makePromise()
            if !isShut { gate.succeed() }
        }

        var fetches: Int { state.withLock { $0.fetches } }

        func answer(with answer: Result<[UInt8], any Error>) {
            state.withLock { $0.answer = answer }
        }

        func document() -> SharedDocument {
            SharedDocument { [self] in
                let answer = state.withLock { state in
                    state.fetches += 1
                    return state.answer
                }
                try await gate.futureResult.get()
                return try answer.get()
            }
        }
    }

    @Test func whoComesMeanwhileAsksNoSecondTime() async throws {
        let source = Source(isShut: true)
        let document = source.document()
        let answers = try await withThrowingTaskGroup(of: [UInt8].self) { group in
            let (began, begun) = AsyncStream.makeStream(of: Void.self)
            for _ in 0..<100 {
                group.addTask {
                    async let bytes = document.bytes()
                    begun.yield()
                    return try await bytes
                }
            }
            var count = 0
            for await () in began {
                count += 1
                if count == 100 { break }
            }
            source.gate.succeed()
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(answers == Array(repeating: [1], count: 100))
        #expect(source.fetches < 100)
    }

    @Test func whatIsNewIsThereAtOnceAndWhatIsNotIsOneCopy() async throws {
        let source = Source()
        let document = source.document()
        let long = [UInt8](repeating: 5, count: 100_000)
        source.answer(with: .success(long))
        let first = try await document.bytes()
        source.answer(with: .success([UInt8](repeating: 5, count: 100_000)))
        let second = try await document.bytes()
        #expect(Self.place(of: first) == Self.place(of: second))
        source.answer(with: .success([2]))
        #expect(try await document.bytes() == [2])
        #expect(source.fetches == 3)
    }

    /// Where the bytes are in memory.
    private static func place(of bytes: [UInt8]) -> UInt {
        unsafe bytes.withUnsafeBytes { UInt(bitPattern: $0.baseAddress) }
    }

    @Test func whileThereIsNoVaultTheNewestIsAnswered() async throws {
        let source = Source()
        let document = source.document()
        source.answer(with: .failure(VaultUnavailable()))
        await #expect(throws: VaultUnavailable.self) { try await document.bytes() }
        source.answer(with: .success([1]))
        #expect(try await document.bytes() == [1])
        for error in [VaultUnavailable(), Problem.unavailable] as [any Error] {
            source.answer(with: .failure(error))
            #expect(try await document.bytes() == [1])
        }
        source.answer(with: .failure(Problem.notFound))
        await #expect(throws: Problem.self) { try await document.bytes() }
    }
}
