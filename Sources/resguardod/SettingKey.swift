/// Every setting that exists, by the name it has in the configuration file.
///
/// The environment overrides the file: `attachments.bytesMax` is `RESGUARDO_ATTACHMENTS_BYTES_MAX`
/// there.
enum SettingKey: String, CaseIterable {
    /// The gateway's log name, e.g. `gateway.example/ar`.
    case origin
    /// The name of the onion service that reaches this gateway, for `Onion-Location`; none without it.
    case publicOnion = "public.onion"
    case listenPublic = "listen.public"
    case listenStaff = "listen.staff"
    case listenLoopback = "listen.loopback"
    /// Path of the socket for tor; none without it.
    case listenOnion = "listen.onion"
    case tlsCertificate = "tls.certificate"
    case tlsKey = "tls.key"
    /// The folder of the ledger.
    case stateDirectory = "state.directory"
    /// The log's signing seed: 32 bytes in base64, in a file of mode 0600.
    case logKey = "log.key"
    case rosterNote = "roster.note"
    case rosterStaff = "roster.staff"
    /// The signed page note; none without it.
    case pageNote = "page.note"
    /// Codes of the States whose tips may carry attachments; none without it.
    case attachmentsStates = "attachments.states"
    case attachmentsBytesMax = "attachments.bytesMax"
    /// Seconds without a new piece after which an upload may have to make room for others.
    case uploadsIdleSeconds = "uploads.idleSeconds"
    /// Free space below which no upload is taken and nothing goes into quarantine, and below half of which nothing at all
    /// is taken.
    case diskReserveBytes = "disk.reserveBytes"
    /// Tips that go into the ordinary lane, a minute.
    case floodTipsPerMinute = "flood.tipsPerMinute"
    /// Forms without JavaScript that do, a minute.
    case floodFormsPerMinute = "flood.formsPerMinute"
    /// Unix seconds up to which the operator says that the machine's clock is right, where nothing else speaks for it.
    case clockConfirmedUntilSeconds = "clock.confirmedUntilSeconds"
    case timeoutsHandshakeSeconds = "timeouts.handshakeSeconds"
    case timeoutsStepSeconds = "timeouts.stepSeconds"
    /// Whether an edge refuses to start without Landlock and seccomp.
    case confinementRequired = "confinement.required"

    /// The start of every environment variable that is a setting.
    static let environmentPrefix = "RESGUARDO_"

    /// The setting's name in the environment.
    var environmentName: String {
        var name = Self.environmentPrefix
        for character in rawValue {
            if character.isUppercase { name.append("_") }
            name.append(character == "." ? "_" : character.uppercased())
        }
        return name
    }
}
