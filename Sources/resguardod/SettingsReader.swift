import Configuration
import Confinement
import Envelope
import Notes

/// Reads each setting, checks it, and keeps what is wrong, so that one run names everything.
struct SettingsReader {
    private let file: SettingsFile
    private(set) var problems: [SettingsProblem]

    init(_ file: SettingsFile) {
        self.file = file
        problems = file.problems
    }

    /// All settings; what was wrong is in `problems`, and stands in the result as an empty value.
    mutating func settings() -> Settings {
        let origin = originName()
        let tls = TLSFiles(certificate: path(.tlsCertificate), key: path(.tlsKey))
        let timeouts = Timeouts(
            handshakeSeconds: integer(.timeoutsHandshakeSeconds, 1...300, default: 15),
            stepSeconds: integer(.timeoutsStepSeconds, 1...3_600, default: 120))
        let bytesMax = integer(
            // No office opens a greater file: it would be promised for nothing.
            .attachmentsBytesMax, 1...EnvelopeLimits.attachmentBytesMax, default: 64 << 20)
        let statesWithAttachments = states()
        let isRequired = flag(.confinementRequired, default: true)
        let listen = listeners()
        return Settings(
            publicEdge: PublicEdgeSettings(
                origin: origin, onionHost: onionHost(), tls: tls,
                timeouts: timeouts, attachmentStates: statesWithAttachments,
                attachmentBytesMax: bytesMax,
                hasOnion: listen.listenOnion != nil, confinementRequired: isRequired),
            staffEdge: StaffEdgeSettings(
                origin: origin, tls: tls, timeouts: timeouts, confinementRequired: isRequired),
            vault: VaultSettings(
                origin: origin, stateDirectory: path(.stateDirectory), logKey: path(.logKey),
                rosterNote: path(.rosterNote), rosterStaff: path(.rosterStaff),
                pageNote: file.has(.pageNote) ? path(.pageNote) : nil,
                attachmentBytesMax: statesWithAttachments.isEmpty ? 0 : bytesMax,
                uploadIdleSeconds: integer(
                    .uploadsIdleSeconds, 1...Int(Seconds.perDay), default: 600),
                diskReserveBytes: integer(.diskReserveBytes, 0...(1 << 40), default: 64 << 20),
                floodTipsPerMinute: integer(.floodTipsPerMinute, 1...1_000_000, default: 120),
                floodFormsPerMinute: integer(.floodFormsPerMinute, 1...1_000_000, default: 30),
                clockConfirmedUntilSeconds: integer(
                    .clockConfirmedUntilSeconds, 0...(1 << 40), default: 0)),
            supervisor: listen)
    }

    private mutating func listeners() -> SupervisorSettings {
        SupervisorSettings(
            listenPublic: address(.listenPublic, default: "127.0.0.1:8443"),
            listenStaff: address(.listenStaff, default: "127.0.0.1:8444"),
            listenLoopback: loopbackAddress(),
            listenOnion: file.has(.listenOnion) ? path(.listenOnion) : nil)
    }

    /// A C2SP log name: it becomes the first line of checkpoints and the name in signatures.
    private mutating func originName() -> String {
        let text = text(.origin)
        let isSound = text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "+") }
        if !text.isEmpty, !isSound || text.utf8.count > 128 {
            complain(.origin, "must be at most 128 visible ASCII characters, without \"+\"")
        }
        return text
    }

    /// A name of version 3: 35 bytes in base32, of which the last is the version, 3, and so the last letter a d.
    private mutating func onionHost() -> String? {
        guard file.has(.publicOnion) else { return nil }
        let text = text(.publicOnion)
        let name = text.utf8.dropLast(".onion".utf8.count)
        let isName = name.count == 56 && text.hasSuffix("d.onion")
        let letters = UInt8(ascii: "a")...UInt8(ascii: "z")
        let digits = UInt8(ascii: "2")...UInt8(ascii: "7")
        if !isName || !name.allSatisfy({ letters.contains($0) || digits.contains($0) }) {
            complain(.publicOnion, "must be 56 letters and digits and \".onion\"")
        }
        return text
    }

    private mutating func states() -> [String] {
        guard file.has(.attachmentsStates) else { return [] }
        let name = file.name(of: .attachmentsStates)
        let key = ConfigKey(SettingKey.attachmentsStates.rawValue)
        guard let states = try? file.reader.requiredStringArray(forKey: key) else {
            problems.append(SettingsProblem(name: name, text: "must be a list of States' codes"))
            return []
        }
        for state in states where !Self.isState(state) {
            complain(.attachmentsStates, "\"\(state)\" is no State's code: two capitals, or region")
        }
        return states
    }

    private static func isState(_ text: String) -> Bool {
        let capitals = UInt8(ascii: "A")...UInt8(ascii: "Z")
        return text == "region"
            || (text.utf8.count == 2 && text.utf8.allSatisfy(capitals.contains))
    }

    private mutating func address(_ key: SettingKey, default usual: String) -> String {
        guard file.has(key) else { return usual }
        let text = text(key)
        if !text.isEmpty, (try? ListenAddress(text)) == nil {
            complain(key, "must be a numeric address and a port, such as \(usual) or [::1]:8443")
        }
        return text
    }

    /// Health and metrics have no door of their own: nobody but this machine may ask.
    private mutating func loopbackAddress() -> String {
        let text = address(.listenLoopback, default: "127.0.0.1:9600")
        if let address = try? ListenAddress(text), !address.isLoopback {
            complain(.listenLoopback, "must be an address that only this machine reaches")
        }
        return text
    }

    /// A path from the root: the daemon's working directory is nobody's business.
    private mutating func path(_ key: SettingKey) -> String {
        let text = text(key)
        if !text.isEmpty, !text.hasPrefix("/") || text.utf8.contains(0) {
            complain(key, "must be a path that starts with \"/\"")
        }
        return text
    }

    private mutating func text(_ key: SettingKey) -> String {
        guard file.has(key) else {
            problems.append(
                SettingsProblem(
                    name: key.rawValue, text: "is missing (or set \(key.environmentName))"))
            return ""
        }
        guard let text = try? file.reader.requiredString(forKey: ConfigKey(key.rawValue)),
            !text.isEmpty
        else {
            complain(key, "must be a text that is not empty")
            return ""
        }
        return text
    }

    private mutating func integer(
        _ key: SettingKey, _ range: ClosedRange<Int>, default usual: Int
    ) -> Int {
        guard file.has(key) else { return usual }
        guard let value = try? file.reader.requiredInt(forKey: ConfigKey(key.rawValue)),
            range.contains(value)
        else {
            complain(
                key, "must be a whole number from \(range.lowerBound) to \(range.upperBound)")
            return usual
        }
        return value
    }

    private mutating func flag(_ key: SettingKey, default usual: Bool) -> Bool {
        guard file.has(key) else { return usual }
        guard let value = try? file.reader.requiredBool(forKey: ConfigKey(key.rawValue)) else {
            complain(key, "must be true or false")
            return usual
        }
        return value
    }

    private mutating func complain(_ key: SettingKey, _ text: String) {
        problems.append(SettingsProblem(name: file.name(of: key), text: text))
    }
}
