/// Paths of the certificate chain and the private key, both PEM.
struct TLSFiles: Codable, Sendable, Equatable {
    var certificate: String
    var key: String
}

/// How long a connection may take.
struct Timeouts: Codable, Sendable, Equatable {
    /// The TLS handshake.
    var handshakeSeconds: Int
    /// One step of a connection: the wait for a request, or for the next 4,096 bytes of one, or until the peer has read
    /// as much of an answer (see `PeerDeadlineHandler`).
    var stepSeconds: Int
}

/// What the public edge may know.
struct PublicEdgeSettings: Codable, Sendable, Equatable {
    var origin: String
    /// The name of the onion service, which pages then point Tor Browser to.
    var onionHost: String?
    var tls: TLSFiles
    var timeouts: Timeouts
    /// Codes of the States whose tips may carry attachments.
    var attachmentStates: [String]
    var attachmentBytesMax: Int
    /// Whether descriptor `InheritedDescriptor.onion` is a listening socket.
    var hasOnion: Bool
    var confinementRequired: Bool
}

/// What the staff edge may know.
struct StaffEdgeSettings: Codable, Sendable, Equatable {
    var origin: String
    var tls: TLSFiles
    var timeouts: Timeouts
    var confinementRequired: Bool
}

/// What the vault may know.
struct VaultSettings: Codable, Sendable, Equatable {
    var origin: String
    /// The folder of the ledger; it exists.
    var stateDirectory: String
    /// The log's signing seed, 32 bytes in base64; open it with `PrivateFile.open`.
    var logKey: String
    var rosterNote: String
    var rosterStaff: String
    /// The signed page note; nil if the operator gave none.
    var pageNote: String?
    var attachmentBytesMax: Int
    /// Seconds without a new piece after which an upload may have to make room for others.
    var uploadIdleSeconds: Int
    /// Free space below which no upload is taken and nothing goes into quarantine, and below half of which nothing at all
    /// is taken.
    var diskReserveBytes: Int
    /// Tips that go into the ordinary lane, a minute.
    var floodTipsPerMinute: Int
    /// Forms without JavaScript that do, a minute.
    var floodFormsPerMinute: Int
    /// Up to when the operator says that the clock is right, in Unix seconds; 0 if nothing is said.
    var clockConfirmedUntilSeconds: Int
}

/// What the supervisor needs for itself.
struct SupervisorSettings: Sendable, Equatable {
    var listenPublic: String
    var listenStaff: String
    var listenLoopback: String
    var listenOnion: String?
}

/// All settings, complete and within their ranges.
struct Settings: Sendable, Equatable {
    var publicEdge: PublicEdgeSettings
    var staffEdge: StaffEdgeSettings
    var vault: VaultSettings
    var supervisor: SupervisorSettings
}
