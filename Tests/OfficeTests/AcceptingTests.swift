import Confinement
import Foundation
import Ledger
import Notes
import Office
import Synchronization
import Testing
import Unit

/// `unit pull --acknowledge`: every report that it opens is accepted, once.
@Suite struct AcceptingTests {
    private let scene: Scene

    /// Three reports about three tips.
    init() async throws {
        scene = try await Scene()
        _ = try await scene.route(0)
        for index in 1...2 {
            _ = try await Scene.send(scene.world, scene.gateway, "Número \(index)")
            _ = try await scene.route(index)
        }
    }

    private func pull(accepting: Bool = true) async throws -> UnitWork.Pull {
        var options = UnitWork.PullOptions()
        options.isAccepting = accepting
        return try await scene.unit.pull(into: scene.into, options)
    }

    /// The numbers of the reports that the log says are acknowledged, in their order.
    private var acknowledged: [UInt64] {
        get throws {
            try scene.gateway.state.withLock { state in
                try state.acknowledged.map { hash in
                    let line = try #require(
                        state.reports.firstIndex {
                            Hash256(hashing: Array($0.report.note.utf8)).bytes == hash
                        })
                    return UInt64(line) + 1
                }
            }
        }
    }

    private func lose(_ target: String, after count: Int) {
        let left = Mutex(count)
        scene.gateway.state.withLock {
            $0.loses = { request in
                guard request.target.hasPrefix(target) else { return nil }
                let isLost = left.withLock { left in
                    left -= 1
                    return left < 0
                }
                return isLost ? .unreachable(base: "fake", reason: "cut") : nil
            }
        }
    }

    private func cutBody(ofTip index: Int) async throws {
        let name = try await scene.tipName(index)
        scene.gateway.state.withLock {
            $0.tamper = { request, bytes in
                request.target.hasPrefix("/v1/bodies/\(name)") ? Array(bytes.dropLast()) : bytes
            }
        }
    }

    @Test func aCutAfterTwoReportsLeavesThemAccepted() async throws {
        try await cutBody(ofTip: 2)
        await #expect(throws: CustodyProblem.bodyStopped(missingBytes: 1)) { try await pull() }
        #expect(try acknowledged == [1, 2])
        scene.gateway.state.withLock { $0.tamper = nil }
        #expect(try await pull().accepted == ["desk-ar-000003"])
        #expect(try acknowledged == [1, 2, 3])
        #expect(try await pull().accepted.isEmpty)
        #expect(try acknowledged == [1, 2, 3])
    }

    /// The second acceptance is in the log, and its answer is lost; or it never arrives, the third neither.
    @Test(arguments: [0, 1])
    func anAcceptanceThatIsCutIsMadeUpForOnce(count: Int) async throws {
        lose("/v1/acknowledgements", after: count)
        await #expect(throws: GatewayProblem.self) { try await pull() }
        scene.gateway.state.withLock { $0.loses = nil }
        let names = (1...3).map { "desk-ar-00000\($0)" }
        #expect(try await pull().accepted == Array(names[count...]))
        #expect(try acknowledged == [1, 2, 3])
        #expect(try scene.unit.station.home.state().toAccept.isEmpty)
    }

    @Test func whatIsPulledWithoutItIsNotAccepted() async throws {
        #expect(try await pull(accepting: false).opened.count == 3)
        #expect(try await pull().accepted.isEmpty)
        #expect(try acknowledged.isEmpty)
    }

    @Test func whatThisHomeHasAcknowledgedIsNotAcknowledgedAgain() async throws {
        _ = try await pull(accepting: false)
        try await scene.unit.acknowledge("desk-ar-000002", .declined(.duplicate))
        var options = UnitWork.PullOptions()
        options.isAccepting = true
        options.isFromStart = true
        let pull = try await scene.unit.pull(into: "\(scene.world.folder)/new", options)
        #expect(pull.opened.count == 3 && pull.acknowledgedElsewhere.isEmpty)
        #expect(pull.accepted == ["desk-ar-000001", "desk-ar-000003"])
        #expect(try acknowledged == [2, 1, 3])
    }

    /// The gateway's word alone takes back no acceptance that is still to be made up for, and nothing new is signed against
    /// it: a colleague may have declined.
    @Test func whatTheGatewayCallsAcknowledgedIsSaidAndLeftToPeople() async throws {
        let lie = #""acknowledged":false"#, told = #""acknowledged":true"#
        lose("/v1/acknowledgements", after: 0)
        await #expect(throws: GatewayProblem.self) { try await pull() }
        scene.gateway.state.withLock { state in
            state.loses = nil
            state.acknowledged = []
            state.posted = [:]
            state.tamper = { request, bytes in
                guard request.target.hasPrefix("/v1/queue") else { return bytes }
                return Array(String(decoding: bytes, as: UTF8.self).replacing(lie, with: told).utf8)
            }
        }
        let second = try await pull()
        let names = (1...3).map { "desk-ar-00000\($0)" }
        #expect(second.accepted == [names[0]])
        #expect(second.acknowledgedElsewhere == Array(names[1...]))
        #expect(try acknowledged == [1])
        try await scene.unit.acknowledge(names[1], .accepted)
        #expect(try acknowledged == [1, 2])
    }

    /// The queue is not read a second time: what is left to people is said before the line can break.
    @Test func whatIsLeftToPeopleIsToldBeforeTheQueueGoesOn() async throws {
        let second = try await scene.tipName(1)
        scene.gateway.state.withLock {
            $0.tamper = { request, bytes in
                if request.target.hasPrefix("/v1/bodies/\(second)") {
                    return Array(bytes.dropLast())
                }
                guard request.target.hasPrefix("/v1/queue") else { return bytes }
                return Array(
                    String(decoding: bytes, as: UTF8.self)
                        .replacing(#""acknowledged":false"#, with: #""acknowledged":true"#).utf8)
            }
        }
        var options = UnitWork.PullOptions()
        options.isAccepting = true
        var told: [String] = []
        await #expect(throws: CustodyProblem.bodyStopped(missingBytes: 1)) {
            try await scene.unit.pull(into: "\(scene.world.folder)/in", options) { told.append($0) }
        }
        #expect(try told == ["desk-ar-000001"] && acknowledged.isEmpty)
    }

    /// Another workstation declines; this one is new.
    @Test func whatAColleagueHasDeclinedIsNotAccepted() async throws {
        _ = try await pull(accepting: false)
        try await scene.unit.acknowledge("desk-ar-000002", .declined(.duplicate))
        let other = try await scene.world.unit(
            "police-ar", scene.gateway, home: scene.world.home("colleague"))
        var options = UnitWork.PullOptions()
        options.isAccepting = true
        let pull = try await other.pull(into: "\(scene.world.folder)/colleague-in", options)
        #expect(pull.accepted == ["desk-ar-000001", "desk-ar-000003"])
        #expect(pull.acknowledgedElsewhere == ["desk-ar-000002"])
        #expect(try acknowledged == [2, 1, 3])
    }

    /// The folder has its name, and what comes after fails on this machine's disk.
    @Test func aFaultAfterTheFolderIsThereForgetsNoAcceptance() async throws {
        let entry = "\(scene.unit.station.home.path)/entries/desk-ar-000002.json"
        try FileManager.default.createDirectory(
            atPath: "\(entry)/in the way", withIntermediateDirectories: true)
        let first = try await pull()
        #expect(first.refused.count == 1 && first.refused.first?.why is FileError)
        #expect(first.accepted == ["desk-ar-000001", "desk-ar-000003"])
        #expect(Scratch.names(scene.into).count == 3)
        Scratch.remove(entry)
        let second = try await pull()
        #expect(second.opened.isEmpty && second.refused.isEmpty)
        #expect(second.accepted == ["desk-ar-000002"])
        #expect(try acknowledged == [1, 3, 2])
    }

    @Test func anAcceptanceThatIsRefusedHoldsUpNothing() async throws {
        scene.gateway.state.withLock {
            $0.loses = { request in
                request.target == "/v1/acknowledgements"
                    ? .said(slug: "no", title: "no", status: 403) : nil
            }
        }
        let pull = try await pull()
        #expect(pull.opened.count == 3 && pull.broken.count == 3 && pull.accepted.isEmpty)
    }
}
