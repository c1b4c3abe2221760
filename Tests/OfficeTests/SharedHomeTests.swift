import Foundation
import Office
import Synchronization
import Testing
import Unit

/// Two commands at once: a timer's and a person's.
@Suite struct SharedHomeTests {
    /// Lets go on who waits once so many have come.
    private actor Meeting {
        private var missing: Int
        private var waiting: [CheckedContinuation<Void, Never>] = []

        init(of count: Int) { missing = count }

        func come() {
            missing -= 1
            guard missing <= 0 else { return }
            for one in waiting { one.resume() }
            waiting = []
        }

        func wait() async {
            guard missing > 0 else { return }
            await withCheckedContinuation { waiting.append($0) }
        }
    }

    private let scene: Scene

    /// A report is in the queue.
    init() async throws {
        scene = try await Scene()
        _ = try await scene.route()
    }

    private var whole: [String] {
        [
            "attachment-1.jpg", "custody.json", "report.note", "text.txt", "tip.json",
            "triage.json",
        ]
    }

    private func holdBodies(until meeting: Meeting, comes: Bool) {
        scene.gateway.state.withLock {
            $0.gate = { request in
                guard request.target.hasPrefix("/v1/bodies/") else { return }
                if comes { await meeting.come() }
                await meeting.wait()
            }
        }
    }

    @Test(.timeLimit(.minutes(10))) func inOneHomeTheSecondWaitsForTheFirst() async throws {
        let (scene, home) = (scene, scene.unit.station.home)
        let second = Meeting(of: 1)
        // The first to come is held at the body until the other has found it there.
        holdBodies(until: second, comes: false)
        let pull: @Sendable () async throws -> Int = {
            try await home.alone(
                waiting: { Task { await second.come() } },
                pause: { try await Task.sleep(for: .milliseconds(10)) }
            ) {
                try await scene.returningUnit().pull(into: scene.into).opened.count
            }
        }
        async let one = pull()
        async let other = pull()
        #expect(try await [one, other].sorted() == [0, 1])
        #expect(Scratch.names(scene.into) == ["desk-ar-000001"])
        #expect(Scratch.names("\(scene.into)/desk-ar-000001") == whole)
        let state = try home.state()
        #expect(state.received["desk-ar"]?.highest == 1 && state.awaited.count == 2)
    }

    @Test func whoeverWaitsTooLongSaysSo() async throws {
        let home = scene.unit.station.home
        let problem = try await home.alone {
            await #expect(throws: Complaint.self) {
                try await home.alone(pause: {}) { Issue.record("two at once") }
            }
        }
        #expect(problem?.exit.rawValue == 75)
        try await home.alone(waiting: { Issue.record("it is still locked") }) {}
    }

    /// Two workstations of one unit, with a folder that both use.
    @Test(.timeLimit(.minutes(10))) func twoHomesMakeOneWholeFolder() async throws {
        let (scene, both) = (scene, Meeting(of: 2))
        let other = try await scene.world.unit(
            "police-ar", scene.gateway, home: scene.world.home("other"))
        holdBodies(until: both, comes: true)
        async let one = scene.unit.pull(into: scene.into)
        async let two = other.pull(into: scene.into)
        let pulls = try await [one, two]
        #expect(pulls.map(\.opened.count).sorted() == [0, 1])
        #expect(pulls.map(\.known).sorted() == [0, 1])
        #expect(Scratch.names(scene.into) == ["desk-ar-000001"])
        #expect(Scratch.names("\(scene.into)/desk-ar-000001") == whole)
    }

    @Test func whatACommandLeftHalfwayIsRemoved() async throws {
        try CustodyFolder.makeParent(scene.into)
        for name in [".desk-ar-000001.part", ".desk-ar-000001.abc.part", ".desk-ar-000002.x.part"] {
            try CustodyFolder.makeParent("\(scene.into)/\(name)")
            Scratch.write("\(scene.into)/\(name)/text.txt", [1])
        }
        #expect(try await scene.unit.pull(into: scene.into).opened.count == 1)
        #expect(Scratch.names(scene.into) == [".desk-ar-000002.x.part", "desk-ar-000001"])
    }
}
