internal import AsyncHTTPClient
internal import Confinement
internal import NIOCore
internal import NIOHTTP1
internal import NIOSSL
public import Sodium

/// What the client shows of itself in mutual TLS.
public struct ClientIdentity: ~Copyable {
    /// The certificate, PEM.
    public let certificate: [UInt8]
    /// The private key, PEM, in guarded memory until NIOSSL takes its working copy.
    public let privateKey: SecretBytes

    /// Puts an identity together.
    public init(certificate: [UInt8], privateKey: consuming SecretBytes) {
        self.certificate = certificate
        self.privateKey = privateKey
    }
}

/// HTTPS to one listener through AsyncHTTPClient.
public final class HTTPTransport: Transport {
    private let client: HTTPClient
    private let base: String
    private let authorityFile: String?

    /// Longest wait for a connection, in seconds.
    static let connectSeconds: Int64 = 10
    /// Greatest file of certificates, in bytes: a system's whole list has a quarter of it.
    static let authorityFileBytesMax = 1 << 20
    /// Longest silence of the gateway, in seconds.
    static let readSeconds: Int64 = 60

    /// Prepares connections to `base`, such as `https://localhost:8443`.
    ///
    /// - Parameters:
    ///   - authorityFile: PEM file of the certificates that the gateway's is checked against; without one, the system's.
    ///   - identity: the member's certificate and key, for the staff listener.
    public init(
        base: String, authorityFile: String?, identity: consuming ClientIdentity? = nil
    ) throws {
        try Self.check(address: base)
        self.base = base.hasSuffix("/") ? String(base.dropLast()) : base
        self.authorityFile = authorityFile
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.minimumTLSVersion = .tlsv12
        if let authorityFile {
            tls.trustRoots = .certificates(try Self.authorities(in: authorityFile))
        }
        if let identity {
            try Self.add(identity, to: &tls)
        }
        var configuration = HTTPClient.Configuration(tlsConfiguration: tls)
        configuration.redirectConfiguration = .disallow
        configuration.decompression = .disabled
        configuration.httpVersion = .http1Only
        configuration.timeout = .init(
            connect: .seconds(Self.connectSeconds), read: .seconds(Self.readSeconds))
        // One command is a handful of requests: without this a gateway that is down is asked until
        // the deadline.
        configuration.connectionPool.retryConnectionEstablishment = false
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    /// Throws unless it is the address of a listener with TLS.
    static func check(address: String) throws {
        guard address.hasPrefix("https://"), address.utf8.count > 8 else {
            throw Complaint(.usage, "\(address): the gateway's address starts with https://")
        }
    }

    /// The certificates of a PEM file.
    static func authorities(in path: String) throws -> [NIOSSLCertificate] {
        let bytes = try ReadableFile(path).read(authorityFileBytesMax + 1, at: 0)
        guard bytes.count <= authorityFileBytesMax else {
            throw FileError.tooLarge(path: path, limit: authorityFileBytesMax)
        }
        guard let found = try? NIOSSLCertificate.fromPEMBytes(bytes), !found.isEmpty else {
            throw Complaint(.badInput, "\(path) holds no certificate in PEM.")
        }
        return found
    }

    private static func add(
        _ identity: borrowing ClientIdentity, to tls: inout TLSConfiguration
    ) throws {
        do {
            tls.certificateChain = try NIOSSLCertificate.fromPEMBytes(identity.certificate)
                .map { .certificate($0) }
            tls.privateKey = .privateKey(
                try identity.privateKey.withWorkingCopy { bytes in
                    try NIOSSLPrivateKey(bytes: bytes, format: .pem)
                })
        } catch {
            throw Complaint(.badInput, "The member's certificate or its key cannot be read.")
        }
    }

    /// Closes the connections.
    public func shutdown() async {
        try? await client.shutdown()
    }

    /// Sends a request and collects its answer.
    public func exchange(_ request: WireRequest, limit: Int) async throws -> WireResponse {
        try await reaching {
            let response = try await send(request)
            return try await collect(response, limit: limit)
        }
    }

    /// Sends a request and hands its answer on as it arrives.
    public func stream(
        _ request: WireRequest, take: ([UInt8]) async throws -> Bool
    ) async throws {
        let response = try await reaching { try await send(request) }
        guard response.status == .ok else {
            let answer = try await reaching { try await collect(response, limit: 65_536) }
            throw GatewayProblem(answer)
        }
        do {
            for try await piece in response.body {
                guard try await take(Array(buffer: piece)) else { return }
            }
        } catch {
            throw problem(error)
        }
    }

    private func send(_ request: WireRequest) async throws -> HTTPClientResponse {
        var message = HTTPClientRequest(url: base + request.target)
        message.method = HTTPMethod(rawValue: request.method)
        if let type = request.contentType { message.headers.add(name: "Content-Type", value: type) }
        if let note = request.authorisation {
            message.headers.add(name: "Resguardo-Request", value: note)
        }
        for (name, value) in request.headers {
            message.headers.replaceOrAdd(name: name, value: value)
        }
        if !request.body.isEmpty || request.method != "GET" {
            message.body = .bytes(request.body)
        }
        return try await client.execute(message, timeout: .minutes(10))
    }

    private func collect(
        _ response: HTTPClientResponse, limit: Int
    ) async throws -> WireResponse {
        let body = try await response.body.collect(upTo: limit)
        let type = response.headers.first(name: "Content-Type") ?? ""
        return WireResponse(
            status: Int(response.status.code),
            contentType: type.prefix { $0 != ";" }.lowercased(),
            body: Array(buffer: body),
            headers: Dictionary(
                response.headers.map { ($0.name.lowercased(), $0.value) },
                uniquingKeysWith: { "\($0), \($1)" }))
    }

    /// Turns whatever the network throws into one kind of error.
    private func reaching<R>(_ body: () async throws -> R) async throws -> R {
        do {
            return try await body()
        } catch {
            throw problem(error)
        }
    }

    /// What is ours already passes.
    private func problem(_ error: any Error) -> any Error {
        switch error {
        case let error as any Explained: error
        case is NIOTooManyBytesError: GatewayProblem.answerTooLong
        default:
            GatewayProblem.unreachable(
                base: base, reason: NetworkReason.words(error, authorityFile: authorityFile))
        }
    }
}
