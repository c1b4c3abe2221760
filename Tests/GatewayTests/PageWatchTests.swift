import Foundation
import NIOCore
import Synchronization
import Testing

@testable import Gateway

/// What the operator is told while the edge does not learn which roster is the newest.
@Suite struct PageWatchTests {
    private final class World: Sendable {
        private let seconds = Atomic<Int64>(0)
        private let lines = Mutex<[String]>([])

        var now: NIODeadline { .uptimeNanoseconds(0) + .seconds(seconds.load(ordering: .relaxed)) }
        var told: [String] { lines.withLock { $0 } }

        func pass(seconds more: Int64) { seconds.add(more, ordering: .relaxed) }
        func hear(_ line: String) { lines.withLock { $0.append(line) } }
    }

    private let world = World()
    private let watch: PageWatch

    init() {
        let world = world
        watch = PageWatch(now: { world.now }, tell: { world.hear($0) })
    }

    private static let healthy = Array(#"{"status":"ok","warnings":[]}"#.utf8)

    private var health: String {
        String(decoding: watch.adding(to: Self.healthy), as: UTF8.self)
    }

    @Test func silenceIsSaidAfterAMinuteAndItsEnd() {
        watch.note(.made)
        world.pass(seconds: 60)
        watch.noteSilence()
        #expect(health == String(decoding: Self.healthy, as: UTF8.self))
        #expect(world.told.isEmpty)
        world.pass(seconds: 1)
        // Also where the attempt itself never ends.
        #expect(health.contains(#""status":"degraded""#))
        #expect(health.contains("may name a key that was revoked"))
        watch.noteSilence()
        watch.noteSilence()
        #expect(world.told.count == 1)
        #expect(world.told.first?.contains("may name a key that was revoked") == true)
        watch.note(.made)
        #expect(health == String(decoding: Self.healthy, as: UTF8.self))
        #expect(world.told.count == 2)
        #expect(world.told.last == "the vault says again which roster is the newest")
    }

    @Test func nothingIsServedYetIsAnotherMatter() {
        world.pass(seconds: 3_600)
        watch.noteSilence()
        #expect(!health.contains("revoked"))
        #expect(world.told.isEmpty)
    }
}
