internal import ArgumentParser
internal import Office

/// `resguardo desk setup` and `resguardo unit setup`: founds a home.
struct Setup: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Found a home: pin the authorities and take in the key files.")
    @Option(help: "The folder to make.") var home: String
    @Option(help: "The public listener, https://…") var gateway: String
    @Option(help: "The staff listener, https://…") var staff: String
    @Option(help: "PEM file of the gateway's certificate or its issuer; else the system's roots.")
    var ca: String?
    @Option(help: "The signed roster.note, as it was handed over by the authorities.")
    var roster: String
    @Option(help: "The member's key file; it is copied.") var member: String
    @Option(help: "The office's key file; it is copied. May be repeated.") var office: [String]

    func run() throws {
        let settings = try HomeFounding.settings(
            note: roster, gateway: gateway, staff: staff, authorityFile: ca)
        try HomeFounding.check(settings, member: member, offices: office)
        try HomeFounding.found(
            Home(home), settings, member: member, offices: office)
        Output.say("Pinned for \(settings.origin): \(settings.threshold) of")
        for authority in settings.authorities { Output.say("  \(authority)") }
        Output.say("Compare these with the printed page of the ceremony.")
    }
}
