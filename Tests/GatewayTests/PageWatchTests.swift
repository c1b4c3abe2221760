import Synchronization
import Testing

@testable import Gateway

/// What the operator is told while the edge does not learn which roster is the newest.
@Suite struct PageWatchTests {
    private final class Log: Sendable {
        private let lines = Mutex<[String]>([])
        var told: [String] { lines.withLock { $0 } }
        func hear(_ line: String) { lines.withLock { $0.append(line) } }
    }

    private let clock = FakeClock()
    private let log = Log()
    private let watch: PageWatch

    init() {
        let (clock, log) = (clock, log)
        watch = PageWatch(now: { clock.now }, tell: { log.hear($0) })
    }

    private static let healthy = Array(#"{"status":"ok","warnings":[]}"#.utf8)

    private var health: String {
        String(decoding: watch.adding(to: Self.healthy), as: UTF8.self)
    }

    @Test func silenceIsSaidAfterAMinuteAndItsEnd() {
        watch.note(.made)
        clock.pass(seconds: 60)
        watch.noteSilence()
        #expect(health == String(decoding: Self.healthy, as: UTF8.self))
        #expect(log.told.isEmpty)
        clock.pass(seconds: 1)
        // Also where the attempt itself never ends.
        #expect(health.contains(#""status":"degraded""#))
        #expect(health.contains("may name a key that was revoked"))
        watch.noteSilence()
        watch.noteSilence()
        #expect(log.told.count == 1)
        #expect(log.told.first?.contains("may name a key that was revoked") == true)
        watch.note(.made)
        #expect(health == String(decoding: Self.healthy, as: UTF8.self))
        #expect(log.told.count == 2)
        #expect(log.told.last == "the vault says again which roster is the newest")
    }

    @Test func nothingIsServedYetIsAnotherMatter() {
        clock.pass(seconds: 3_600)
        watch.noteSilence()
        #expect(!health.contains("revoked"))
        #expect(log.told.isEmpty)
    }
}
