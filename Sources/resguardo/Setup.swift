internal import ArgumentParser
internal import Office

/// `resguardo desk add-key` and `resguardo unit add-key`: takes an office's new keys into its home.
struct AddKey: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Take the office's new key file into the home, beside those that it has.",
        discussion: """
            The older keys stay, because they open what was addressed to them. All key files of an \
            office have one passphrase.
            """)
    @Option(help: "The folder of this desk or unit (see setup).") var home: String
    @Option(help: "The office's new key file; it is copied.") var office: String
    @OptionGroup var passphrase: PassphraseOptions

    func run() throws {
        let added = try HomeFounding.add(
            office: office, to: Home(home),
            passphrase: try passphrase.source.passphrase(for: "the office's keys"))
        Output.say(added.map { "Taken in as \($0)." } ?? "The home has it already.")
    }
}

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
