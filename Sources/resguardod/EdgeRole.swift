import Confinement

/// The body of the two edges.
enum EdgeRole {
    static func run(publicEdge settings: PublicEdgeSettings) throws {
        try wait(words: Role.edgePublic.words, required: settings.confinementRequired)
    }

    static func run(staffEdge settings: StaffEdgeSettings) throws {
        try wait(words: Role.edgeStaff.words, required: settings.confinementRequired)
    }

    private static func wait(words: String, required: Bool) throws {
        var signals = SignalQueue(blocking: [15])
        let report = try Confinement.confineEdge(required: required)
        for gap in report.gaps { Log.line("\(words): \(gap)") }
        try ControlReceiver.start(descriptor: InheritedDescriptor.control) { event in
            Log.line("\(words) heard \(event)")
        }
        _ = signals.next(timeout: nil)
    }
}
